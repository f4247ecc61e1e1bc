// @ts-check
// <run-list>: all runs, newest first, live while one is being drawn. Shows itself only without
// ?run=.
//
// For tests: list "Runs" with links [data-run-id][data-status]; group "Status" with buttons; button
// "Show more".

import { getRun, getRuns, loadCatalogue, runName } from "../shared/api.js";
import { StudioElement, button, countOf, define, empty, h, icon, when } from "../shared/dom.js";
import { brandOfMoment } from "../shared/moment.js";

/** @import { Catalogue, Progress, Run } from "studio" */

/** @type {Record<string, { label: string, kind: string, symbol: string }>} */
export const STATUS = {
  queued: { label: "Waiting", kind: "", symbol: "clock" },
  running: { label: "Drawing", kind: "accent", symbol: "retry" },
  succeeded: { label: "Finished", kind: "good", symbol: "check" },
  failed: { label: "Failed", kind: "bad", symbol: "warning" },
  cancelled: { label: "Cancelled", kind: "", symbol: "close" },
};
const PAUSED = { label: "Paused", kind: "", symbol: "clock" };
const PAGE = 24;
const POLL_MS = 2500;

class RunList extends StudioElement {
  /** @type {string} */
  status;
  /** @type {Run[]} */
  runs;
  /** @type {HTMLDivElement} */
  segments;
  /** @type {HTMLUListElement} */
  list;
  /** @type {HTMLButtonElement} */
  more;
  /** @type {Catalogue} */
  catalogue;
  /** @type {number | null} */
  next;
  /** @type {number} */
  timer;

  build() {
    if (new URLSearchParams(location.search).get("run")) {
      this.hidden = true;
      return;
    }
    this.status = "";
    this.runs = [];
    this.segments = h("div", { class: "bs-segments", role: "group", "aria-label": "Status" });
    this.list = h("ul", { class: "bs-runs", "aria-label": "Runs" });
    this.more = button("Show more", { onclick: () => this.load(this.next), hidden: true });
    this.append(
      h(
        "div",
        { class: "bs-head" },
        h(
          "div",
          {},
          h("h1", {}, "Runs"),
          h("p", {}, "Everything that was asked for, newest first."),
        ),
        h(
          "div",
          { class: "bs-head-actions" },
          this.segments,
          h("a", { class: "bs-button primary", href: "/studio/" }, icon("plus", 16), "New brief"),
        ),
      ),
      this.list,
      h("div", { class: "bs-more" }, this.more),
    );
    window.addEventListener("studio:brand", () => this.isConnected && this.load());
    this.load();
  }

  disconnectedCallback() {
    clearTimeout(this.timer);
  }

  /** @param {number | null} [before] */
  async load(before) {
    const asked = new URLSearchParams({ limit: String(PAGE) });
    if (brandOfMoment()) asked.set("brand", brandOfMoment());
    if (this.status) asked.set("status", this.status);
    if (before) asked.set("before", String(before));
    try {
      const [catalogue, answer] = await Promise.all([loadCatalogue(), getRuns(asked)]);
      this.catalogue = catalogue;
      this.next = answer.next_before;
      this.runs = before ? [...this.runs, ...answer.runs] : answer.runs;
      this.draw();
    } catch (error) {
      this.list.replaceChildren(
        h("li", { class: "bs-quiet" }, `${error.message}. ${error.hint ?? ""}`),
      );
    }
  }

  draw() {
    const options = [
      ["", "All"],
      ...Object.entries(STATUS).map(([value, { label }]) => [value, label]),
    ];
    const choose = (/** @type {string} */ value) => () => ((this.status = value), this.load());
    this.segments.replaceChildren(
      ...options.map(([value, label]) =>
        h(
          "button",
          { type: "button", "aria-pressed": String(value === this.status), onclick: choose(value) },
          label,
        ),
      ),
    );
    this.list.replaceChildren(
      ...(this.runs.length
        ? this.runs.map((run) => h("li", {}, card(run, this.catalogue)))
        : [h("li", { class: "bs-wide" }, this.nothing())]),
    );
    this.more.hidden = !this.next;
    this.watch();
  }

  nothing() {
    if (this.status) {
      return empty(
        "filter",
        `No run is “${STATUS[this.status].label.toLowerCase()}” now.`,
        "Choose “All” to see the other runs.",
      );
    }
    const link = h(
      "a",
      { class: "bs-button primary", href: "/studio/" },
      "Write the first brief",
      icon("arrow-right", 16),
    );
    return empty(
      "runs",
      "No runs yet.",
      "A run is one brief and all its images. Fill in a short form, and the studio draws and " +
        "ranks the variants for you.",
      link,
    );
  }

  /** While something is being drawn, look again now and then. */
  watch() {
    clearTimeout(this.timer);
    const busy = this.runs.filter((run) => !run.progress.finished);
    if (busy.length && this.isConnected) this.timer = setTimeout(() => this.renew(busy), POLL_MS);
  }

  /** @param {readonly Run[]} busy */
  async renew(busy) {
    if (!document.hidden) {
      const fresh = await Promise.all(busy.map((run) => getRun(run.id).catch(() => run)));
      const byId = new Map(fresh.map((run) => [run.id, run]));
      this.runs = this.runs.map((run) => byId.get(run.id) ?? run);
      for (const run of fresh) {
        const old = this.list.querySelector(`[data-run-id="${run.id}"]`);
        const hadFocus = old === document.activeElement;
        const made = card(run, this.catalogue);
        old?.replaceWith(made);
        if (hadFocus) made.focus();
      }
    }
    this.watch();
  }
}

/**
 * @param {Run} run
 * @param {Catalogue} catalogue
 */
function card(run, catalogue) {
  const { progress } = run;
  const status = run.paused && !progress.finished ? PAUSED : STATUS[run.status];
  const brand = catalogue.brands.get(run.brand);
  const share = progress.steps_total ? (100 * progress.steps_done) / progress.steps_total : 0;
  return h(
    "a",
    {
      class: "bs-run bs-card",
      href: `/studio/runs?run=${run.id}`,
      "data-run-id": run.id,
      "data-status": run.status,
    },
    h(
      "div",
      { class: "bs-run-cover" },
      run.cover
        ? h("img", { src: run.cover, alt: "", loading: "lazy" })
        : icon(progress.finished ? "image" : "clock", 26),
      progress.finished
        ? null
        : h("div", { class: "bs-meter" }, h("i", { style: { width: `${share}%` } })),
    ),
    h(
      "div",
      { class: "bs-run-text" },
      h(
        "div",
        { class: "bs-run-line" },
        h("span", { class: `bs-chip ${status.kind}` }, icon(status.symbol, 13), status.label),
        standings(run),
      ),
      h("h2", {}, runName(run, catalogue)),
      h("p", { class: "bs-quiet" }, `${brand?.name ?? run.brand} · ${extent(progress)}`),
      h("p", { class: "bs-quiet" }, `${run.creator}, `, when(run.created_at)),
    ),
  );
}

/**
 * "12 variants", or how many of them are drawn.
 *
 * @param {Progress} progress
 */
function extent({ finished, drawn, total }) {
  return finished ? countOf(total, "variant") : `${drawn} of ${total} drawn`;
}

/**
 * "3 approved · 2 in review", where there is something to say.
 *
 * @param {Run} run
 */
function standings(run) {
  const parts = [
    [run.reviews?.approved, "approved"],
    [run.reviews?.pending, "in review"],
  ].filter(([count]) => count);
  return h(
    "span",
    { class: "bs-quiet" },
    parts.map(([count, word]) => `${count} ${word}`).join(" · "),
  );
}

define("run-list", RunList);
