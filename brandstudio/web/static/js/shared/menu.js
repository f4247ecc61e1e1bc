// @ts-check
// openMenu(anchor, label, entries): a small menu under a button, for a choice that has no room of
// its own.
//
// An entry is { label, press, checked?, kind?, symbol? }, or null for a line. Arrow keys move,
// Escape closes. For tests: menu named `label` with items; a choice among several is a
// menuitemradio.

import { h, icon } from "./dom.js";

/** @import { MenuEntry } from "studio" */

let closeOpen = () => {};

/**
 * @param {HTMLElement} anchor
 * @param {string} label
 * @param {readonly MenuEntry[]} entries
 */
export function openMenu(anchor, label, entries) {
  closeOpen();
  const items = entries.map((entry) => entry && item(entry, close));
  const menu = h(
    "div",
    { class: "bs-menu-list bs-float", role: "menu", "aria-label": label, tabindex: "-1" },
    h("span", { class: "bs-eyebrow" }, label),
    items.map((one) => one ?? h("hr")),
  );
  const buttons = items.filter(Boolean);

  function close() {
    if (closeOpen !== close) return;
    closeOpen = () => {};
    document.removeEventListener("pointerdown", outside, true);
    window.removeEventListener("resize", close);
    const hadFocus = menu.contains(document.activeElement);
    menu.remove();
    anchor.setAttribute("aria-expanded", "false");
    if (hadFocus && anchor.isConnected) anchor.focus({ preventScroll: true });
  }
  const outside = (/** @type {Event} */ event) =>
    menu.contains(/** @type {Node} */ (event.target)) || close();

  menu.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === "Escape" || event.key === "Tab") close();
    else if (step) {
      buttons
        .at(
          (buttons.indexOf(/** @type {HTMLButtonElement} */ (document.activeElement)) + step) %
            buttons.length,
        )
        .focus();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  });
  closeOpen = close;
  anchor.setAttribute("aria-expanded", "true");
  document.body.append(menu);
  place(menu, anchor);
  document.addEventListener("pointerdown", outside, true);
  window.addEventListener("resize", close);
  (buttons.find((one) => one.getAttribute("aria-checked") === "true") ?? buttons[0]).focus({
    preventScroll: true,
  });
}

/**
 * @param {NonNullable<MenuEntry>} menuEntry
 * @param {() => void} close
 */
function item({ label, press, checked, kind = "", symbol }, close) {
  return h(
    "button",
    {
      type: "button",
      class: kind,
      role: checked === undefined ? "menuitem" : "menuitemradio",
      "aria-checked": checked === undefined ? undefined : String(checked),
      onclick: () => (close(), press()),
    },
    symbol && icon(symbol, 16),
    h("span", {}, label),
    checked && icon("check", 16),
  );
}

/**
 * Under the button, or above it where there is no room; from its right edge where the left one
 * leaves none.
 *
 * @param {HTMLElement} menu
 * @param {HTMLElement} anchor
 */
function place(menu, anchor) {
  const from = anchor.getBoundingClientRect();
  const { width, height } = menu.getBoundingClientRect();
  const below = from.bottom + 6;
  const top = below + height < window.innerHeight ? below : Math.max(8, from.top - height - 6);
  const fits = from.left + width + 8 <= document.documentElement.clientWidth;
  const left = Math.max(8, fits ? from.left : from.right - width);
  menu.style.setProperty("top", `${top + window.scrollY}px`);
  menu.style.setProperty("left", `${left + window.scrollX}px`);
}
