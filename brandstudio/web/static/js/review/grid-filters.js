// @ts-check
// Above the grid: what is shown (brand, run, arm or standing), "Select all" and the shortcuts.

import { runName } from "../shared/api.js";
import { button, choice, countOf, h, iconButton } from "../shared/dom.js";
import { showShortcuts } from "../shared/dialogs.js";
import { SHORTCUTS } from "./grid-keys.js";
import { brandOfMoment, chooseBrand } from "../shared/moment.js";
import { REVIEW } from "./verdicts.js";

/** @import { Option } from "studio" */
/** @import { ReviewGrid } from "./review-grid.js" */

/**
 * The controls above a grid, as a list of nodes.
 *
 * @param {ReviewGrid} grid
 */
export function filterBar(grid) {
  if (!grid.variants.size && (grid.run || !brandOfMoment())) return [];
  const filters = grid.run ? [standings(grid)] : [brands(grid), runs(grid)];
  return [
    h("div", { class: "bs-grid-filters" }, ...filters, arms(grid)),
    h(
      "div",
      { class: "bs-grid-filters" },
      h("span", { class: "bs-quiet" }, countOf(grid.order.length, "variant")),
      button("Select all", { kind: "quiet", onclick: () => grid.select(grid.order) }),
      iconButton("Keyboard shortcuts", "keyboard", { onclick: () => showShortcuts(SHORTCUTS) }),
    ),
  ];
}

/**
 * @param {ReviewGrid} grid
 * @param {keyof ReviewGrid["filters"]} name
 * @param {string} value
 */
function set(grid, name, value) {
  grid.filters[name] = value;
  grid.draw();
}

/** @param {ReviewGrid} grid */
function brands(grid) {
  /** @type {Option[]} */
  const options = [...grid.catalogue.brands.values()].map((brand) => [brand.slug, brand.name]);
  return choice("Brand", [["", "All brands"], ...options], brandOfMoment(), chooseBrand);
}

/** @param {ReviewGrid} grid */
function runs(grid) {
  if (grid.runs.size < 2) return null;
  /** @type {Option[]} */
  const options = [...grid.runs.values()].map((run) => [
    String(run.id),
    runName(run, grid.catalogue),
  ]);
  return choice("Run", [["", "All runs"], ...options], grid.filters.run, (v) =>
    set(grid, "run", v),
  );
}

/** @param {ReviewGrid} grid */
function arms(grid) {
  const names = [...new Set([...grid.variants.values()].map((v) => grid.nameOf(v)))];
  if (names.length < 2) return null;
  return choice(
    "Arm",
    [["", "All arms"], ...names.map(/** @returns {Option} */ (n) => [n, n])],
    grid.filters.arm,
    (v) => set(grid, "arm", v),
  );
}

/** @param {ReviewGrid} grid */
function standings(grid) {
  const all = [...grid.variants.values()];
  const segment = (
    /** @type {string} */ value,
    /** @type {string} */ label,
    /** @type {number} */ count,
  ) =>
    h(
      "button",
      {
        type: "button",
        "aria-pressed": String(grid.filters.review === value),
        onclick: () => set(grid, "review", value),
      },
      label,
      h("small", {}, count),
    );
  const members = (/** @type {string} */ value) => all.filter((v) => v.review === value).length;
  const counted = Object.entries(REVIEW)
    .map(([value, { label }]) => ({ value, label, count: members(value) }))
    .filter(({ value, count }) => count || value === grid.filters.review);
  if (counted.length < 2) return null;
  return h(
    "div",
    { class: "bs-segments", role: "group", "aria-label": "Standing" },
    segment("", "All", all.length),
    counted.map(({ value, label, count }) => segment(value, label, count)),
  );
}
