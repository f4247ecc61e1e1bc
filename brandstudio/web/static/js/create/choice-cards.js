// @ts-check
// <choice-cards for="brand" cards='{"voltra": {…}}'>: draws Gradio's radio buttons as cards.
// The radio group stays: it keeps the keyboard, the focus and the name; the cards are its face.
// A card may carry title, text, note, logo, logo_on_dark, colours and layout (boxes to sketch).
// With `remember` the brand of the moment is taken over and kept.
//
// For tests: use the radio buttons of the group by their names; the card is their label.

import { StudioElement, define, h } from "../shared/dom.js";
import { sketchLayout } from "./layout-sketch.js";
import { brandOfMoment, chooseBrand } from "../shared/moment.js";

/** @type {{ id: string, at: number } | null} */
let lastChoice = null;

// Gradio names every radio button differently, so browsers do not take them for one group.
document.addEventListener("keydown", (event) => {
  const group = /** @type {HTMLElement} */ (event.target).closest?.(".bs-cards, .bs-pills");
  const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
  if (!group || !step || /** @type {HTMLInputElement} */ (event.target).type !== "radio") return;
  event.preventDefault();
  const radios = [...group.querySelectorAll('input[type="radio"]')];
  const next =
    radios[
      (radios.indexOf(/** @type {HTMLElement} */ (event.target)) + step + radios.length) %
        radios.length
    ];
  next.focus();
  next.click();
});

/**
 * What a choice shows beside its title.
 *
 * @typedef {object} Card
 * @property {string} title
 * @property {string} [text]
 * @property {string} [note]
 * @property {string} [logo]
 * @property {string} [logo_on_dark]
 * @property {string[]} [colours]
 * @property {import("./layout-sketch.js").SketchedLayout} [layout]
 */

class ChoiceCards extends StudioElement {
  /** @type {Record<string, Card>} */
  cards;
  /** @type {HTMLElement | null} */
  group;
  /** @type {number} */
  tries;
  /** @type {MutationObserver} */
  watcher;

  build() {
    this.cards = JSON.parse(this.getAttribute("cards"));
    this.group = document.getElementById(this.getAttribute("for"));
    if (!this.group) {
      // Gradio may put the group into the page a moment later than this element.
      this.isBuilt = false;
      this.tries = (this.tries ?? 0) + 1;
      if (this.tries < 60) {
        requestAnimationFrame(() => this.isConnected && this.connectedCallback());
      }
      return;
    }
    this.group.classList.add("bs-cards", `bs-cards-${this.getAttribute("kind")}`);
    this.dress();
    this.watcher = new MutationObserver(() => this.dress());
    this.watcher.observe(this.group, { childList: true, subtree: true });
    this.keepFocus();
    if (this.hasAttribute("remember")) this.remember();
  }

  /** A choice may draw the form anew; whoever chose by keyboard stays where they were. */
  keepFocus() {
    const id = this.getAttribute("for");
    this.group.addEventListener("input", () => (lastChoice = { id, at: Date.now() }));
    if (lastChoice?.id !== id || Date.now() - lastChoice.at > 5000) return;
    lastChoice = null;
    this.group.querySelector("input:checked")?.focus({ preventScroll: true });
  }

  disconnectedCallback() {
    this.watcher?.disconnect();
  }

  dress() {
    for (const input of this.group.querySelectorAll('input[type="radio"]')) {
      const label = input.closest("label");
      const card = this.cards[/** @type {HTMLInputElement} */ (input).value];
      if (!card || label.querySelector(".bs-face")) continue;
      label.classList.add("bs-choice");
      label.append(face(card));
    }
  }

  /**
   * The button of a choice.
   *
   * @param {string} value
   */
  radio(value) {
    const found = this.group.querySelector(`input[value="${CSS.escape(value)}"]`);
    return /** @type {HTMLInputElement | null} */ (found);
  }

  remember() {
    const wanted = this.radio(brandOfMoment());
    if (wanted && !wanted.checked && !new URLSearchParams(location.search).has("again")) {
      wanted.click();
    }
    this.group.addEventListener("change", (event) => {
      if (brandOfMoment()) chooseBrand(/** @type {HTMLInputElement} */ (event.target).value);
    });
    window.addEventListener("studio:brand", ({ detail }) => {
      const radio = detail && this.radio(detail);
      if (radio && !radio.checked) radio.click();
    });
  }
}

/** @param {Card} card */
function face(card) {
  return h(
    "span",
    { class: "bs-face", "aria-hidden": "true" },
    card.logo &&
      h(
        "span",
        { class: "bs-face-logo" },
        h("img", { class: "on-light", src: card.logo, alt: "", loading: "lazy" }),
        h("img", {
          class: "on-dark",
          src: card.logo_on_dark ?? card.logo,
          alt: "",
          loading: "lazy",
        }),
      ),
    card.layout && sketchLayout(card.layout),
    h("span", { class: "bs-face-title" }, card.title),
    card.text && h("span", { class: "bs-face-text" }, card.text),
    card.note && h("span", { class: "bs-face-note" }, card.note),
    card.colours &&
      h(
        "span",
        { class: "bs-face-colours" },
        card.colours.map((/** @type {string} */ hex) => h("i", { style: { background: hex } })),
      ),
  );
}

define("choice-cards", ChoiceCards);
