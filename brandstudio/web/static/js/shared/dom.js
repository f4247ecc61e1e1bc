// @ts-check
// Builds DOM without ever reading text as markup: every text goes through textContent.

/** @import { Attributes, ButtonLook, Child, Option } from "studio" */

const SPRITE = "/static/icons/sprite.svg";
const SVG = "http://www.w3.org/2000/svg";

/**
 * h("button", { class: "button", onclick: press }, "Approve"): an element with attributes and
 * children.
 *
 * @template {string} T
 * @param {T} tag
 * @param {Attributes} [attributes]
 * @param {Child[]} children
 * @returns {T extends keyof HTMLElementTagNameMap ? HTMLElementTagNameMap[T] : HTMLElement}
 */
export function h(tag, attributes = {}, ...children) {
  /** @type {any} */
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "style") {
      for (const [k, v] of Object.entries(value)) node.style.setProperty(k, v);
    } else node.setAttribute(name, value === true ? "" : value);
  }
  const all = /** @type {(Node | string | number | boolean)[]} */ (
    /** @type {unknown[]} */ (children).flat(Infinity)
  );
  node.append(...all.filter((c) => c !== null && c !== undefined && c !== false));
  return node;
}

/**
 * A decorative icon of the sprite.
 *
 * @param {string} name
 */
export function icon(name, size = 18) {
  const node = document.createElementNS(SVG, "svg");
  node.setAttribute("class", "icon");
  node.setAttribute("width", String(size));
  node.setAttribute("height", String(size));
  node.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `${SPRITE}#${name}`);
  node.append(use);
  return node;
}

/**
 * A button with an icon and a name; `key` shows its shortcut.
 *
 * @param {string} label
 * @param {ButtonLook} [look]
 */
export function button(label, { symbol, kind = "", key, ...attributes } = {}) {
  const parts = [symbol && icon(symbol, 16), h("span", {}, label), key && h("kbd", {}, key)];
  const shortcut = key && key.length === 1 ? key.toLowerCase() : undefined;
  return h(
    "button",
    {
      type: "button",
      class: `bs-button ${kind}`.trim(),
      "aria-keyshortcuts": shortcut,
      ...attributes,
    },
    parts,
  );
}

/**
 * A button that shows only its icon; the label is its name for everyone else.
 *
 * @param {string} label
 * @param {string} symbol
 * @param {Attributes} [attributes]
 */
export function iconButton(label, symbol, attributes = {}) {
  const { class: extra = "", ...rest } = attributes;
  return h(
    "button",
    {
      type: "button",
      class: `bs-icon-button ${extra}`.trim(),
      "aria-label": label,
      title: label,
      ...rest,
    },
    icon(symbol),
  );
}

/**
 * A labelled select of [value, text] pairs.
 *
 * @param {string} label
 * @param {readonly Option[]} options
 * @param {string} value
 * @param {(value: string) => unknown} choose
 */
export function choice(label, options, value, choose) {
  const select = h(
    "select",
    { "aria-label": label, onchange: (event) => choose(event.target.value) },
    options.map(([v, text]) => h("option", { value: v, selected: v === value }, text)),
  );
  return h("label", { class: "bs-field" }, select);
}

/**
 * An empty state: icon, sentence, what to do.
 *
 * @param {string} symbol
 * @param {string} title
 * @param {string} text
 * @param {Child} [action]
 */
export function empty(symbol, title, text, action) {
  return h(
    "div",
    { class: "bs-empty" },
    icon(symbol, 36),
    h("h2", {}, title),
    h("p", {}, text),
    action,
  );
}

/**
 * "1 variant", "2 variants".
 *
 * @param {number} number
 * @param {string} noun
 */
export function countOf(number, noun, plural = `${noun}s`) {
  return `${number.toLocaleString("en")} ${number === 1 ? noun : plural}`;
}

/**
 * "about 40 s", "about 3 min": never more exact than an estimate is.
 *
 * @param {number} seconds
 */
export function roughly(seconds) {
  if (seconds < 1.5) return "about a second";
  if (seconds < 10) return `about ${Math.round(seconds)} s`;
  if (seconds < 90) return `about ${Math.round(seconds / 5) * 5} s`;
  if (seconds < 5400) return `about ${Math.round(seconds / 60)} min`;
  return `about ${(seconds / 3600).toFixed(1)} h`;
}

/**
 * "just now", "5 min ago", "yesterday", "12 Nov 2026".
 *
 * @param {string} iso
 */
export function ago(iso, now = Date.now()) {
  const then = new Date(iso);
  const seconds = (now - then.getTime()) / 1000;
  if (seconds < 45) return "just now";
  if (seconds < 3600) return `${Math.max(1, Math.round(seconds / 60))} min ago`;
  if (seconds < 86400) return `${countOf(Math.round(seconds / 3600), "hour")} ago`;
  if (seconds < 172800) return "yesterday";
  return then.toLocaleDateString("en-GB", { day: "numeric", month: "short", year: "numeric" });
}

/**
 * A moment as <time>, relative with the exact moment on hover.
 *
 * @param {string} iso
 */
export function when(iso) {
  return h("time", { datetime: iso, title: new Date(iso).toLocaleString("en-GB") }, ago(iso));
}

/**
 * "product-hero" → "Product hero", for names without a title of their own.
 *
 * @param {string} slug
 */
export function inWords(slug) {
  const text = String(slug).replaceAll(/[-_]/g, " ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/**
 * "2.4 MB".
 *
 * @param {number} bytes
 */
export function fileSize(bytes) {
  if (bytes < 1000) return `${bytes} B`;
  const units = ["kB", "MB", "GB"];
  const step = Math.min(Math.floor(Math.log10(bytes) / 3), units.length);
  const value = bytes / 1000 ** step;
  return `${value.toFixed(value < 10 && step > 1 ? 1 : 0)} ${units[step - 1]}`;
}

/**
 * Whether keys typed now belong to a field rather than to a shortcut.
 *
 * @param {Event} event
 */
export function isTyping(event) {
  const target = event.composedPath()[0];
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName)) &&
    !["checkbox", "radio", "button", "range"].includes(/** @type {any} */ (target).type)
  );
}

/**
 * Gradio shows markup inside `.prose` and `.md`, whose rules restyle every descendant; our elements
 * leave them.
 */
export class StudioElement extends HTMLElement {
  /** What the element consists of; called once. */
  build() {}

  /** @type {boolean} */
  isBuilt;

  connectedCallback() {
    for (let host = this.closest(".prose, .md"); host; host = this.closest(".prose, .md")) {
      host.removeAttribute("class");
    }
    this.closest(".block")?.classList.add("bs-place");
    if (!this.isBuilt) {
      this.isBuilt = true;
      this.build();
    }
  }
}

/**
 * Register once, even if a module is loaded twice.
 *
 * @param {string} name
 * @param {CustomElementConstructor} element
 */
export function define(name, element) {
  if (!customElements.get(name)) customElements.define(name, element);
}
