// @ts-check
// The bar that floats over the grid: what is selected, and what can be done with it.

import { button, countOf, h, iconButton } from "../shared/dom.js";
import { VERDICTS, verdictEntries } from "./verdicts.js";

/** @import { ReviewGrid } from "./review-grid.js" */

/**
 * The bar of a grid: { node, update }.
 *
 * @param {ReviewGrid} grid
 */
export function actionBar(grid) {
  const count = h("strong", {});
  const verdicts = new Map(
    verdictEntries().map(([verdict, { label, key, kind, symbol }]) => [
      verdict,
      button(label, {
        key,
        kind,
        symbol,
        "data-verdict": verdict,
        onclick: () => grid.say(verdict),
      }),
    ]),
  );
  const compare = button("Compare", { key: "B", symbol: "compare", onclick: () => grid.compare() });
  const clear = iconButton("Clear selection", "close", { onclick: () => grid.select([]) });
  const node = h(
    "div",
    { class: "bs-bar", role: "toolbar", "aria-label": "Selected variants", hidden: true },
    h("div", { class: "bs-bar-count" }, count, clear),
    h("div", { class: "bs-bar-actions" }, compare, ...verdicts.values()),
  );
  const update = () => {
    const targets = grid.selected.size ? grid.targets() : [];
    node.hidden = !targets.length || grid.lightbox?.isOpen;
    count.textContent = `${countOf(targets.length, "variant")} selected`;
    compare.hidden = targets.length !== 2;
    for (const [verdict, control] of verdicts) {
      control.hidden = !targets.some((v) => v.can[VERDICTS[verdict].can]);
    }
  };
  return { node, update };
}
