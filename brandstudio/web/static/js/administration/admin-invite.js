// @ts-check
// invite(brands, runsAll) and showLink(link, …): the dialogs that make a sign-in link, and show it
// this once.
//
// For tests: dialog "Invite someone" with textbox "Name", a row of selects "Brand" and "Role" for
// each role, buttons "Another brand", "Make the link"; dialog "Send this link" with textbox "Link",
// button "Copy", "Done".

import { BASE, EVERY_BRAND, MEANING, ROLES, brandName, roleName } from "./admin-parts.js";
import { post } from "../shared/api.js";
import { open } from "../shared/dialogs.js";
import { button, h, iconButton, inWords } from "../shared/dom.js";

/** @import { LinkMade } from "rest-api" */

/**
 * Ask whom to invite; resolves to { name, url, expires_at }, or to null.
 *
 * @param {ReadonlyMap<string, string>} brands
 * @param {boolean} runsAll
 */
export function invite(brands, runsAll) {
  return new Promise((resolve) => {
    /** @type {LinkMade & { name: string }} */
    let made = null;
    const rows = h("div", { class: "bs-invite-rows" });
    const add = () => rows.append(roleRow(brands, runsAll, rows));
    const name = h("input", {
      type: "text",
      maxlength: 64,
      "aria-label": "Name",
      placeholder: "They choose it themselves",
      autocomplete: "off",
    });
    const problem = h("p", { class: "bs-notice bad", role: "alert", hidden: true });
    /** @type {HTMLFormElement} */
    const form = h(
      "form",
      { class: "bs-invite", onsubmit: (event) => (event.preventDefault(), send()) },
      h("h2", {}, "Invite someone"),
      h(
        "p",
        {},
        "You get a link to send. It works once, within a week; with it they choose a password.",
      ),
      h(
        "label",
        { class: "bs-field tall" },
        h("span", {}, "Name", h("small", {}, " optional")),
        name,
      ),
      rows,
      button("Another brand", { kind: "quiet small", symbol: "plus", onclick: add }),
      problem,
      h(
        "div",
        { class: "bs-dialog-actions" },
        button("Cancel", { kind: "quiet", onclick: () => dialog.close() }),
        button("Make the link", { kind: "primary", type: "submit" }),
      ),
    );
    const send = async () => {
      const roles = Object.fromEntries(
        [...rows.children].map((row) => [...row.querySelectorAll("select")].map((s) => s.value)),
      );
      try {
        made = {
          name: name.value.trim(),
          ...(await post(`${BASE}/invitations`, { name: name.value.trim(), roles })),
        };
        dialog.close();
      } catch (error) {
        problem.textContent = `${error.message}. ${error.hint}`;
        problem.hidden = false;
      }
    };
    /** @type {HTMLDialogElement} */
    const dialog = h("dialog", { class: "bs-dialog", "aria-label": "Invite someone" }, form);
    dialog.addEventListener("close", () => resolve(made));
    add();
    open(dialog);
    name.focus();
  });
}

/**
 * @param {ReadonlyMap<string, string>} brands
 * @param {boolean} runsAll
 * @param {HTMLElement} rows
 */
function roleRow(brands, runsAll, rows) {
  const known = [...brands.keys(), ...(runsAll ? [EVERY_BRAND] : [])];
  const taken = new Set([...rows.querySelectorAll('select[name="brand"]')].map(valueOf));
  const free = known.find((slug) => !taken.has(slug)) ?? known[0];
  const brand = h(
    "select",
    { name: "brand", "aria-label": "Brand", onchange: () => offer() },
    known.map((slug) =>
      h("option", { value: slug, selected: slug === free }, brandName(brands, slug)),
    ),
  );
  /** @type {HTMLSelectElement} */
  const role = h("select", { name: "role", "aria-label": "Role", onchange: () => explain() });
  const meaning = h("small", { class: "bs-quiet" });
  const explain = () => (meaning.textContent = `${MEANING[role.value]}.`);
  const offer = () => {
    const chosen = role.value || "reviewer";
    role.replaceChildren(
      ...rolesIn(brand.value).map((value) =>
        h("option", { value, selected: value === chosen }, inWords(value)),
      ),
    );
    explain();
  };
  /** @type {HTMLDivElement} */
  const row = h(
    "div",
    { class: "bs-invite-row" },
    h("label", { class: "bs-field" }, brand),
    h("label", { class: "bs-field" }, role),
    iconButton("Leave this out", "close", {
      class: "bs-leave",
      onclick: () => rows.children.length > 1 && row.remove(),
    }),
    meaning,
  );
  offer();
  return row;
}

/**
 * The roles that can be given in a brand; administrators run every one.
 *
 * @param {string} brand
 */
export const rolesIn = (brand) =>
  ROLES.filter((role) => role !== "administrator" || brand === EVERY_BRAND);

/**
 * Show a link this once, ready to be copied.
 *
 * @param {LinkMade} linkMade
 * @param {string} whom
 * @param {string} purpose
 */
export function showLink({ url, expires_at: until }, whom, purpose) {
  return new Promise((resolve) => {
    /** @type {HTMLInputElement} */
    const text = h("input", {
      type: "text",
      readonly: true,
      "aria-label": "Link",
      value: url,
      class: "bs-mono",
      onfocus: () => text.select(),
    });
    const copy = button("Copy", { kind: "primary", symbol: "copy", onclick: () => copied() });
    const copied = async () => {
      text.select();
      await navigator.clipboard?.writeText(url).catch(() => document.execCommand("copy"));
      copy.lastElementChild.textContent = "Copied";
    };
    const day = new Date(until).toLocaleString("en-GB", {
      weekday: "long",
      day: "numeric",
      month: "long",
      hour: "2-digit",
      minute: "2-digit",
    });
    /** @type {HTMLDialogElement} */
    const dialog = h(
      "dialog",
      { class: "bs-dialog", "aria-label": "Send this link" },
      h(
        "div",
        { class: "bs-dialog-body" },
        h("h2", {}, "Send this link"),
        h("p", {}, `${whom} ${purpose} with it, once, until ${day}. It is not shown again.`),
        h("div", { class: "bs-link-line" }, h("label", { class: "bs-field" }, text), copy),
        h("div", { class: "bs-dialog-actions" }, button("Done", { onclick: () => dialog.close() })),
      ),
    );
    dialog.addEventListener("close", () => resolve());
    open(dialog);
    copy.focus();
  });
}

/**
 * "reviewer in Voltra, creator in every brand".
 *
 * @param {Record<string, string>} roles
 * @param {ReadonlyMap<string, string>} brands
 */
export const rolesInWords = (roles, brands) =>
  Object.entries(roles)
    .map(
      ([slug, role]) =>
        `${roleName(role)} in ${slug === EVERY_BRAND ? "every brand" : brandName(brands, slug)}`,
    )
    .join(", ");

/** @param {Element} field */
const valueOf = (field) => /** @type {HTMLSelectElement} */ (field).value;
