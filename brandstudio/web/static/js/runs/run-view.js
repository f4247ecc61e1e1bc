// @ts-check
// <run-view scores="[…]">: the run that the address asks for with ?run=: brief, progress, arms,
// variants.
//
// For tests: heading level 1 with the run's name; <run-progress>; region "Arms compared";
// <review-grid run>; list "Reference images"; link "Use this brief again"; alert with message and
// hint when the run failed.

import { get, getRun, inLabels, loadCatalogue, runName } from "../shared/api.js";
import { StudioElement, countOf, define, empty, h, icon, inWords, when } from "../shared/dom.js";
import { aroundAverage, averages, readable, useScoreKinds } from "../review/scores.js";
import { referenceStrip } from "../shared/references.js";
import { STATUS } from "./run-list.js";

/** @import { VariantsBody } from "rest-api" */
/** @import { Catalogue, Progress, Run, Variant } from "studio" */
/** @import { ReviewGrid } from "../review/review-grid.js" */

/** @type {VariantsBody} */
const NO_VARIANTS = { variants: [] };

/**
 * An arm of the comparison, summed up.
 *
 * @typedef {object} Column
 * @property {string} levels
 * @property {number} best
 * @property {number} mean
 * @property {import("../review/scores.js").Average[]} scores
 * @property {number} count
 */

class RunView extends StudioElement {
  /** @type {number} */
  run;
  /** @type {HTMLDivElement} */
  head;
  /** @type {HTMLDivElement} */
  live;
  /** @type {HTMLDivElement} */
  arms;
  /** @type {HTMLDivElement} */
  results;
  /** @type {Run} */
  record;
  /** @type {ReviewGrid} */
  grid;
  /** @type {Catalogue} */
  catalogue;

  build() {
    this.run = Number(new URLSearchParams(location.search).get("run"));
    if (!this.run) {
      this.hidden = true;
      return;
    }
    useScoreKinds(this.getAttribute("scores"));
    this.head = h("div", {});
    this.live = h("div", {});
    this.arms = h("div", {});
    this.results = h("div", {});
    this.append(
      h("a", { class: "bs-back", href: "/studio/runs" }, icon("chevron-left", 16), "All runs"),
      this.head,
      this.live,
      this.arms,
      this.results,
    );
    this.addEventListener("run-moved", (event) => this.moved(event.detail));
    this.addEventListener("run-finished", () => this.load());
    this.addEventListener("review-changed", () => this.drawHead());
    this.load();
  }

  async load() {
    try {
      [this.catalogue, this.record] = await Promise.all([loadCatalogue(), getRun(this.run)]);
    } catch (error) {
      this.head.replaceChildren(empty("warning", error.message, error.hint ?? ""));
      return;
    }
    document.title = `${runName(this.record, this.catalogue)} · BrandStudio`;
    this.drawHead();
    this.drawLive();
    await this.drawResults();
  }

  async drawHead() {
    const run = this.record;
    const { brands, templates, layouts } = this.catalogue;
    const status = STATUS[run.status];
    const facts = [
      ["Brand", brands.get(run.brand)?.name ?? run.brand],
      ["Template", templates.get(run.template)?.title ?? run.template],
      ["Layout", layouts.get(run.layout)?.title ?? run.layout],
      ...inLabels(templates.get(run.template), run.answers),
      ["Quality", inWords(run.quality)],
      [
        "Placements",
        run.placements.length ? countOf(run.placements.length, "placement") : "none chosen",
      ],
    ];
    this.head.replaceChildren(
      h(
        "div",
        { class: "bs-head" },
        h(
          "div",
          {},
          h("h1", {}, runName(run, this.catalogue)),
          h(
            "p",
            { class: "bs-run-meta" },
            h("span", { class: `bs-chip ${status.kind}` }, icon(status.symbol, 13), status.label),
            h(
              "span",
              {},
              `${countOf(run.progress.total, "variant")} by ${run.creator}, `,
              when(run.created_at),
            ),
          ),
        ),
        h(
          "div",
          { class: "bs-head-actions" },
          h(
            "a",
            { class: "bs-button", href: `/studio/?again=${run.id}` },
            icon("copy", 16),
            "Use this brief again",
          ),
        ),
      ),
      h(
        "details",
        { class: "bs-brief bs-card" },
        h(
          "summary",
          {},
          h("span", {}, "Brief"),
          h(
            "span",
            { class: "bs-quiet" },
            facts
              .slice(1, 6)
              .map(([, value]) => value)
              .join(" · "),
          ),
          icon("chevron-down", 16),
        ),
        h(
          "dl",
          { class: "bs-rows two" },
          facts.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value))),
        ),
      ),
      ...inMind(run),
    );
  }

  /**
   * While the run goes on: the header follows its status, and images appear as they are drawn.
   *
   * @param {Progress} progress
   */
  async moved(progress) {
    if (progress.finished || !this.record) return;
    if (progress.status !== this.record.status) {
      this.record = await getRun(this.run);
      this.drawHead();
      this.drawLive();
    }
    await this.drawResults();
  }

  drawLive() {
    const { failure, progress } = this.record;
    if (progress.finished && this.record.status === "succeeded") {
      this.live.replaceChildren();
      return;
    }
    const notice =
      failure &&
      h(
        "div",
        { class: "bs-notice bad", role: "alert" },
        icon("warning"),
        h("div", {}, h("strong", {}, failure.message), h("span", {}, failure.hint)),
      );
    this.live.querySelector(".bs-notice")?.remove();
    if (notice) this.live.prepend(notice);
    if (!this.live.querySelector("run-progress")) {
      this.live.append(h("run-progress", { run: this.run }));
    }
  }

  async drawResults() {
    const { variants } = await get(`/runs/${this.run}/variants`).catch(() => NO_VARIANTS);
    const drawn = variants.filter((/** @type {Variant} */ v) => v.thumb);
    this.arms.replaceChildren(...[this.compared(drawn)].filter(Boolean));
    if (this.grid) await this.grid.load();
    else if (drawn.length || !this.record.progress.finished) {
      const grid = h("review-grid", { run: this.run, scores: this.getAttribute("scores") });
      this.grid = /** @type {ReviewGrid} */ (grid);
      this.results.append(this.grid);
    }
  }

  /**
   * The average of each arm: what the comparison says so far.
   *
   * @param {readonly Variant[]} variants
   */
  compared(variants) {
    const names = [...new Set(variants.map((v) => v.arm))];
    const ranked = variants.filter((v) => v.rank);
    if (names.length < 2 || !ranked.length) return null;
    const template = this.catalogue.templates.get(this.record.template);
    const columns = names.map((arm) => {
      const members = ranked.filter((v) => v.arm === arm);
      const levels = members.length
        ? inLabels(template, members[0].levels)
            .map(([, v]) => v)
            .join(" · ")
        : arm;
      const best = Math.min(...members.map((v) => v.rank));
      const mean = members.reduce((sum, v) => sum + v.rank, 0) / members.length;
      return { levels, best, mean, scores: averages(members), count: members.length };
    });
    const leader = columns.reduce((a, b) => (b.mean < a.mean ? b : a));
    return h(
      "section",
      { class: "bs-arms", "aria-label": "Arms compared" },
      h(
        "div",
        { class: "bs-arms-head" },
        h("h2", {}, "Arms compared"),
        h(
          "p",
          { class: "bs-quiet" },
          "Average per arm. Bars start at this run's average; to the right is better.",
        ),
      ),
      h(
        "div",
        { class: "bs-arms-list" },
        columns.map((column) => armCard(column, column === leader)),
      ),
    );
  }
}

/** @param {Run} run */
function inMind({ references, creator }) {
  const strip = referenceStrip(references);
  return strip
    ? [
        h(
          "section",
          { class: "bs-in-mind bs-card" },
          h(
            "div",
            {},
            h("h2", {}, "Reference images"),
            h("p", { class: "bs-quiet" }, `What ${creator} has in mind. The model never saw them.`),
          ),
          strip,
        ),
      ]
    : [];
}

/**
 * @param {Column} column
 * @param {boolean} leads
 */
function armCard({ levels, best, mean, scores, count }, leads) {
  return h(
    "article",
    { class: `bs-arm bs-card ${leads ? "leads" : ""}` },
    h(
      "header",
      {},
      h("h3", {}, levels || "Baseline"),
      leads && h("span", { class: "bs-chip accent" }, "Leads"),
    ),
    h(
      "p",
      { class: "bs-quiet" },
      `${countOf(count, "variant")} · mean rank ${mean.toFixed(1)} · best ${best}`,
    ),
    h(
      "dl",
      {},
      scores.map((s) => [
        h("dt", {}, s.title),
        h("dd", {}, aroundAverage(s.part), h("span", {}, readable(s.value))),
      ]),
    ),
  );
}

define("run-view", RunView);
