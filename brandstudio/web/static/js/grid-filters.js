// Above the grid: what is shown (brand, run, arm or standing), "Select all" and the shortcuts.

import { button, countOf, h, iconButton } from "./dom.js";
import { showShortcuts } from "./dialogs.js";
import { SHORTCUTS } from "./grid-keys.js";
import { brandOfMoment, chooseBrand } from "./moment.js";
import { REVIEW } from "./verdicts.js";

/** A labelled select of [value, text] pairs. */
export function choice(label, options, value, choose) {
  const select = h(
    "select",
    { "aria-label": label, onchange: (event) => choose(event.target.value) },
    options.map(([v, text]) => h("option", { value: v, selected: v === value }, text)),
  );
  return h("label", { class: "bs-field" }, select);
}

/** The controls above a grid, as a list of nodes. */
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

function set(grid, name, value) {
  grid.filters[name] = value;
  grid.draw();
}

function brands(grid) {
  const options = [...grid.catalogue.brands.values()].map((brand) => [brand.slug, brand.name]);
  return choice("Brand", [["", "All brands"], ...options], brandOfMoment(), chooseBrand);
}

function runs(grid) {
  if (grid.runs.size < 2) return null;
  const options = [...grid.runs.values()].map((run) => [String(run.id), runName(run, grid.catalogue)]);
  return choice("Run", [["", "All runs"], ...options], grid.filters.run, (v) => set(grid, "run", v));
}

function arms(grid) {
  const names = [...new Set([...grid.variants.values()].map((v) => grid.nameOf(v)))];
  if (names.length < 2) return null;
  return choice("Arm", [["", "All arms"], ...names.map((n) => [n, n])], grid.filters.arm, (v) => set(grid, "arm", v));
}

function standings(grid) {
  const all = [...grid.variants.values()];
  const segment = (value, label, count) =>
    h(
      "button",
      { type: "button", "aria-pressed": String(grid.filters.review === value), onclick: () => set(grid, "review", value) },
      label,
      h("small", {}, count),
    );
  const counted = Object.entries(REVIEW)
    .map(([value, { label }]) => [value, label, all.filter((v) => v.review === value).length])
    .filter(([value, , count]) => count || value === grid.filters.review);
  if (counted.length < 2) return null;
  return h(
    "div",
    { class: "bs-segments", role: "group", "aria-label": "Standing" },
    segment("", "All", all.length),
    counted.map((one) => segment(...one)),
  );
}

/** What a run is called: its campaign, or its template and number. */
export function runName(run, catalogue) {
  return run.name || `${catalogue.templates.get(run.template)?.title ?? run.template} #${run.id}`;
}
