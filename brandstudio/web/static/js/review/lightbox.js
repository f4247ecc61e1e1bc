// @ts-check
// One variant, large, with everything known about it.
//
// For tests: dialog "Variant"; buttons "Previous", "Next", "Close", the verdicts by name; button
// "Zoom to pixels"; tabs are plain sections with headings "Reference images", "Scores", "Prompt",
// "Parameters", "History", "On placements". Keys: ← → move, A R C S decide, Z undo, + or click
// zooms, Escape closes.

import { get, runName } from "../shared/api.js";
import { button, h, icon, iconButton, inWords, isTyping, when } from "../shared/dom.js";
import { referenceStrip } from "../shared/references.js";
import { scoreRows } from "./scores.js";
import { REVIEW, verdictEntries } from "./verdicts.js";

/** @import { DecisionBody, HistoryBody, Placement, Verdict } from "rest-api" */
/** @import { Catalogue, Child, Run, Variant } from "studio" */
/** @import { ReviewGrid } from "./review-grid.js" */

/** @type {Record<Verdict, string>} */
const SAID = {
  submit: "Submitted for review",
  withdraw: "Withdrawn",
  approve: "Approved",
  reject: "Rejected",
  request_changes: "Changes requested",
  reopen: "Reopened",
};
const LETTERS = Object.fromEntries(verdictEntries().map(([v, { key }]) => [key.toLowerCase(), v]));

/** @type {HistoryBody} */
const NO_DECISIONS = { decisions: [] };

export class Lightbox {
  /** @type {boolean} */
  isOpen;
  /** @type {number} */
  id;
  /** @type {HTMLOListElement} */
  said;

  /** @param {ReviewGrid} grid */
  constructor(grid) {
    this.grid = grid;
    this.isOpen = false;
    this.stage = h("div", { class: "bs-stage" });
    this.facts = h("div", {
      class: "bs-facts-scroll",
      tabindex: "0",
      role: "region",
      "aria-label": "Facts",
    });
    this.actions = h("div", { class: "bs-facts-actions" });
    this.position = h("span", { class: "bs-quiet" });
    /** @type {HTMLDialogElement} */
    this.dialog = h(
      "dialog",
      { class: "bs-lightbox", "aria-label": "Variant", tabindex: "-1" },
      this.stage,
      h(
        "aside",
        { class: "bs-facts" },
        h(
          "header",
          {},
          iconButton("Previous", "chevron-left", { onclick: () => this.step(-1) }),
          this.position,
          iconButton("Next", "chevron-right", { onclick: () => this.step(1) }),
          iconButton("Close", "close", { class: "bs-close", onclick: () => this.dialog.close() }),
        ),
        this.facts,
        this.actions,
      ),
    );
    this.dialog.addEventListener("close", () => this.closed());
    this.dialog.addEventListener("keydown", (event) => this.key(event));
    this.swipe();
  }

  /** @param {number} id */
  open(id) {
    if (!this.dialog.isConnected) document.body.append(this.dialog);
    this.isOpen = true;
    this.show(id);
    if (!this.dialog.open) this.dialog.showModal();
    this.dialog.focus();
    this.grid.bar.update();
  }

  closed() {
    this.isOpen = false;
    this.dialog.remove();
    this.grid.focusOn(this.id);
    this.grid.tiles.get(this.id)?.scrollIntoView({ block: "nearest" });
  }

  /** @param {number} by */
  step(by) {
    const { order } = this.grid;
    const next = order[order.indexOf(this.id) + by];
    if (next) this.show(next);
  }

  /** @param {number} id */
  show(id) {
    this.id = id;
    const variant = this.grid.variants.get(id);
    const order = this.grid.order;
    this.position.textContent = `${order.indexOf(id) + 1} of ${order.length}`;
    const picture = h("img", {
      src: variant.larger ?? variant.image,
      alt: `Variant ${variant.index + 1}, ${this.grid.nameOf(variant)}`,
    });
    picture.style.setProperty("aspect-ratio", `${variant.width_px} / ${variant.height_px}`);
    picture.style.setProperty("--aspect", String(variant.width_px / variant.height_px));
    picture.style.setProperty("background-image", `url("${variant.thumb}")`);
    const frame = h(
      "button",
      {
        type: "button",
        class: "bs-frame",
        "aria-label": "Zoom to pixels",
        onclick: (e) => this.toPixels(e),
      },
      picture,
    );
    this.stage.replaceChildren(frame);
    this.facts.scrollTop = 0;
    this.refresh();
    this.history(id);
  }

  /** Everything that can change while the lightbox is open. */
  refresh() {
    const variant = this.grid.variants.get(this.id);
    const run = this.grid.runs.get(variant.run);
    const standing = REVIEW[variant.review];
    this.said ??= h("ol", { class: "bs-history" });
    const facts = [
      h(
        "div",
        { class: "bs-facts-head" },
        h("span", { class: `bs-chip ${standing.kind}` }, icon(standing.symbol, 14), standing.label),
        variant.rank && h("span", { class: "bs-chip" }, `Rank ${variant.rank}`),
        h("h2", {}, this.grid.nameOf(variant)),
        h(
          "p",
          { class: "bs-quiet" },
          h("a", { href: `/studio/runs?run=${run.id}` }, runName(run, this.grid.catalogue)),
          ` · by ${run.creator}`,
        ),
      ),
      inMind(run),
      section("Scores", h("p", { class: "bs-reason" }, variant.reason), ...scoreRows(variant)),
      section("History", this.said),
      placements(variant, run, this.grid.catalogue),
      section(
        "Prompt",
        copyable("Prompt", variant.prompt),
        copyable("Negative prompt", variant.negative_prompt),
      ),
      section("Parameters", this.parameters(variant, run)),
    ];
    this.facts.replaceChildren(...facts.filter((fact) => fact !== null));
    this.actions.replaceChildren(...this.verdicts(variant));
  }

  /** @param {Variant} variant */
  verdicts(variant) {
    const able = verdictEntries().filter(([, { can }]) => variant.can[can]);
    if (able.length) {
      return able.map(([verdict, { label, key, kind, symbol }]) =>
        button(label, {
          key,
          kind,
          symbol,
          "data-verdict": verdict,
          onclick: () => this.grid.say(verdict),
        }),
      );
    }
    const text =
      variant.review === "pending"
        ? "Someone else must decide on your own run."
        : "There is nothing to decide here for you.";
    return [h("p", { class: "bs-quiet" }, text)];
  }

  /**
   * @param {Variant} variant
   * @param {Run} run
   */
  parameters(variant, run) {
    const layout = this.grid.catalogue.layouts.get(variant.layout);
    const rows = [
      ["Layout", layout?.title ?? variant.layout],
      ["Size", `${variant.width_px} × ${variant.height_px} px`],
      ["Seed", variant.seed],
      ["Quality", inWords(run.quality)],
      ["Base model", run.base_model],
      ["Brand version", run.brand_version],
      ["Fingerprint", variant.fingerprint.slice(0, 16)],
    ];
    return h(
      "dl",
      { class: "bs-rows" },
      rows.map(([name, value]) => [h("dt", {}, name), h("dd", {}, String(value))]),
    );
  }

  /** @param {number} id */
  async history(id) {
    const list = (this.said = h(
      "ol",
      { class: "bs-history" },
      h("li", { class: "bs-quiet" }, "Loading…"),
    ));
    this.refresh();
    const { decisions } = await get(`/variants/${id}/decisions`).catch(() => NO_DECISIONS);
    const entries = decisions.map((/** @type {DecisionBody} */ d) =>
      h(
        "li",
        {},
        h("strong", {}, SAID[d.verdict] ?? inWords(d.verdict)),
        h("span", { class: "bs-quiet" }, ` by ${d.reviewer}, `, when(d.decided_at)),
        d.own_work && h("p", { class: "bs-own-work" }, "Their own work: this brand allows it."),
        d.comment && h("p", {}, d.comment),
      ),
    );
    list.replaceChildren(
      ...(entries.length ? entries : [h("li", { class: "bs-quiet" }, "Nothing was said yet.")]),
    );
  }

  /**
   * Show the picture in its own pixels, at the place that was clicked.
   *
   * @param {MouseEvent} event
   */
  toPixels(event) {
    const frame = /** @type {HTMLElement} */ (event.currentTarget);
    const box = frame.getBoundingClientRect();
    const [x, y] = event.detail
      ? [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height]
      : [0.5, 0.5];
    this.stage.classList.toggle("pixels");
    this.stage.scrollTo(
      (this.stage.scrollWidth - this.stage.clientWidth) * x,
      (this.stage.scrollHeight - this.stage.clientHeight) * y,
    );
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    if (isTyping(event) || event.ctrlKey || event.metaKey || event.altKey) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const act =
      {
        ArrowLeft: () => this.step(-1),
        ArrowRight: () => this.step(1),
        z: () => this.grid.undo(),
        "+": () => /** @type {HTMLElement} */ (this.stage.firstChild).click(),
      }[key] ??
      (LETTERS[key] && (() => this.grid.say(LETTERS[key])));
    if (!act) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  }

  swipe() {
    /** @type {number | null} */
    let start = null;
    this.stage.addEventListener(
      "touchstart",
      (e) => (start = e.touches.length === 1 ? e.touches[0].clientX : null),
      { passive: true },
    );
    this.stage.addEventListener("touchend", (e) => {
      const moved = start === null ? 0 : e.changedTouches[0].clientX - start;
      if (Math.abs(moved) > 60 && !this.stage.classList.contains("pixels")) {
        this.step(moved < 0 ? 1 : -1);
      }
    });
  }
}

/**
 * @param {string} title
 * @param {Child[]} content
 */
function section(title, ...content) {
  return h("section", {}, h("h3", { class: "bs-eyebrow" }, title), ...content);
}

/**
 * What whoever wrote the brief had in mind, to compare the variant with.
 *
 * @param {Run} run
 */
function inMind({ references }) {
  const strip = referenceStrip(references);
  return strip && section("Reference images", strip);
}

/**
 * @param {string} label
 * @param {string} text
 */
function copyable(label, text) {
  if (!text) return null;
  const copy = iconButton(`Copy ${label.toLowerCase()}`, "copy", {
    onclick: () => navigator.clipboard?.writeText(text),
  });
  return h(
    "div",
    { class: "bs-copy" },
    h("span", { class: "bs-quiet" }, label),
    h("p", {}, text),
    copy,
  );
}

/**
 * The run's placements as they would be delivered, each drawn when it is asked for.
 *
 * @param {Variant} variant
 * @param {Run} run
 * @param {Catalogue} catalogue
 */
function placements(variant, run, catalogue) {
  const wanted = run.placements.map((slug) => catalogue.placements.get(slug)).filter(Boolean);
  if (!wanted.length) return null;
  const frame = h("div", { class: "bs-rendition" });
  const show = (/** @type {Placement | null} */ placement) => (/** @type {Event} */ event) => {
    for (const other of /** @type {Element} */ (event.currentTarget).parentNode.children) {
      other.setAttribute("aria-pressed", String(other === event.currentTarget));
    }
    const picture = h("img", {
      src: `/renditions/${variant.id}/${placement.slug}`,
      alt: `As ${placement.channel} ${placement.title}`,
    });
    picture.addEventListener("error", () =>
      frame.replaceChildren(
        h("p", { class: "bs-quiet" }, "This rendition cannot be made from this image."),
      ),
    );
    frame.replaceChildren(
      picture,
      h("span", { class: "bs-quiet" }, `${placement.width_px} × ${placement.height_px}`),
    );
  };
  const buttons = wanted.map((p) =>
    h(
      "button",
      { type: "button", "aria-pressed": "false", onclick: show(p) },
      `${p.channel} · ${p.title}`,
    ),
  );
  return section("On placements", h("div", { class: "bs-quick" }, buttons), frame);
}
