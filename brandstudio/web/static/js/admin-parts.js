// What the parts of administration share: tables, names of roles and brands, telling of failures.

import { countOf, h, icon, inWords } from "./dom.js";

export const EVERY_BRAND = "*";
export const BASE = "/administration";
export const ROLES = ["creator", "reviewer", "brand_owner", "administrator"];

export const MEANING = {
  creator: "Writes briefs, submits variants, builds packs",
  reviewer: "Also approves and rejects what others made",
  brand_owner: "Also gives roles and reads the audit log of the brand",
  administrator: "Runs the studio: all brands, all people",
};

export const roleName = (role) => inWords(role).toLowerCase();

/** What an element of administration was told about who looks: the brands they answer for, and who they are. */
export function told(element) {
  const brands = new Map(Object.entries(JSON.parse(element.getAttribute("brands") ?? "{}")));
  return { brands, me: Number(element.getAttribute("me")), runsAll: element.hasAttribute("runs-all") };
}

export const brandName = (brands, slug) => (slug === EVERY_BRAND ? "Every brand" : (brands.get(slug) ?? inWords(slug)));

/** What a browser calls itself, in a few words: "Firefox 145 on macOS". */
export function browserName(told) {
  if (!told.startsWith("Mozilla/")) return told || "unknown browser";
  const [, product, version] = BROWSERS.map((pattern) => pattern.exec(told)).find(Boolean) ?? [];
  const system = SYSTEMS.find(([mark]) => told.includes(mark))?.[1];
  if (!product) return told;
  return `${PRODUCTS[product] ?? product} ${version}${system ? ` on ${system}` : ""}`;
}

const BROWSERS = [/(Edg)\/(\d+)/, /(OPR)\/(\d+)/, /(Firefox)\/(\d+)/, /(HeadlessChrome|Chrome)\/(\d+)/, /(Version)\/(\d+).*Safari/];
const PRODUCTS = { Edg: "Edge", OPR: "Opera", HeadlessChrome: "Chrome", Version: "Safari" };
const SYSTEMS = [
  ["iPhone", "iPhone"],
  ["iPad", "iPad"],
  ["Android", "Android"],
  ["Windows", "Windows"],
  ["Mac OS X", "macOS"],
  ["Linux", "Linux"],
];

/** "RO" in a circle. */
export function avatar(name) {
  const initials = name.split(/[\s._-]+/).map((part) => part[0] ?? "").join("").slice(0, 2).toUpperCase();
  return h("span", { class: "bs-avatar", "aria-hidden": "true" }, initials || "?");
}

/** A table that becomes a list of cards where there is no room: each cell knows its column's name. */
export function table(label, columns, rows) {
  const head = columns.map((name) => h("th", { scope: "col" }, name || h("span", { class: "bs-hidden" }, "What to do")));
  return h("table", { class: "bs-table", "aria-label": label }, h("thead", {}, h("tr", {}, head)), h("tbody", {}, rows.map(({ cells, ...attributes }) => row(columns, cells, attributes))));
}

function row(columns, cells, attributes) {
  return h("tr", attributes, cells.map((cell, at) => h("td", { "data-column": columns[at], class: columns[at] ? undefined : "bs-do" }, cell)));
}

/** A part of the page with its heading and, beside it, how many there are. */
export function section(title, sentence, { count, noun, actions = [] } = {}, ...content) {
  const counted = count ? h("small", { class: "bs-quiet" }, countOf(count, noun)) : null;
  return h(
    "section",
    { class: "bs-admin-section", "aria-label": title },
    h("div", { class: "bs-admin-head" }, h("div", {}, h("h2", {}, title, counted), h("p", { class: "bs-quiet" }, sentence)), h("div", { class: "bs-head-actions" }, actions)),
    content,
  );
}

/** A line in place of a table that would be empty. */
export const none = (symbol, text) => h("p", { class: "bs-none" }, icon(symbol, 18), text);

/** A field to look for something; calls `look` a moment after the last key. */
export function searchField(label, value, look) {
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

/** Say why a part cannot be shown. */
export const failed = (error) => h("p", { class: "bs-notice bad", role: "alert" }, `${error.message}. ${error.hint ?? ""}`);
