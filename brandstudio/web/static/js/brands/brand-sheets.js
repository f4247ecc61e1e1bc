// @ts-check
// <brand-sheets names='{"voltra": "Voltra"}'>: one brand at a time, chosen by tab; the brand of the
// moment first.
// <brand-specimen family headline body line sentence licence>: a brand's typefaces in use.
//
// For tests: tablist "Brands" with a tab per brand; article #brand-<slug>.

import { StudioElement, define, h } from "../shared/dom.js";
import { brandOfMoment } from "../shared/moment.js";

class BrandSheets extends StudioElement {
  /** @type {HTMLElement[]} */
  sheets;
  /** @type {HTMLButtonElement[]} */
  tabs;

  build() {
    const names = Object.entries(JSON.parse(this.getAttribute("names")));
    this.sheets = [...this.querySelectorAll(".bs-sheet")];
    this.tabs = names.map(([slug, name]) =>
      h(
        "button",
        {
          type: "button",
          role: "tab",
          "data-brand": slug,
          "aria-controls": `brand-${slug}`,
          onclick: () => this.show(slug),
        },
        name,
      ),
    );
    const list = h(
      "div",
      { class: "bs-segments", role: "tablist", "aria-label": "Brands" },
      this.tabs,
    );
    list.addEventListener("keydown", (event) => this.key(event));
    if (names.length > 1) this.prepend(list);
    window.addEventListener("studio:brand", ({ detail }) => detail && this.show(detail));
    this.show(names.some(([slug]) => slug === brandOfMoment()) ? brandOfMoment() : names[0]?.[0]);
  }

  /** @param {string} slug */
  show(slug) {
    for (const sheet of this.sheets) sheet.hidden = sheet.id !== `brand-${slug}`;
    for (const tab of this.tabs) {
      const chosen = tab.dataset.brand === slug;
      tab.setAttribute("aria-selected", String(chosen));
      tab.tabIndex = chosen ? 0 : -1;
    }
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const at = this.tabs.indexOf(/** @type {HTMLButtonElement} */ (document.activeElement));
    const next = this.tabs[(at + step + this.tabs.length) % this.tabs.length];
    this.show(next.dataset.brand);
    next.focus();
  }
}

class BrandSpecimen extends StudioElement {
  build() {
    const of = (/** @type {string} */ name) => this.getAttribute(name) ?? "";
    const headline = this.face("headline");
    const body = this.face("body");
    this.append(
      h("p", { class: "bs-specimen-line", style: { "font-family": headline } }, of("line")),
      h("p", { class: "bs-specimen-glyphs", style: { "font-family": headline } }, "Aa Bb Cc 0123"),
      h("p", { class: "bs-specimen-text", style: { "font-family": body } }, of("sentence")),
      h("p", { class: "bs-quiet" }, `${of("family")} · ${of("licence")}`),
    );
  }

  /**
   * Load one of the brand's own font files under a name nobody else uses.
   *
   * @param {string} kind
   */
  face(kind) {
    const name = `brand-${kind}-${this.getAttribute("headline").replaceAll(/\W/g, "")}`;
    const font = new FontFace(name, `url("${encodeURI(this.getAttribute(kind))}")`);
    font.load().then(
      (loaded) => document.fonts.add(loaded),
      () => {},
    );
    return `"${name}", var(--bs-font-sans)`;
  }
}

define("brand-sheets", BrandSheets);
define("brand-specimen", BrandSpecimen);
