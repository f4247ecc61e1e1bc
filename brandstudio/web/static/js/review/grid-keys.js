// @ts-check
// Keyboard and pointer of the grid: arrows move, Space selects, letters decide, Enter zooms.

import { isTyping } from "../shared/dom.js";
import { showShortcuts } from "../shared/dialogs.js";
import { verdictEntries } from "./verdicts.js";

/** @import { ShortcutGroup } from "studio" */
/** @import { ReviewGrid } from "./review-grid.js" */

const BY_KEY = Object.fromEntries(
  verdictEntries().map(([verdict, { key }]) => [key.toLowerCase(), verdict]),
);

/** @type {ShortcutGroup[]} */
export const SHORTCUTS = [
  [
    "Move and select",
    [
      [["←", "→", "↑", "↓"], "Move between variants"],
      [["Space"], "Select or unselect"],
      [["Shift", "Click"], "Select everything in between"],
      [["Ctrl", "A"], "Select all"],
      [["Esc"], "Clear the selection, close"],
    ],
  ],
  [
    "Decide",
    [
      [["A"], "Approve"],
      [["R"], "Reject, with a reason"],
      [["C"], "Request changes, with a reason"],
      [["S"], "Submit for review"],
      [["W"], "Withdraw from review"],
      [["O"], "Reopen"],
      [["Z"], "Undo the last verdict"],
    ],
  ],
  [
    "Look",
    [
      [["Enter"], "Zoom, with all facts"],
      [["B"], "Compare two side by side"],
      [["?"], "Show this list"],
    ],
  ],
];

export class GridKeys {
  /** @param {ReviewGrid} grid */
  constructor(grid) {
    this.host = grid;
    grid.grid.addEventListener("click", (event) => this.click(event));
    grid.grid.addEventListener("dblclick", (event) => this.doubleClick(event));
    grid.grid.addEventListener("focusin", (event) => this.focusIn(event));
    this.listener = (/** @type {KeyboardEvent} */ event) => this.key(event);
    document.addEventListener("keydown", this.listener);
  }

  /** @param {Event} event */
  idOf(event) {
    const node = /** @type {Element} */ (event.target).closest("[data-variant-id]");
    return node && Number(node.dataset.variantId);
  }

  /** @param {FocusEvent} event */
  focusIn(event) {
    const id = this.idOf(event);
    if (id && id !== this.host.focused) {
      this.host.focused = id;
      this.host.refresh();
    }
  }

  /** @param {MouseEvent} event */
  click(event) {
    const id = this.idOf(event);
    if (!id) return;
    this.host.focusOn(id);
    if (/** @type {Element} */ (event.target).closest(".bs-tile-zoom")) this.host.zoom(id);
    else if (/** @type {Element} */ (event.target).closest(".bs-tick")) this.host.toggle(id);
    else if (/** @type {PointerEvent} */ (event).pointerType === "touch") this.tap(id);
    else if (event.shiftKey) this.host.selectTo(id);
    else if (event.ctrlKey || event.metaKey) this.host.toggle(id);
    else this.pick(id);
  }

  /**
   * A plain click selects this one alone; clicking the only selected one clears.
   *
   * @param {number} id
   */
  pick(id) {
    const alone = this.host.selected.size === 1 && this.host.selected.has(id);
    this.host.anchor = id;
    this.host.select(alone ? [] : [id]);
  }

  /** @param {number} id */
  tap(id) {
    if (this.host.selected.size) this.host.toggle(id);
    else this.host.zoom(id);
  }

  /** @param {MouseEvent} event */
  doubleClick(event) {
    const id = this.idOf(event);
    if (id && !(/** @type {Element} */ (event.target).closest("button"))) this.host.zoom(id);
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const { host } = this;
    if (!host.isConnected) {
      document.removeEventListener("keydown", this.listener);
      return;
    }
    if (isTyping(event) || document.querySelector("dialog[open]") || event.altKey) return;
    if (
      /** @type {Element} */ (event.target).closest?.("button:not(.bs-tick), a, select, summary") &&
      [" ", "Enter"].includes(event.key)
    ) {
      return;
    }
    const act = this.action(event);
    if (!act) return;
    event.preventDefault();
    act();
  }

  /** @param {KeyboardEvent} event */
  action(event) {
    const { host } = this;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (event.ctrlKey || event.metaKey) return key === "a" && (() => host.select(host.order));
    if (key.startsWith("Arrow") || key === "Home" || key === "End") {
      return host.order.length && (() => this.move(key, event.shiftKey));
    }
    if (key in BY_KEY) return () => host.say(BY_KEY[key]);
    return {
      " ": () => host.focused && host.toggle(host.focused),
      Enter: () => host.zoom(),
      Escape: host.selected.size ? () => host.select([]) : null,
      z: () => host.undo(),
      b: () => host.compare(),
      "?": () => showShortcuts(SHORTCUTS),
    }[key];
  }

  /**
   * @param {string} key
   * @param {boolean} extend
   */
  move(key, extend) {
    const id = this.neighbour(key);
    if (!id) return;
    if (extend) {
      this.host.anchor ??= this.host.focused;
      this.host.selectTo(id);
    }
    this.host.focusOn(id);
    this.host.tiles.get(id).scrollIntoView({ block: "nearest" });
  }

  /** @param {string} key */
  neighbour(key) {
    const { order, focused, tiles } = this.host;
    const at = order.indexOf(focused);
    const step = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: order.length - 1 }[key];
    if (step !== undefined) return order[step];
    const here = tiles.get(focused).getBoundingClientRect();
    const sign = key === "ArrowDown" ? 1 : -1;
    const away = (/** @type {number} */ id) => {
      const box = tiles.get(id).getBoundingClientRect();
      const dy = sign * (box.top - here.top);
      return dy > here.height / 2 ? dy * 1000 + Math.abs(box.left - here.left) : Infinity;
    };
    const best = order.reduce((a, b) => (away(b) < away(a) ? b : a));
    return away(best) < Infinity ? best : undefined;
  }
}
