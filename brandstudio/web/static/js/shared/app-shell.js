// @ts-check
// <app-shell page="review">: the frame of every page: rail, phone bar and person menu. Beside it a
// <shell-person name="Mina" role="reviewer" waiting="3" administers> says who is signed in.
//
// For tests: navigation "Studio" with links Create, Runs, Review, Library, Brands
// (aria-current="page"), and Administration for those who administer; the count in [data-waiting];
// button "Brand: …" opens menu "Brand"; button "Mina" opens menu "Person" with "Account", radio
// "Light"/"Dark"/"System", "Sign out". Event `studio:waiting` (detail: number) changes the count.

import { loadCatalogue } from "./api.js";
import { StudioElement, define, h, icon, inWords } from "./dom.js";
import { applyLook, brandOfMoment, chooseBrand, chooseLook, look } from "./moment.js";

/** @import { BrandBody, Swatch } from "rest-api" */
/** @import { Child } from "studio" */

/** @typedef {[name: string, label: string, href: string]} Place a page in the rail */

/** @type {Place[]} */
const PLACES = [
  ["create", "Create", "/studio/"],
  ["runs", "Runs", "/studio/runs"],
  ["review", "Review", "/studio/review"],
  ["library", "Library", "/studio/library"],
  ["brands", "Brands", "/studio/brands"],
];
/** @type {Place} */
const ADMINISTRATION = ["administration", "Administration", "/studio/administration"];
const LOOKS = [
  ["light", "Light", "sun"],
  ["dark", "Dark", "moon"],
  ["system", "System", "monitor"],
];

class AppShell extends StudioElement {
  /** @type {HTMLDetailsElement} */
  brandMenu;
  /** @type {HTMLDetailsElement} */
  personMenu;
  /** @type {HTMLSpanElement} */
  badge;
  /** @type {HTMLAnchorElement} */
  administration;
  /** @type {readonly BrandBody[]} */
  brands;

  build() {
    applyLook();
    const place = [...PLACES, ADMINISTRATION].find(([name]) => name === this.getAttribute("page"));
    document.title = `${place?.[1] ?? "Account"} · BrandStudio`;
    const skip = h(
      "a",
      { class: "bs-skip", href: "#content", onclick: skipToContent },
      "Skip to content",
    );
    this.brandMenu = h("details", { class: "bs-menu bs-brand-menu" });
    this.personMenu = h("details", { class: "bs-menu bs-person-menu" });
    this.append(
      skip,
      h("div", { class: "bs-rail" }, logo(), this.brandMenu, this.navigation(), this.personMenu),
    );
    this.showPerson({ name: "", role: "" });
    this.showBrands([]);
    loadCatalogue().then(
      ({ brands }) => this.showBrands([...brands.values()]),
      () => {},
    );
    window.addEventListener("studio:brand", () => this.showBrands(this.brands));
    window.addEventListener("studio:waiting", (event) => this.showWaiting(event.detail));
    document.addEventListener("click", (event) =>
      this.closeMenus(/** @type {Node} */ (event.target)),
    );
    document.addEventListener(
      "keydown",
      (event) => event.key === "Escape" && this.closeMenus(document.body),
    );
  }

  navigation() {
    this.badge = h("span", { class: "bs-badge", "data-waiting": "", hidden: true });
    const links = PLACES.map((place) => this.link(place, place[0] === "review" && this.badge));
    this.administration = this.link(ADMINISTRATION);
    this.administration.hidden = true;
    return h("nav", { class: "bs-nav", "aria-label": "Studio" }, links, this.administration);
  }

  /**
   * @param {Place} string
   * @param {Child} [badge]
   */
  link([name, label, href], badge) {
    const here = name === this.getAttribute("page");
    return h(
      "a",
      { href, "aria-current": here ? "page" : undefined, "data-place": name },
      icon(name, 20),
      h("span", {}, label),
      badge,
    );
  }

  /** @param {number} count */
  showWaiting(count) {
    this.badge.hidden = !count;
    this.badge.textContent = count > 99 ? "99+" : String(count);
    this.badge.setAttribute("aria-label", `${count} waiting`);
  }

  /** @param {readonly BrandBody[]} brands */
  showBrands(brands) {
    this.brands = brands;
    const chosen = brands.find((brand) => brand.slug === brandOfMoment());
    const name = chosen?.name ?? "All brands";
    const entry = (
      /** @type {string} */ slug,
      /** @type {string} */ label,
      /** @type {readonly Swatch[]} */ colours = [],
    ) =>
      h(
        "button",
        {
          type: "button",
          role: "menuitemradio",
          "aria-checked": String(slug === (chosen?.slug ?? "")),
          onclick: () => (chooseBrand(slug), this.brandMenu.removeAttribute("open")),
        },
        colourDot(colours),
        h("span", {}, label),
        icon("check", 16),
      );
    this.brandMenu.replaceChildren(
      h(
        "summary",
        { "aria-label": `Brand: ${name}` },
        colourDot(chosen?.palette),
        h("span", {}, name),
        icon("chevron-down", 16),
      ),
      h(
        "div",
        { class: "bs-menu-list", role: "menu", "aria-label": "Brand" },
        entry("", "All brands"),
        brands.map((brand) => entry(brand.slug, brand.name, brand.palette)),
      ),
    );
  }

  /** @param {{ name: string, role: string, administers?: boolean }} boolean */
  showPerson({ name, role, administers = false }) {
    this.administration.hidden = !administers;
    const initials = name
      .split(/[\s._-]+/)
      .map((part) => part[0] ?? "")
      .join("")
      .slice(0, 2)
      .toUpperCase();
    this.personMenu.replaceChildren(
      h(
        "summary",
        { "aria-label": name || "Person" },
        h("span", { class: "bs-avatar", "aria-hidden": "true" }, initials),
        h(
          "span",
          { class: "bs-person" },
          h("strong", {}, name),
          h("small", {}, role && inWords(role)),
        ),
        icon("chevron-down", 16),
      ),
      h(
        "div",
        { class: "bs-menu-list up", role: "menu", "aria-label": "Person" },
        h("a", { href: "/studio/account", role: "menuitem" }, icon("account", 16), "Account"),
        administers &&
          h(
            "a",
            { href: ADMINISTRATION[2], role: "menuitem", class: "bs-narrow-only" },
            icon("administration", 16),
            "Administration",
          ),
        this.looks(),
        h(
          "form",
          { method: "post", action: "/sign-out" },
          h("button", { type: "submit", role: "menuitem" }, icon("sign-out", 16), "Sign out"),
        ),
      ),
    );
  }

  looks() {
    const choose = (/** @type {string} */ choice) => () => {
      chooseLook(choice);
      for (const option of group.children) {
        option.setAttribute("aria-checked", String(option.getAttribute("data-look") === choice));
      }
    };
    const group = h(
      "div",
      { class: "bs-looks", role: "group", "aria-label": "Look" },
      LOOKS.map(([choice, label, symbol]) =>
        h(
          "button",
          {
            type: "button",
            role: "menuitemradio",
            "data-look": choice,
            "aria-checked": String(choice === look()),
            onclick: choose(choice),
          },
          icon(symbol, 16),
          h("span", { class: "bs-hidden" }, label),
        ),
      ),
    );
    return group;
  }

  /** @param {Node | null} target */
  closeMenus(target) {
    for (const menu of [this.brandMenu, this.personMenu]) {
      if (!menu.contains(target)) menu.removeAttribute("open");
    }
  }
}

class ShellPerson extends StudioElement {
  build() {
    const shell = /** @type {AppShell} */ (document.querySelector("app-shell"));
    if (!shell?.isBuilt) return;
    shell.showPerson({
      name: this.getAttribute("name") ?? "",
      role: this.getAttribute("role") ?? "",
      administers: this.hasAttribute("administers"),
    });
    shell.showWaiting(Number(this.getAttribute("waiting") ?? 0));
  }
}

function logo() {
  return h(
    "a",
    { class: "bs-logo", href: "/studio/", "aria-label": "BrandStudio" },
    h("img", { src: "/static/icons/mark.svg", alt: "", width: 26, height: 26 }),
    h("span", {}, "BrandStudio"),
  );
}

/**
 * A brand at a glance: its first four colours.
 *
 * @param {readonly Swatch[] | undefined} palette
 */
function colourDot(palette) {
  const colours = (palette ?? [])
    .slice(0, 4)
    .map((swatch) => h("i", { style: { background: swatch.hex } }));
  return h(
    "span",
    { class: `bs-dot ${colours.length ? "" : "empty"}`, "aria-hidden": "true" },
    colours,
  );
}

/** @param {Event} event */
function skipToContent(event) {
  event.preventDefault();
  const content = document.querySelector("main [tabindex], main h1, main button");
  content?.setAttribute("tabindex", content.getAttribute("tabindex") ?? "-1");
  content?.focus();
}

define("app-shell", AppShell);
define("shell-person", ShellPerson);
