// @ts-check
// askReason("Reject", 2), confirm("Disable Rita", …) and showShortcuts(groups): modal dialogs.
//
// For tests: dialog named like its title with a button named like what it does and "Cancel"; dialog
// named "Reject: 2 variants" with textbox "Reason", quick-reason buttons, buttons "Reject" and
// "Cancel"; dialog "Keyboard shortcuts" with button "Close".

import { button, countOf, h, iconButton } from "./dom.js";

/** @import { ShortcutGroup } from "studio" */

/** @type {Record<string, string[]>} */
const QUICK_REASONS = {
  reject: ["Off brand", "Product looks wrong", "Copy space too busy", "Wrong mood", "Too similar"],
  request_changes: [
    "Calmer copy space",
    "Product larger",
    "Different light",
    "Colours closer to the palette",
  ],
};
const MAX_COMMENT = 1000;
const SEND = navigator.platform.startsWith("Mac") ? "⌘ ↵" : "Ctrl ↵";

/**
 * Show a dialog; when it closes it goes, and the focus returns to where it was.
 *
 * @param {HTMLDialogElement} dialog
 */
export function open(dialog) {
  const back = document.activeElement;
  document.body.append(dialog);
  dialog.addEventListener("close", () => {
    dialog.remove();
    if (back instanceof HTMLElement && back.isConnected) back.focus({ preventScroll: true });
  });
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  dialog.showModal();
  dialog.focus();
}

/**
 * Ask for a reason; resolves to the text, or to null when the person changes their mind.
 *
 * @param {string} verdict
 * @param {string} label
 * @param {string} kind
 * @param {number} count
 */
export function askReason(verdict, label, kind, count) {
  return new Promise((resolve) => {
    /** @type {string | null} */
    let reason = null;
    const title = `${label}: ${countOf(count, "variant")}`;
    const text = h("textarea", {
      "aria-label": "Reason",
      maxlength: MAX_COMMENT,
      required: true,
      placeholder: "What is wrong, in a few words, so that the creator can act on it",
      onkeydown: (event) => {
        if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
      },
    });
    const use = (/** @type {string} */ quickly) => () => {
      text.value = text.value.trim() ? `${text.value.trim()}; ${quickly.toLowerCase()}` : quickly;
      text.focus();
    };
    const quick = (QUICK_REASONS[verdict] ?? []).map((/** @type {string} */ words) =>
      h("button", { type: "button", onclick: use(words) }, words),
    );
    /** @type {HTMLFormElement} */
    const form = h(
      "form",
      {
        method: "dialog",
        onsubmit: () => (reason = text.value.trim() || null),
      },
      h("h2", {}, title),
      h("div", { class: "bs-quick", role: "group", "aria-label": "Quick reasons" }, quick),
      text,
      h(
        "div",
        { class: "bs-dialog-actions" },
        button("Cancel", { kind: "quiet", onclick: () => dialog.close() }),
        button(label, { kind: kind || "primary", type: "submit", key: SEND }),
      ),
    );
    /** @type {HTMLDialogElement} */
    const dialog = h("dialog", { class: "bs-dialog", "aria-label": title }, form);
    dialog.addEventListener("close", () => resolve(reason));
    open(dialog);
    text.focus();
  });
}

/**
 * Ask before something ends; resolves to whether the person means it.
 *
 * @param {string} title
 * @param {string} text
 * @param {string} label
 */
export function confirm(title, text, label) {
  return new Promise((resolve) => {
    let isMeant = false;
    /** @type {HTMLFormElement} */
    const form = h(
      "form",
      { method: "dialog", onsubmit: () => (isMeant = true) },
      h("h2", {}, title),
      h("p", {}, text),
      h(
        "div",
        { class: "bs-dialog-actions" },
        button("Cancel", { kind: "quiet", onclick: () => dialog.close() }),
        button(label, { kind: "bad", type: "submit", autofocus: true }),
      ),
    );
    /** @type {HTMLDialogElement} */
    const dialog = h("dialog", { class: "bs-dialog", "aria-label": title }, form);
    dialog.addEventListener("close", () => resolve(isMeant));
    open(dialog);
    form.querySelector('[type="submit"]').focus();
  });
}

/**
 * Show [[title, [[keys, meaning], …]], …].
 *
 * @param {readonly ShortcutGroup[]} groups
 */
export function showShortcuts(groups) {
  const section = (/** @type {ShortcutGroup} */ [title, rows]) => [
    h("span", { class: "bs-eyebrow" }, title),
    h(
      "dl",
      { class: "bs-keys" },
      rows.map(([keys, meaning]) => [
        h(
          "dt",
          {},
          keys.map((key) => h("kbd", {}, key)),
        ),
        h("dd", {}, meaning),
      ]),
    ),
  ];
  /** @type {HTMLDialogElement} */
  const dialog = h(
    "dialog",
    { class: "bs-dialog", "aria-label": "Keyboard shortcuts", tabindex: "-1" },
    h(
      "div",
      { class: "bs-dialog-body" },
      h(
        "div",
        { class: "bs-head", style: { "margin-bottom": "0" } },
        h("h2", {}, "Keyboard shortcuts"),
        iconButton("Close", "close", { onclick: () => dialog.close() }),
      ),
      groups.map(section),
    ),
  );
  open(dialog);
}
