// @ts-check
// What the brief form needs beside Gradio's fields: problems at their places, and counters.
//
// <brief-problems problems='[{"field": "answer-headline", "label": "Headline", "message": "…"}]'>
// marks fields and lists the problems.
// <field-counters>: adds "12 / 40" to every text field with a limit inside #brief-form.
//
// For tests: role="alert" with one link per problem; [data-problem] under a field; field gets
// aria-invalid.

import { StudioElement, countOf, define, h, icon } from "../shared/dom.js";

/** @typedef {{ field: string, label: string, message: string }} Problem a problem of the brief */

class BriefProblems extends StudioElement {
  build() {
    clearMarks();
    const problems = JSON.parse(this.getAttribute("problems") ?? "[]");
    if (!problems.length) return;
    this.append(
      h(
        "div",
        { class: "bs-notice bad", role: "alert", tabindex: "-1" },
        icon("warning"),
        h(
          "div",
          {},
          h(
            "strong",
            {},
            `${countOf(problems.length, "thing")} to correct. ` +
              "Nothing was created, and nothing you typed is lost.",
          ),
          h(
            "ul",
            {},
            problems.map((/** @type {Problem} */ problem) =>
              h(
                "li",
                {},
                h(
                  "a",
                  { href: `#${problem.field}`, onclick: (e) => goTo(e, problem.field) },
                  inOneLine(problem),
                ),
              ),
            ),
          ),
        ),
      ),
    );
    for (const problem of problems) mark(problem);
    this.querySelector("[role=alert]").focus();
    this.scrollIntoView({ block: "center", behavior: "smooth" });
  }
}

/**
 * "Headline is required", "Headline: 13 characters too long": the label once.
 *
 * @param {Problem} problem
 */
function inOneLine({ label, message }) {
  return message.startsWith(label) ? message : `${label}: ${message}`;
}

/** @param {Problem} problem */
function mark({ field, message }) {
  const place = document.getElementById(field);
  if (!place) return;
  const id = `problem-${field}`;
  place.classList.add("is-wrong");
  place.append(
    h("p", { class: "bs-problem", "data-problem": field, id }, icon("warning", 14), message),
  );
  for (const control of place.querySelectorAll("input, textarea")) {
    control.setAttribute("aria-invalid", "true");
    control.setAttribute("aria-describedby", id);
  }
  place.addEventListener("input", () => unmark(place), { once: true });
  place.addEventListener("change", () => unmark(place), { once: true });
}

/** @param {Element} place */
function unmark(place) {
  place.classList.remove("is-wrong");
  place.querySelector(":scope > .bs-problem")?.remove();
  for (const control of place.querySelectorAll("[aria-invalid]")) {
    control.removeAttribute("aria-invalid");
  }
}

function clearMarks() {
  for (const place of document.querySelectorAll(".is-wrong")) unmark(place);
}

/**
 * @param {Event} event
 * @param {string} field
 */
function goTo(event, field) {
  event.preventDefault();
  const place = document.getElementById(field);
  place?.scrollIntoView({ block: "center", behavior: "smooth" });
  place?.querySelector("input, textarea")?.focus({ preventScroll: true });
}

class FieldCounters extends StudioElement {
  build() {
    document.addEventListener("input", (event) =>
      count(/** @type {HTMLInputElement} */ (event.target)),
    );
    document.addEventListener("focusin", (event) =>
      count(/** @type {HTMLInputElement} */ (event.target)),
    );
    new MutationObserver(() => this.countAll()).observe(document.body, {
      childList: true,
      subtree: true,
    });
    this.countAll();
  }

  countAll() {
    for (const field of document.querySelectorAll(".counted :is(textarea, input)[maxlength]")) {
      if (!field.closest(".block").querySelector(".bs-count")) {
        count(/** @type {HTMLInputElement} */ (field));
      }
    }
  }
}

/** @param {HTMLInputElement} field */
function count(field) {
  const place = field.closest?.(".counted");
  if (!place || !field.maxLength || field.maxLength < 0) return;
  const text = `${field.value.length} / ${field.maxLength}`;
  const label = place.querySelector('[data-testid="block-info"]');
  const shown =
    label.querySelector(".bs-count") ??
    label.appendChild(h("span", { class: "bs-count", "aria-hidden": "true" }));
  if (shown.textContent !== text) shown.textContent = text;
  shown.classList.toggle("full", field.value.length >= field.maxLength);
}

define("brief-problems", BriefProblems);
define("field-counters", FieldCounters);
