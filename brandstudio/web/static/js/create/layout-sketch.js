// @ts-check
// A layout as a small drawing: horizon, product box, copy space. <layout-sketch layout="{…}"> on
// its own.

import { StudioElement, define } from "../shared/dom.js";

/** @import { Box, LayoutBody } from "rest-api" */

/** @typedef {LayoutBody & { horizon?: number, stand?: string }} SketchedLayout a layout as drawn */

const SVG = "http://www.w3.org/2000/svg";
const AREA = 5200; // every sketch covers the same area, whatever its aspect

/**
 * The drawing of { aspect: "4:5", product: {left, top, width, height}, copy_space: {…}, horizon }.
 *
 * @param {SketchedLayout} sketchedLayout
 */
export function sketchLayout({ aspect, product, copy_space: copySpace, horizon, stand }) {
  const [w, t] = aspect.split(":").map(Number);
  const width = Math.sqrt((AREA * w) / t);
  const height = AREA / width;
  const node = shape("svg", {
    class: "bs-sketch-layout",
    viewBox: `0 0 ${width} ${height}`,
    width,
    height,
  });
  node.append(
    shape("rect", { class: "ground", x: 0.5, y: 0.5, width: width - 1, height: height - 1, rx: 4 }),
  );
  if (horizon) {
    node.append(
      shape("line", {
        class: "horizon",
        x1: 4,
        x2: width - 4,
        y1: horizon * height,
        y2: horizon * height,
      }),
    );
  }
  const box = (/** @type {Box} */ b) => ({
    x: b.left * width,
    y: b.top * height,
    width: b.width * width,
    height: b.height * height,
  });
  const copy = box(copySpace);
  for (const [place, share] of [
    [0.1, 0.86],
    [0.36, 0.62],
  ]) {
    const thick = Math.min(5, copy.height * 0.16);
    node.append(
      shape("rect", {
        class: "copy",
        x: copy.x + copy.width * 0.05,
        y: copy.y + copy.height * place + 2,
        width: copy.width * share,
        height: thick,
        rx: thick / 2,
      }),
    );
  }
  if (copy.height > 22) {
    node.append(
      shape("rect", {
        class: "cta",
        x: copy.x + copy.width * 0.05,
        y: copy.y + copy.height * 0.36 + 12,
        width: Math.min(18, copy.width * 0.5),
        height: 6,
        rx: 3,
      }),
    );
  }
  const p = box(product);
  if (stand === "podium") {
    node.append(
      shape("rect", {
        class: "stand",
        x: p.x - 4,
        y: p.y + p.height,
        width: p.width + 8,
        height: Math.max(4, (height - p.y - p.height) * 0.6),
        rx: 1.5,
      }),
    );
  }
  node.append(shape("rect", { class: "product", ...p, rx: 3 }));
  return node;
}

/**
 * @param {string} name
 * @param {Record<string, string | number>} attributes
 */
function shape(name, attributes) {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) {
    node.setAttribute(key, typeof value === "number" ? value.toFixed(1) : value);
  }
  return node;
}

class LayoutSketch extends StudioElement {
  build() {
    this.append(sketchLayout(JSON.parse(this.getAttribute("layout"))));
  }
}

define("layout-sketch", LayoutSketch);
