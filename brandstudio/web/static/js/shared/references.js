// @ts-check
// The images people attached to a brief to show what they have in mind, wherever they are looked
// at.
//
// referenceStrip(references): small pictures; each opens large. references = [{ id, name, image,
// width_px, height_px }].
//
// For tests: list "Reference images" with a button per image, named "Look at <file name>";
// dialog "Reference image" with buttons "Previous image", "Next image", "Close"; ← → move.

import { h, iconButton } from "./dom.js";

/** @import { Reference } from "studio" */

/** @type {Record<string, number>} */
const BY_KEY = { ArrowLeft: -1, ArrowRight: 1 };

/**
 * A row of small pictures, or null when there are none.
 *
 * @param {readonly Reference[] | undefined} references
 */
export function referenceStrip(references) {
  if (!references?.length) return null;
  return h(
    "ul",
    { class: "bs-references", "aria-label": "Reference images" },
    references.map((reference, at) =>
      h(
        "li",
        {},
        thumb(reference, () => openReference(references, at)),
      ),
    ),
  );
}

/**
 * @param {Reference} reference
 * @param {() => void} open
 */
function thumb(reference, open) {
  const { name, image } = reference;
  return h(
    "button",
    {
      type: "button",
      class: "bs-reference",
      "aria-label": `Look at ${name}`,
      title: name,
      onclick: open,
    },
    h("img", { src: image, alt: "", loading: "lazy" }),
  );
}

/**
 * Show one of them as large as the window allows.
 *
 * @param {readonly Reference[]} references
 * @param {number} first
 */
export function openReference(references, first) {
  let at = first;
  const back = document.activeElement;
  const frame = h("div", { class: "bs-reference-frame" });
  const caption = h("span", { class: "bs-reference-name" });
  const place = h("span", { class: "bs-quiet", "aria-live": "polite" });
  const show = (/** @type {number} */ by) => {
    at = (at + by + references.length) % references.length;
    const { name, image, width_px, height_px } = references[at];
    frame.replaceChildren(h("img", { src: image, alt: name, width: width_px, height: height_px }));
    caption.textContent = name;
    place.textContent = references.length > 1 ? `${at + 1} of ${references.length}` : "";
  };
  const several = references.length > 1;
  /** @type {HTMLDialogElement} */
  const dialog = h(
    "dialog",
    { class: "bs-reference-view", "aria-label": "Reference image", tabindex: "-1" },
    h(
      "header",
      {},
      several && iconButton("Previous image", "chevron-left", { onclick: () => show(-1) }),
      place,
      several && iconButton("Next image", "chevron-right", { onclick: () => show(1) }),
      caption,
      iconButton("Close", "close", { class: "bs-close", onclick: () => dialog.close() }),
    ),
    frame,
  );
  dialog.addEventListener("keydown", (event) => {
    const by = BY_KEY[event.key];
    event.stopPropagation();
    if (by && several) show(by);
  });
  frame.addEventListener("click", (event) => event.target === frame && dialog.close());
  dialog.addEventListener("close", () => {
    dialog.remove();
    if (back instanceof HTMLElement && back.isConnected) back.focus({ preventScroll: true });
  });
  show(0);
  document.body.append(dialog);
  dialog.showModal();
  dialog.focus();
}
