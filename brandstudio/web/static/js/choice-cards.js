// <choice-cards for="brand" cards='{"voltra": {…}}'>: draws Gradio's radio buttons as cards.
// The radio group stays: it keeps the keyboard, the focus and the name; the cards are its face.
// A card may carry title, text, note, logo, logo_on_dark, colours and layout (boxes to sketch).
// With `remember` the brand of the moment is taken over and kept.
//
// For tests: use the radio buttons of the group by their names; the card is their label.

import { StudioElement, define, h } from "./dom.js";
import { sketchLayout } from "./layout-sketch.js";
import { brandOfMoment, chooseBrand } from "./moment.js";

let lastChoice = null;

// Gradio names every radio button differently, so browsers do not take them for one group.
document.addEventListener("keydown", (event) => {
  const group = event.target.closest?.(".bs-cards, .bs-pills");
  const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
  if (!group || !step || event.target.type !== "radio") return;
  event.preventDefault();
  const radios = [...group.querySelectorAll('input[type="radio"]')];
  const next = radios[(radios.indexOf(event.target) + step + radios.length) % radios.length];
  next.focus();
  next.click();
});

class ChoiceCards extends StudioElement {
  build() {
    this.cards = JSON.parse(this.getAttribute("cards"));
    this.group = document.getElementById(this.getAttribute("for"));
    if (!this.group) {
      // Gradio may put the group into the page a moment later than this element.
      this.isBuilt = false;
      this.tries = (this.tries ?? 0) + 1;
      if (this.tries < 60) requestAnimationFrame(() => this.isConnected && this.connectedCallback());
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
      const card = this.cards[input.value];
      if (!card || label.querySelector(".bs-face")) continue;
      label.classList.add("bs-choice");
      label.append(face(card));
    }
  }

  remember() {
    const wanted = this.group.querySelector(`input[value="${CSS.escape(brandOfMoment())}"]`);
    if (wanted && !wanted.checked && !new URLSearchParams(location.search).has("again")) wanted.click();
    this.group.addEventListener("change", (event) => {
      if (brandOfMoment()) chooseBrand(event.target.value);
    });
    window.addEventListener("studio:brand", ({ detail }) => {
      const radio = detail && this.group.querySelector(`input[value="${CSS.escape(detail)}"]`);
      if (radio && !radio.checked) radio.click();
    });
  }
}

function face(card) {
  return h(
    "span",
    { class: "bs-face", "aria-hidden": "true" },
    card.logo && h("span", { class: "bs-face-logo" }, h("img", { class: "on-light", src: card.logo, alt: "" }), h("img", { class: "on-dark", src: card.logo_on_dark ?? card.logo, alt: "" })),
    card.layout && sketchLayout(card.layout),
    h("span", { class: "bs-face-title" }, card.title),
    card.text && h("span", { class: "bs-face-text" }, card.text),
    card.note && h("span", { class: "bs-face-note" }, card.note),
    card.colours && h("span", { class: "bs-face-colours" }, card.colours.map((hex) => h("i", { style: { background: hex } }))),
  );
}

define("choice-cards", ChoiceCards);
