// @ts-check
// signedOut(): whoever's session has ended signs in again in a new tab, and loses nothing of what
// is on this page.
//
// For tests: dialog "You were signed out" with link "Sign in in a new tab"; it goes by itself once
// one is back.

import { open } from "./dialogs.js";
import { h, icon } from "./dom.js";
import { toast } from "./toast.js";

/** @type {HTMLDialogElement | undefined} */
let dialog;

/** Say so, once; ask on every return to this page whether somebody has signed in meanwhile. */
export function signedOut() {
  if (dialog?.open) return;
  const link = h(
    "a",
    { class: "bs-button primary", href: "/sign-in?next=/studio/account", target: "_blank" },
    icon("account", 18),
    "Sign in in a new tab",
  );
  dialog = h(
    "dialog",
    { class: "bs-dialog", "aria-label": "You were signed out", tabindex: "-1" },
    h(
      "div",
      { class: "bs-dialog-body" },
      h("h2", {}, "You were signed out"),
      h(
        "p",
        {},
        "A session ends when it has not been used for a while. What is on this page stays: " +
          "sign in in a new tab, come back to this one, and do the last step again.",
      ),
      h("div", { class: "bs-dialog-actions" }, link),
    ),
  );
  window.addEventListener("focus", lookAgain);
  dialog.addEventListener("close", () => window.removeEventListener("focus", lookAgain));
  open(dialog);
  link.focus();
}

async function lookAgain() {
  const response = await fetch("/api/v1/account", { credentials: "same-origin" }).catch(
    () => /** @type {null} */ (null),
  );
  if (!response?.ok) return;
  const { name } = await response.json();
  // Somebody else's page would go on in this person's name.
  if (name !== document.querySelector("shell-person")?.getAttribute("name")) location.reload();
  dialog.close();
  toast("You are signed in again", { kind: "good", hint: "Go on where you were." });
}

// Gradio's events and images do not go through api.js; the browser tells how they were answered.
/** @param {PerformanceEntry & { responseStatus?: number }} number */
const isRefused = ({ name, responseStatus }) =>
  responseStatus === 401 && name.startsWith(`${location.origin}/`) && !name.endsWith("/account");
new PerformanceObserver((list) => list.getEntries().some(isRefused) && signedOut()).observe({
  type: "resource",
});
