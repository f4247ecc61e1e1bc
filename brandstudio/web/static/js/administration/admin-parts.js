// @ts-check
// What the parts of administration share: tables, names of roles and brands, telling of failures.

import { countOf, h, icon, inWords } from "../shared/dom.js";

/** @import { Attributes, Child } from "studio" */

/** @typedef {Attributes & { cells: readonly Child[] }} Row a row of a table */

export const EVERY_BRAND = "*";
export const BASE = "/administration";
export const ROLES = ["creator", "reviewer", "brand_owner", "administrator"];

/** @type {Record<string, string>} */
export const MEANING = {
  creator: "Writes briefs, submits variants, builds packs",
  reviewer: "Also approves and rejects what others made",
  brand_owner: "Also gives roles and reads the audit log of the brand",
  administrator: "Runs the studio: all brands, all people",
};

/** @param {string} role */
export const roleName = (role) => inWords(role).toLowerCase();

/**
 * Who looks at an element of administration: the brands they answer for, and who they are.
 *
 * @param {Element} element
 */
export function viewerOf(element) {
  const brands = new Map(Object.entries(JSON.parse(element.getAttribute("brands") ?? "{}")));
  return {
    brands,
    me: Number(element.getAttribute("me")),
    runsAll: element.hasAttribute("runs-all"),
  };
}

/**
 * @param {ReadonlyMap<string, string>} brands
 * @param {string} slug
 */
export const brandName = (brands, slug) =>
  slug === EVERY_BRAND ? "Every brand" : (brands.get(slug) ?? inWords(slug));

/**
 * What a browser calls itself, in a few words: "Firefox 145 on macOS".
 *
 * @param {string} userAgent
 */
export function browserName(userAgent) {
  if (!userAgent.startsWith("Mozilla/")) return userAgent || "unknown browser";
  const [, product, version] =
    BROWSERS.map((pattern) => pattern.exec(userAgent)).find(Boolean) ?? [];
  const system = SYSTEMS.find(([mark]) => userAgent.includes(mark))?.[1];
  if (!product) return userAgent;
  return `${PRODUCTS[product] ?? product} ${version}${system ? ` on ${system}` : ""}`;
}

const BROWSERS = [
  /(Edg)\/(\d+)/,
  /(OPR)\/(\d+)/,
  /(Firefox)\/(\d+)/,
  /(HeadlessChrome|Chrome)\/(\d+)/,
  /(Version)\/(\d+).*Safari/,
];
/** @type {Record<string, string>} */
const PRODUCTS = { Edg: "Edge", OPR: "Opera", HeadlessChrome: "Chrome", Version: "Safari" };
const SYSTEMS = [
  ["iPhone", "iPhone"],
  ["iPad", "iPad"],
  ["Android", "Android"],
  ["Windows", "Windows"],
  ["Mac OS X", "macOS"],
  ["Linux", "Linux"],
];

/**
 * "RO" in a circle.
 *
 * @param {string} name
 */
export function avatar(name) {
  const initials = name
    .split(/[\s._-]+/)
    .map((part) => part[0] ?? "")
    .join("")
    .slice(0, 2)
    .toUpperCase();
  return h("span", { class: "bs-avatar", "aria-hidden": "true" }, initials || "?");
}

/**
 * A table that becomes a list of cards where there is no room: each cell knows its column's name.
 *
 * @param {string} label
 * @param {readonly string[]} columns
 * @param {readonly Row[]} rows
 */
export function table(label, columns, rows) {
  const head = columns.map((name) =>
    h("th", { scope: "col" }, name || h("span", { class: "bs-hidden" }, "What to do")),
  );
  return h(
    "table",
    { class: "bs-table", "aria-label": label },
    h("thead", {}, h("tr", {}, head)),
    h(
      "tbody",
      {},
      rows.map(({ cells, ...attributes }) => row(columns, cells, attributes)),
    ),
  );
}

/**
 * @param {readonly string[]} columns
 * @param {readonly Child[]} cells
 * @param {Attributes} attributes
 */
function row(columns, cells, attributes) {
  return h(
    "tr",
    attributes,
    cells.map((cell, at) =>
      h("td", { "data-column": columns[at], class: columns[at] ? undefined : "bs-do" }, cell),
    ),
  );
}

/**
 * A part of the page with its heading and, beside it, how many there are.
 *
 * @param {string} title
 * @param {string} sentence
 * @param {{ count?: number, noun?: string, actions?: Child }} [look]
 * @param {Child[]} content
 */
export function section(title, sentence, { count, noun, actions = [] } = {}, ...content) {
  const counted = count && noun ? h("small", { class: "bs-quiet" }, countOf(count, noun)) : null;
  return h(
    "section",
    { class: "bs-admin-section", "aria-label": title },
    h(
      "div",
      { class: "bs-admin-head" },
      h("div", {}, h("h2", {}, title, counted), h("p", { class: "bs-quiet" }, sentence)),
      h("div", { class: "bs-head-actions" }, actions),
    ),
    content,
  );
}

/**
 * A line in place of a table that would be empty.
 *
 * @param {string} symbol
 * @param {string} text
 */
export const none = (symbol, text) => h("p", { class: "bs-none" }, icon(symbol, 18), text);

/**
 * A field to look for something; calls `look` a moment after the last key.
 *
 * @param {string} label
 * @param {string} value
 * @param {(value: string) => unknown} look
 */
export function searchField(label, value, look) {
  /** @type {ReturnType<typeof setTimeout>} */
  let timer;
  const input = h("input", {
    type: "search",
    "aria-label": label,
    placeholder: label,
    value,
    oninput: () => (clearTimeout(timer), (timer = setTimeout(() => look(input.value.trim()), 250))),
  });
  return h("label", { class: "bs-field bs-search" }, icon("search", 16), input);
}

/**
 * Say why a part cannot be shown.
 *
 * @param {{ message: string, hint?: string }} error
 */
export const failed = (error) =>
  h("p", { class: "bs-notice bad", role: "alert" }, `${error.message}. ${error.hint ?? ""}`);
