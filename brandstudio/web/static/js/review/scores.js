// @ts-check
// Scores as pictures: a five-bar sketch for tiles, full bars with meanings for the lightbox. The
// kinds come from the page (attribute `scores`, JSON), so that titles exist once, in the domain.

import { h } from "../shared/dom.js";

/** @import { ScoreKind, Variant } from "studio" */

const SVG = "http://www.w3.org/2000/svg";
const REACH = 2; // standard deviations a bar can show

/** @typedef {ScoreKind & { value: number, part: number }} Average of several variants */

/** @type {ScoreKind[]} */
let kinds = [];

/**
 * Take the kinds of score from an element's attribute.
 *
 * @param {string | null} json
 */
export function useScoreKinds(json) {
  if (json) kinds = JSON.parse(json);
}

/** @param {number} value */
const clamp = (value) => Math.max(-REACH, Math.min(REACH, value));

/**
 * Five small bars, up for better than the run's average, down for worse.
 *
 * @param {Variant} variant
 */
export function sketch(variant) {
  const present = kinds.filter((kind) => kind.name in variant.parts);
  if (!present.length) return h("span", {});
  const [width, height] = [present.length * 6 - 2, 22];
  const node = document.createElementNS(SVG, "svg");
  node.setAttribute("class", "bs-sketch");
  node.setAttribute("viewBox", `0 0 ${width} ${height}`);
  node.setAttribute("width", String(width));
  node.setAttribute("height", String(height));
  node.setAttribute("role", "img");
  node.setAttribute("aria-label", `Scores. ${variant.reason}`);
  const title = document.createElementNS(SVG, "title");
  title.textContent = variant.reason;
  node.append(title);
  present.forEach((kind, place) => {
    const part = clamp(variant.parts[kind.name]);
    const length = Math.max(1.5, (Math.abs(part) / REACH) * (height / 2));
    const bar = document.createElementNS(SVG, "rect");
    bar.setAttribute("x", String(place * 6));
    bar.setAttribute("width", "4");
    bar.setAttribute("rx", "1.2");
    bar.setAttribute("y", String(part >= 0 ? height / 2 - length : height / 2));
    bar.setAttribute("height", String(length));
    bar.setAttribute("class", part >= 0 ? "above" : "below");
    node.append(bar);
  });
  return node;
}

/**
 * One row per score: title, value with unit, a bar around the run's average, and what it means.
 *
 * @param {Variant} variant
 */
export function scoreRows(variant) {
  return kinds
    .filter((kind) => kind.name in variant.scores)
    .map((kind) => {
      const part = variant.parts[kind.name];
      return h(
        "div",
        { class: "bs-score" },
        h("span", { class: "bs-score-title" }, kind.title),
        h(
          "span",
          { class: "bs-score-value" },
          `${readable(variant.scores[kind.name])} `,
          h("small", {}, kind.unit),
        ),
        part === undefined ? null : aroundAverage(part),
        h(
          "small",
          { class: "bs-score-meaning" },
          `${kind.meaning}; ${kind.higher ? "more" : "less"} is better`,
        ),
      );
    });
}

/**
 * A bar that starts at the middle, the run's average.
 *
 * @param {number} part
 */
export function aroundAverage(part) {
  const share = (Math.abs(clamp(part)) / REACH) * 50;
  const sign = part >= 0 ? "+" : "−";
  return h(
    "span",
    {
      class: "bs-around",
      title: `${sign}${Math.abs(part).toFixed(1)} standard deviations from this run's average`,
    },
    h("i", {
      class: part >= 0 ? "above" : "below",
      style: { width: `${share}%`, left: part >= 0 ? "50%" : `${50 - share}%` },
    }),
  );
}

/**
 * The average over several variants of each score that all of them have.
 *
 * @param {readonly Variant[]} variants
 * @returns {Average[]}
 */
export function averages(variants) {
  return kinds.flatMap((kind) => {
    const parts = variants.map((v) => v.parts[kind.name]).filter((p) => p !== undefined);
    const values = variants.map((v) => v.scores[kind.name]).filter((s) => s !== undefined);
    if (!values.length || values.length !== variants.length) return [];
    const mean = (/** @type {readonly number[]} */ numbers) =>
      numbers.reduce((/** @type {number} */ sum, /** @type {number} */ n) => sum + n, 0) /
      numbers.length;
    return [{ ...kind, value: mean(values), part: parts.length ? mean(parts) : 0 }];
  });
}

/** @param {number} value */
export const readable = (value) => (Math.abs(value) >= 10 ? value.toFixed(1) : value.toFixed(2));
