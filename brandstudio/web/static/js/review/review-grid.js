// @ts-check
// <review-grid source="review" scores="[…]">: what waits for a decision, over all runs.
// <review-grid run="12" scores="[…]">: the ranked variants of one run.
//
// For tests: role="grid" (name "Variants"); tiles [data-variant-id][data-review]; toolbar "Selected
// variants" with buttons named by the verdicts ("Approve", "Reject", "Request changes", "Submit for
// review", …), "Compare", "Select all", "Clear selection"; selects "Brand", "Run", "Arm"; button
// "Keyboard shortcuts"; role="status" [data-announce] says what happened. Dispatches
// `studio:waiting` and `review-changed`.

import { armTitle, get, getRun, loadCatalogue } from "../shared/api.js";
import { compare } from "./compare.js";
import { askReason } from "../shared/dialogs.js";
import { StudioElement, countOf, define, h } from "../shared/dom.js";
import { actionBar } from "./grid-bar.js";
import { filterBar } from "./grid-filters.js";
import { GridKeys } from "./grid-keys.js";
import { emptyReview, groupHead } from "./grid-parts.js";
import { failedTile, ghost, tile, update } from "./grid-tile.js";
import { Lightbox } from "./lightbox.js";
import { brandOfMoment } from "../shared/moment.js";
import { useScoreKinds } from "./scores.js";
import { toast, toastRefusal } from "../shared/toast.js";
import { REVIEW, UNDO, VERDICTS, foreseen, sendVerdict } from "./verdicts.js";

/** @import { Decided, Refused, ReviewStatus, VariantsBody, Verdict } from "rest-api" */
/** @import { Catalogue, Run, Variant } from "studio" */

/** @type {VariantsBody} */
const NO_VARIANTS = { variants: [] };

export class ReviewGrid extends StudioElement {
  /** @type {string | null} */
  run;
  /** @type {{ run: string; arm: string; review: string; }} */
  filters;
  /** @type {Set<number>} */
  busy;
  /** @type {HTMLDivElement} */
  announcer;
  /** @type {HTMLDivElement} */
  toolbar;
  /** @type {HTMLDivElement} */
  grid;
  /** @type {{ node: HTMLDivElement; update: () => void; }} */
  bar;
  /** @type {GridKeys} */
  keys;
  /** @type {Lightbox} */
  lightbox;
  /** @type {Catalogue} */
  catalogue;
  /** @type {Map<number, Run>} */
  runs;
  /** @type {Map<number, Variant>} */
  variants;
  /** @type {Variant[]} */
  awaited;
  /** @type {Variant[]} */
  failed;
  /** @type {number[]} */
  order;
  /** @type {Set<number>} */
  selected;
  /** @type {number | undefined} */
  focused;
  /** @type {Map<number, HTMLElement>} */
  tiles;
  /** @type {number} */
  anchor;
  /** @type {{ ids: number[], verdict: Verdict } | null} */
  last;

  build() {
    useScoreKinds(this.getAttribute("scores"));
    this.run = this.getAttribute("run");
    Object.assign(this, {
      awaited: [],
      failed: [],
      variants: new Map(),
      tiles: new Map(),
      runs: new Map(),
      selected: new Set(),
    });
    this.filters = { run: "", arm: "", review: "" };
    this.busy = new Set();
    this.announcer = h("div", { class: "bs-hidden", role: "status", "data-announce": "" });
    this.toolbar = h("div", { class: "bs-grid-tools" });
    this.grid = h("div", {
      class: "bs-grid",
      role: "grid",
      "aria-label": "Variants",
      "aria-multiselectable": "true",
    });
    this.bar = actionBar(this);
    this.append(this.toolbar, this.grid, this.bar.node, this.announcer);
    this.keys = new GridKeys(this);
    this.lightbox = new Lightbox(this);
    window.addEventListener("studio:brand", () => this.isConnected && !this.run && this.load());
    this.load();
  }

  async load() {
    this.grid.setAttribute("aria-busy", "true");
    const brand = brandOfMoment();
    const path = this.run
      ? `/runs/${this.run}/variants`
      : `/review${brand ? `?brand=${brand}` : ""}`;
    try {
      const [catalogue, { variants }] = await Promise.all([loadCatalogue(), get(path)]);
      const ids = [...new Set(variants.map((/** @type {Variant} */ v) => v.run))];
      const runs = await Promise.all(ids.map((id) => getRun(id)));
      this.catalogue = catalogue;
      this.runs = new Map(runs.map((run) => [run.id, run]));
      this.variants = new Map(
        variants
          .filter((/** @type {Variant} */ v) => v.thumb)
          .map((/** @type {Variant} */ v) => [v.id, v]),
      );
      this.awaited = runs.some((run) => !run.progress.finished)
        ? variants.filter((/** @type {Variant} */ v) => !v.thumb && !v.failure)
        : [];
      this.failed = variants.filter((/** @type {Variant} */ v) => !v.thumb && v.failure);
      this.draw();
    } catch (error) {
      this.grid.replaceChildren(
        h("p", { class: "bs-quiet" }, `${error.message}. ${error.hint ?? ""}`),
      );
    }
    this.grid.removeAttribute("aria-busy");
  }

  /** Everything anew: after loading and after a filter changed. */
  draw() {
    const shown = this.shown();
    this.order = shown.map((v) => v.id);
    this.selected = new Set([...this.selected].filter((id) => this.order.includes(id)));
    if (!this.order.includes(this.focused)) this.focused = this.order[0];
    this.tiles = new Map(shown.map((v) => [v.id, tile(v, this.nameOf(v))]));
    this.toolbar.replaceChildren(...filterBar(this));
    const groups = Map.groupBy ? Map.groupBy(shown, (v) => v.run) : groupBy(shown, (v) => v.run);
    const sections = [...groups].map(([run, members]) => this.section(this.runs.get(run), members));
    const nothing = this.awaited.length ? this.section(null, []) : emptyReview(this);
    this.grid.replaceChildren(...(shown.length ? sections : [nothing]));
    this.refresh();
  }

  /**
   * @param {Run} run
   * @param {readonly Variant[]} members
   */
  section(run, members) {
    const [first] = [...members, ...this.awaited];
    const shape = first.width_px / first.height_px;
    const cells = h("div", {
      class: "bs-tiles",
      role: "row",
      "data-shape": shape > 1.2 ? "wide" : shape < 0.7 ? "tall" : "even",
    });
    cells.append(
      ...members.map((v) => this.tiles.get(v.id)),
      ...this.failed.map((v) => failedTile(v, this.nameOf(v))),
      ...this.awaited.map(ghost),
    );
    if (this.run) return h("div", { role: "rowgroup" }, cells);
    const select = () => this.select(members.map((v) => v.id));
    return h(
      "div",
      { role: "rowgroup", class: "bs-group" },
      groupHead(run, members, this.catalogue, select),
      cells,
    );
  }

  shown() {
    const { run, arm, review } = this.filters;
    return [...this.variants.values()].filter(
      (v) =>
        (!run || String(v.run) === run) &&
        (!arm || this.nameOf(v) === arm) &&
        (!review || v.review === review),
    );
  }

  /** @param {Variant} variant */
  nameOf(variant) {
    return armTitle(
      this.catalogue.templates.get(this.runs.get(variant.run)?.template),
      variant.levels,
    );
  }

  /** Bring tiles and bar up to date without rebuilding them. */
  refresh() {
    for (const [id, node] of this.tiles) {
      /** @type {{ selected: boolean, focused: boolean, quiet: ReviewStatus }} */
      const state = {
        selected: this.selected.has(id),
        focused: id === this.focused,
        quiet: this.run ? "new" : "pending",
      };
      update(node, this.variants.get(id), state);
    }
    this.bar.update();
    if (this.lightbox.isOpen) this.lightbox.refresh();
  }

  /** What an action applies to: the selection, else the tile with the focus. */
  targets() {
    if (this.lightbox.isOpen) return [this.variants.get(this.lightbox.id)];
    const ids = this.selected.size
      ? this.order.filter((id) => this.selected.has(id))
      : [this.focused];
    return ids.map((id) => this.variants.get(id)).filter(Boolean);
  }

  /** @param {readonly number[]} ids */
  select(ids, { add = false } = {}) {
    this.selected = new Set([...(add ? this.selected : []), ...ids]);
    this.refresh();
    this.announce(`${countOf(this.selected.size, "variant")} selected`);
  }

  /** @param {number} id */
  toggle(id) {
    if (!this.selected.delete(id)) this.selected.add(id);
    this.anchor = id;
    this.refresh();
  }

  /** @param {number} id */
  selectTo(id) {
    const [from, to] = [this.order.indexOf(this.anchor ?? this.focused), this.order.indexOf(id)];
    this.select(this.order.slice(Math.min(from, to), Math.max(from, to) + 1));
  }

  /** @param {number} id */
  focusOn(id) {
    this.focused = id;
    this.refresh();
    this.tiles.get(id)?.focus();
  }

  /**
   * Give a verdict on the targets that allow it, after asking for a reason where one is needed.
   *
   * @param {Verdict} verdict
   */
  async say(verdict) {
    const { label, can, asks, kind } = VERDICTS[verdict];
    const all = this.targets();
    const targets = all.filter((v) => v.can[can] && !this.busy.has(v.id));
    if (!targets.length) {
      this.explainRefusal(label, all);
      return;
    }
    const comment = asks ? await askReason(verdict, label, kind, targets.length) : "";
    if (comment !== null) await this.send(targets, verdict, comment);
  }

  /**
   * @param {string} label
   * @param {readonly Variant[]} targets
   */
  explainRefusal(label, targets) {
    const [first] = targets;
    if (!first || this.busy.has(first.id)) return;
    const standing = REVIEW[first.review].label.toLowerCase();
    const own = first.review === "pending" && !first.can.decide;
    const hint = own ? "Someone else must decide on your own run." : `The variant is ${standing}.`;
    toast(`${label} is not possible here`, { kind: "bad", hint });
  }

  /**
   * @param {readonly Variant[]} targets
   * @param {Verdict} verdict
   * @param {string} comment
   */
  async send(targets, verdict, comment) {
    const before = new Map(targets.map((v) => [v.id, v]));
    for (const v of targets) {
      this.variants.set(v.id, { ...foreseen(v, verdict), fresh: true });
      this.busy.add(v.id);
    }
    this.selected.clear();
    this.moveOn(targets, verdict);
    this.refresh();
    const { decided, refused } = await sendVerdict(targets, verdict, comment);
    for (const id of before.keys()) this.busy.delete(id);
    for (const { variant, version } of decided) {
      this.variants.set(variant, { ...this.variants.get(variant), version });
    }
    for (const { variant } of refused) this.variants.set(variant, before.get(variant));
    this.refresh();
    this.report(
      verdict,
      decided.map((/** @type {Decided} */ d) => d.variant),
      refused,
    );
    if (refused.length) {
      this.reload(refused.map((/** @type {Refused} */ r) => before.get(r.variant).run));
    }
  }

  /**
   * @param {Verdict} verdict
   * @param {number[]} decided
   * @param {readonly Refused[]} refused
   */
  report(verdict, decided, refused) {
    const { done } = VERDICTS[verdict];
    if (decided.length) {
      const undo = UNDO[verdict];
      this.last = undo ? { ids: decided, verdict: undo } : null;
      const text = `${done} ${countOf(decided.length, "variant")}`;
      toast(text, { kind: "good", action: undo && ["Undo", () => this.undo()] });
      this.announce(text);
    }
    for (const { error, hint } of refused.slice(0, 3)) toastRefusal({ message: error, hint });
    if (refused.length) this.announce(refused[0].error);
    this.tellWaiting();
    this.dispatchEvent(new CustomEvent("review-changed", { bubbles: true }));
  }

  /** Take the last verdict back. */
  undo() {
    const targets = (this.last?.ids ?? []).map((id) => this.variants.get(id)).filter(Boolean);
    if (!targets.length) toast("There is nothing to undo");
    else this.send(targets, this.last.verdict, "");
  }

  /**
   * The server knows better: show where the variants of these runs really stand.
   *
   * @param {Iterable<number>} runs
   */
  async reload(runs) {
    for (const run of new Set(runs)) {
      const { variants } = await get(`/runs/${run}/variants`).catch(() => NO_VARIANTS);
      for (const v of variants) if (this.variants.has(v.id)) this.variants.set(v.id, v);
    }
    this.refresh();
  }

  /**
   * After a decision on one variant, go to the next that is still open.
   *
   * @param {readonly Variant[]} variant
   * @param {Verdict} verdict
   */
  moveOn([only, ...others], verdict) {
    if (others.length || !(verdict in UNDO)) return;
    const from = this.order.indexOf(only.id);
    const rest = [...this.order.slice(from + 1), ...this.order.slice(0, from)];
    const next = rest.find((id) => this.variants.get(id).can[VERDICTS[verdict].can]);
    if (!next) return;
    if (this.lightbox.isOpen) this.lightbox.show(next);
    else if (this.grid.contains(document.activeElement)) this.focusOn(next);
  }

  tellWaiting() {
    if (this.run || this.filters.run || brandOfMoment()) return;
    const waiting = [...this.variants.values()].filter((v) => v.review === "pending").length;
    window.dispatchEvent(new CustomEvent("studio:waiting", { detail: waiting }));
  }

  zoom(id = this.focused) {
    if (id) this.lightbox.open(id);
  }

  compare() {
    const [a, b] = this.targets().map((v) => ({ ...v, name: this.nameOf(v) }));
    if (b) compare([a, b]);
    else toast("Select two variants to compare", { hint: "Space selects the one with the focus." });
  }

  /** @param {string} text */
  announce(text) {
    this.announcer.textContent = text;
  }
}

/**
 * @param {Iterable<Variant>} values
 * @param {(variant: Variant) => number} key
 */
function groupBy(values, key) {
  const groups = new Map();
  for (const value of values) groups.set(key(value), [...(groups.get(key(value)) ?? []), value]);
  return groups;
}

define("review-grid", ReviewGrid);
