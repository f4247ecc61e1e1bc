// @ts-check
// compare([a, b]): two variants side by side, or one over the other with a slider; zoom and pan
// together.
//
// For tests: dialog "Compare"; buttons "Side by side", "Slider" (aria-pressed), "Zoom in", "Zoom
// out", "Close"; slider "Divide".

import { h, icon, iconButton } from "../shared/dom.js";
import { averages, readable } from "./scores.js";

/** @import { Variant } from "studio" */

const STEPS = [1, 1.5, 2, 3, 4];

/** @param {readonly [Variant, Variant]} pair */
export function compare(pair) {
  const view = { zoom: 0, x: 0, y: 0 };
  const stage = h("div", { class: "bs-compare-stage" });
  const modes = ["Side by side", "Slider"].map((label) =>
    h(
      "button",
      { type: "button", onclick: () => show(label) },
      icon(label === "Slider" ? "split" : "compare", 16),
      label,
    ),
  );
  /** @type {HTMLDialogElement} */
  const dialog = h(
    "dialog",
    { class: "bs-compare", "aria-label": "Compare", tabindex: "-1" },
    h(
      "header",
      {},
      h("div", { class: "bs-segments", role: "group", "aria-label": "View" }, modes),
      h(
        "div",
        { class: "bs-head-actions" },
        iconButton("Zoom out", "minus", { onclick: () => zoomBy(-1) }),
        iconButton("Zoom in", "plus", { onclick: () => zoomBy(1) }),
        iconButton("Close", "close", { onclick: () => dialog.close() }),
      ),
    ),
    stage,
    h("footer", {}, differences(pair)),
  );

  function place() {
    const scale = STEPS[view.zoom];
    const reach = ((scale - 1) / scale) * 50;
    view.x = Math.max(-reach, Math.min(reach, view.x));
    view.y = Math.max(-reach, Math.min(reach, view.y));
    for (const img of stage.querySelectorAll("img")) {
      img.style.transform = `scale(${scale}) translate(${view.x}%, ${view.y}%)`;
    }
  }

  function zoomBy(/** @type {number} */ step) {
    view.zoom = Math.max(0, Math.min(STEPS.length - 1, view.zoom + step));
    place();
  }

  function show(/** @type {string} */ mode) {
    for (const one of modes) one.setAttribute("aria-pressed", String(one.textContent === mode));
    stage.replaceChildren(...(mode === "Slider" ? [slider(pair)] : pair.map(pane)));
    place();
  }

  drag(stage, (dx, dy) => {
    const img = stage.querySelector("img");
    view.x += (dx / img.offsetWidth) * (100 / STEPS[view.zoom]);
    view.y += (dy / img.offsetHeight) * (100 / STEPS[view.zoom]);
    place();
  });
  stage.addEventListener("wheel", (e) => (e.preventDefault(), zoomBy(e.deltaY < 0 ? 1 : -1)), {
    passive: false,
  });
  dialog.addEventListener("keydown", (e) => {
    if (e.key === "+" || e.key === "-") zoomBy(e.key === "+" ? 1 : -1);
    e.stopPropagation();
  });
  const back = /** @type {HTMLElement} */ (document.activeElement);
  dialog.addEventListener("close", () => (dialog.remove(), back?.focus?.({ preventScroll: true })));
  document.body.append(dialog);
  show("Side by side");
  dialog.showModal();
  dialog.focus();
}

/**
 * @param {Variant} variant
 * @param {string} letter
 */
function caption(variant, letter) {
  return h(
    "figcaption",
    {},
    h("b", {}, letter),
    variant.name,
    variant.rank && h("span", { class: "bs-chip" }, `Rank ${variant.rank}`),
  );
}

/**
 * @param {Variant} variant
 * @param {number} place
 */
function pane(variant, place) {
  const letter = "AB"[place];
  const shape = {
    "aspect-ratio": `${variant.width_px} / ${variant.height_px}`,
    "--shape": variant.width_px / variant.height_px,
  };
  return h(
    "figure",
    {},
    h(
      "div",
      { class: "bs-pane", style: shape },
      h("img", {
        src: variant.larger ?? variant.image,
        alt: `${letter}: ${variant.name}`,
        draggable: "false",
      }),
    ),
    caption(variant, letter),
  );
}

/** @param {readonly [Variant, Variant]} variant */
function slider([a, b]) {
  const shape = {
    "aspect-ratio": `${a.width_px} / ${a.height_px}`,
    "--shape": a.width_px / a.height_px,
  };
  const over = h(
    "div",
    { class: "bs-over" },
    h("img", { src: a.larger ?? a.image, alt: `A: ${a.name}`, draggable: "false" }),
  );
  /** @type {HTMLInputElement} */
  const range = h("input", {
    type: "range",
    min: 0,
    max: 100,
    value: 50,
    "aria-label": "Divide",
    oninput: () => divide(range.value),
  });
  const panes = h(
    "div",
    { class: "bs-pane", style: shape },
    h("img", { src: b.larger ?? b.image, alt: `B: ${b.name}`, draggable: "false" }),
    over,
    h("i", { class: "bs-divider" }),
  );
  const divide = (/** @type {string | number} */ share) =>
    panes.style.setProperty("--share", `${share}%`);
  divide(50);
  return h(
    "figure",
    { class: "bs-slider" },
    panes,
    range,
    h("div", { class: "bs-captions" }, caption(a, "A"), caption(b, "B")),
  );
}

/**
 * A row per score: both values, the better one marked.
 *
 * @param {readonly [Variant, Variant]} pair
 */
function differences(pair) {
  const [a, b] = pair.map((variant) => averages([variant]));
  const rows = a.map((kind, place) => {
    const other = b[place];
    if (!other) return null;
    const cell = (
      /** @type {import("./scores.js").Average} */ mine,
      /** @type {import("./scores.js").Average} */ theirs,
    ) => h("td", { class: mine.part > theirs.part + 0.05 ? "better" : "" }, readable(mine.value));
    return h("tr", {}, cell(kind, other), h("th", { scope: "row" }, kind.title), cell(other, kind));
  });
  return h(
    "table",
    { class: "bs-differences" },
    h(
      "thead",
      {},
      h("tr", {}, h("th", { scope: "col" }, "A"), h("td", {}), h("th", { scope: "col" }, "B")),
    ),
    h("tbody", {}, rows),
  );
}

/**
 * @param {HTMLElement} stage
 * @param {(dx: number, dy: number) => unknown} move
 */
function drag(stage, move) {
  /** @type {[x: number, y: number] | null} */
  let last = null;
  stage.addEventListener("pointerdown", (e) => {
    if (/** @type {Element} */ (e.target).matches("input")) return;
    last = [e.clientX, e.clientY];
    stage.setPointerCapture(e.pointerId);
  });
  stage.addEventListener("pointermove", (e) => {
    if (!last) return;
    move(e.clientX - last[0], e.clientY - last[1]);
    last = [e.clientX, e.clientY];
  });
  for (const end of ["pointerup", "pointercancel"]) {
    stage.addEventListener(end, () => (last = null));
  }
}
