// @ts-check
// <studio-administration parts='["people", …]' brands='{"voltra": "Voltra"}' me="3" runs-all>:
// people, access, the audit log and the settings, as far as the person may see them; `brands` are
// those they answer for.
//
// For tests: tablist "Administration" with tabs People, Access, Audit log, Settings; the part is in
// ?part=.

import "./admin-access.js";
import "./admin-log.js";
import "./admin-people.js";
import "./admin-settings.js";
import { StudioElement, define, h } from "../shared/dom.js";

/** @type {Record<string, [title: string, element: string]>} */
const PARTS = {
  people: ["People", "admin-people"],
  access: ["Access", "admin-access"],
  log: ["Audit log", "admin-log"],
  settings: ["Settings", "admin-settings"],
};

class StudioAdministration extends StudioElement {
  /** @type {string[]} */
  parts;
  /** @type {HTMLElement[]} */
  tabs;
  /** @type {HTMLDivElement} */
  panel;

  build() {
    this.parts = JSON.parse(this.getAttribute("parts"));
    this.tabs = this.parts.map((part) =>
      h(
        "button",
        {
          type: "button",
          role: "tab",
          id: `tab-${part}`,
          "aria-controls": "admin-part",
          "data-part": part,
          onclick: () => this.show(part, true),
        },
        PARTS[part][0],
      ),
    );
    const list = h(
      "div",
      { class: "bs-segments bs-admin-tabs", role: "tablist", "aria-label": "Administration" },
      this.tabs,
    );
    list.addEventListener("keydown", (event) => this.key(event));
    this.panel = h("div", { role: "tabpanel", id: "admin-part", class: "bs-admin-part" });
    this.append(list, this.panel);
    window.addEventListener("popstate", () => this.isConnected && this.show(this.asked()));
    this.show(this.asked());
  }

  asked() {
    const part = new URLSearchParams(location.search).get("part");
    return this.parts.includes(part) ? part : this.parts[0];
  }

  /** @param {string} part */
  show(part, isNew = false) {
    if (isNew) history.pushState({}, "", `?part=${part}`);
    for (const tab of this.tabs) {
      const chosen = tab.dataset.part === part;
      tab.setAttribute("aria-selected", String(chosen));
      tab.tabIndex = chosen ? 0 : -1;
    }
    this.panel.setAttribute("aria-labelledby", `tab-${part}`);
    const {
      brands,
      me,
      "runs-all": runsAll,
    } = Object.fromEntries(this.getAttributeNames().map((name) => [name, this.getAttribute(name)]));
    this.panel.replaceChildren(h(PARTS[part][1], { brands, me, "runs-all": runsAll }));
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const next = this.tabs.at(
      (this.tabs.indexOf(/** @type {HTMLElement} */ (document.activeElement)) + step) %
        this.tabs.length,
    );
    this.show(next.dataset.part, true);
    next.focus();
  }
}

define("studio-administration", StudioAdministration);
