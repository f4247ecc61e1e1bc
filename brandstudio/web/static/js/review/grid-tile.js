// @ts-check
// One variant in a grid. For tests: [role="gridcell"][data-variant-id][data-review], aria-selected,
// checkbox "Select", button "Zoom"; one that could not be drawn is [data-failed-variant].

import { changeRun } from "../shared/api.js";
import { h, icon, iconButton } from "../shared/dom.js";
import { sketch } from "./scores.js";
import { REVIEW } from "./verdicts.js";

/** @import { ReviewStatus } from "rest-api" */
/** @import { Variant } from "studio" */

/**
 * The tile of a variant; `name` is what people call its arm.
 *
 * @param {Variant} variant
 * @param {string} name
 */
export function tile(variant, name) {
  const node = h(
    "div",
    { class: "bs-tile", role: "gridcell", tabindex: "-1", "data-variant-id": variant.id },
    h(
      "div",
      {
        class: "bs-tile-image",
        style: { "aspect-ratio": `${variant.width_px} / ${variant.height_px}` },
      },
      picture(variant),
      variant.rank &&
        h(
          "span",
          { class: `bs-rank ${variant.rank === 1 ? "first" : ""}`, title: "Rank in this run" },
          `${variant.rank}`,
        ),
      h(
        "button",
        {
          type: "button",
          class: "bs-tick",
          role: "checkbox",
          tabindex: "-1",
          "aria-label": "Select",
        },
        icon("check", 14),
      ),
      iconButton("Zoom", "zoom", { class: "bs-tile-zoom", tabindex: "-1" }),
      h("span", { class: "bs-stamp" }),
    ),
    h(
      "div",
      { class: "bs-tile-foot" },
      h("span", { class: "bs-tile-name", title: name }, name),
      sketch(variant),
    ),
  );
  node.dataset.name = name;
  return node;
}

/**
 * The place of a variant that is still to be drawn.
 *
 * @param {Variant} variant
 */
export function ghost(variant) {
  const shape = { "aspect-ratio": `${variant.width_px} / ${variant.height_px}` };
  return h(
    "div",
    { class: "bs-ghost", "aria-hidden": "true" },
    h("div", { class: "bs-tile-image", style: shape }),
  );
}

/**
 * The place of a variant of which no image came: why, and the offer to try once more.
 *
 * @param {Variant} variant
 * @param {string} name
 */
export function failedTile(variant, name) {
  const { message, hint } = variant.failure;
  return h(
    "div",
    { class: "bs-tile", role: "gridcell", "data-failed-variant": variant.id, title: hint },
    h(
      "div",
      {
        class: "bs-tile-image",
        style: { "aspect-ratio": `${variant.width_px} / ${variant.height_px}` },
      },
      h(
        "span",
        { class: "bs-undrawn", role: "status" },
        icon("warning", 22),
        ` ${message}. `,
        variant.can.redraw && drawAgain(variant),
      ),
    ),
    h("div", { class: "bs-tile-foot" }, h("span", { class: "bs-tile-name", title: name }, name)),
  );
}

/** @param {Variant} variant */
function picture(variant) {
  if (!variant.thumb) return h("span", { class: "bs-undrawn" }, icon("image", 22));
  const image = h("img", {
    src: variant.thumb,
    alt: "",
    loading: "lazy",
    decoding: "async",
    draggable: "false",
  });
  image.addEventListener("error", async () => image.replaceWith(await lost(variant)), {
    once: true,
  });
  return image;
}

/**
 * What a tile says whose file is damaged, missing or removed; its maker may draw it again.
 *
 * @param {Variant} variant
 */
async function lost(variant) {
  const state = await stateOf(variant.thumb);
  const offered =
    variant.can.redraw && ["damaged", "missing"].includes(state) && drawAgain(variant);
  return h(
    "span",
    { class: "bs-undrawn", role: "status" },
    icon("image", 22),
    ` File ${state} `,
    offered,
  );
}

/** @param {Variant} variant */
function drawAgain(variant) {
  const again = h(
    "button",
    { type: "button", class: "bs-button quiet", tabindex: "-1" },
    "Draw again",
  );
  again.addEventListener("click", async (event) => {
    event.stopPropagation();
    again.disabled = true;
    await changeRun(variant.run, "redraw").then(
      () => again.replaceWith("Waiting to be drawn again"),
      (refusal) => again.replaceWith(refusal.message),
    );
  });
  return again;
}

/** @param {string} address */
async function stateOf(address) {
  try {
    const answer = await fetch(address, {
      credentials: "same-origin",
      headers: { Accept: "application/json" },
    });
    if (answer.status !== 410) return "not readable";
    const { error } = await answer.json();
    return /is (damaged|missing|removed)$/.exec(error.message)?.[1] ?? "not readable";
  } catch {
    return "not readable";
  }
}

/**
 * Show where the variant stands now.
 *
 * @param {HTMLElement} node
 * @param {Variant} variant
 * @param {{ selected: boolean, focused: boolean, quiet?: ReviewStatus }} state
 */
export function update(node, variant, { selected, focused, quiet }) {
  const standing = REVIEW[variant.review];
  node.dataset.review = variant.review;
  node.classList.toggle("fresh", Boolean(variant.fresh));
  node.setAttribute("aria-selected", String(selected));
  node.tabIndex = focused ? 0 : -1;
  const rank = variant.rank ? `rank ${variant.rank}, ` : "";
  node.setAttribute("aria-label", `${node.dataset.name}, ${rank}${standing.label}`);
  node.querySelector(".bs-tick").setAttribute("aria-checked", String(selected));
  const stamp = node.querySelector(".bs-stamp");
  const shows = variant.review !== quiet;
  stamp.className = `bs-stamp bs-chip ${standing.kind}`;
  stamp.hidden = !shows;
  stamp.replaceChildren(...(shows ? [icon(standing.symbol, 14), standing.label] : []));
}
