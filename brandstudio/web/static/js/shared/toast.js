// @ts-check
// toast("Approved"): one short message at the edge of the page, read out by screen readers.
// Roles: the stack is role="status"; messages of kind "bad" are role="alert". Button: "Dismiss".

import { h, icon, iconButton } from "./dom.js";

/** @import { Action } from "studio" */

/** @typedef {"plain" | "good" | "bad"} ToastKind */

const SYMBOL = { good: "check", bad: "warning", plain: "info" };

/** Where messages stand: in the modal dialog that is open, since everything outside it is inert. */
function stack() {
  const found =
    document.querySelector(".bs-toasts") ??
    h("div", { class: "bs-toasts", role: "status", "aria-live": "polite" });
  const dialog = document.querySelector("dialog[open]");
  const home = dialog ?? document.body;
  if (found.parentNode !== home) home.append(found);
  dialog?.addEventListener("close", () => document.body.append(found), { once: true });
  return found;
}

/**
 * Show `text`, with an optional second line and one action [label, press].
 *
 * @param {string} text
 * @param {{ kind?: ToastKind, hint?: string, action?: Action, seconds?: number }} [look]
 */
export function toast(text, { kind = "plain", hint = "", action, seconds = 6 } = {}) {
  const leave = () => message.remove();
  const press = action && (() => (leave(), action[1]()));
  /** @type {HTMLDivElement} */
  const message = h(
    "div",
    { class: `bs-toast ${kind}`, role: kind === "bad" ? "alert" : undefined },
    icon(SYMBOL[kind], 18),
    h("div", { class: "bs-toast-text" }, h("strong", {}, text), hint && h("span", {}, hint)),
    action && h("button", { type: "button", class: "bs-button quiet", onclick: press }, action[0]),
    iconButton("Dismiss", "close", { onclick: leave }),
  );
  stack().append(message);
  setTimeout(leave, (kind === "bad" ? 2 : 1) * seconds * 1000);
  return message;
}

/**
 * Show a refusal of the studio with its hint.
 *
 * @param {{ message: string, hint?: string }} error
 */
export const toastRefusal = (error) =>
  toast(error.message, { kind: "bad", hint: error.hint ?? "" });
