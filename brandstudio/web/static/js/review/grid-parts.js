// @ts-check
// Heads and empty states of the grid.

import { runName } from "../shared/api.js";
import { button, countOf, empty, h, icon, when } from "../shared/dom.js";
import { brandOfMoment, chooseBrand } from "../shared/moment.js";

/** @import { Catalogue, Run, Variant } from "studio" */
/** @import { ReviewGrid } from "./review-grid.js" */

/**
 * The heading of one run in the review queue.
 *
 * @param {Run} run
 * @param {readonly Variant[]} members
 * @param {Catalogue} catalogue
 * @param {() => unknown} select
 */
export function groupHead(run, members, catalogue, select) {
  const brand = catalogue.brands.get(run.brand);
  const template = catalogue.templates.get(run.template);
  return h(
    "div",
    { class: "bs-group-head", role: "row" },
    h(
      "div",
      { role: "rowheader" },
      h("h2", {}, h("a", { href: `/studio/runs?run=${run.id}` }, runName(run, catalogue))),
      h(
        "p",
        { class: "bs-quiet" },
        `${brand?.name ?? run.brand} · ${template?.title ?? run.template} · by ${run.creator}, `,
        when(run.created_at),
      ),
    ),
    h(
      "div",
      { role: "gridcell" },
      button(`Select ${members.length === 1 ? "it" : `all ${members.length}`}`, {
        kind: "quiet small",
        "aria-label": `Select ${countOf(members.length, "variant")} of ${runName(run, catalogue)}`,
        onclick: select,
      }),
    ),
  );
}

/**
 * What the grid says when it is empty, and what to do next.
 *
 * @param {ReviewGrid} grid
 */
export function emptyReview(grid) {
  if (grid.variants.size) {
    return empty("filter", "Nothing matches these filters.", "Choose “All” above to see the rest.");
  }
  if (grid.run) {
    return empty(
      "image",
      "No images yet.",
      "They appear here, best first, as soon as the run is finished.",
    );
  }
  if (brandOfMoment()) {
    const all = button("Show all brands", { onclick: () => chooseBrand("") });
    return empty(
      "review",
      "Nothing is waiting for this brand.",
      "Other brands may have variants that wait for review.",
      all,
    );
  }
  const link = h(
    "a",
    { class: "bs-button", href: "/studio/runs" },
    "Look at the runs",
    icon("arrow-right", 16),
  );
  return empty(
    "review",
    "Nothing is waiting for review.",
    "When someone submits variants of a run, they line up here for a second pair of eyes.",
    link,
  );
}
