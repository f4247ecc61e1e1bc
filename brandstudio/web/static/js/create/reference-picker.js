// @ts-check
// <reference-picker for="reference-ids" limit="4">: images that show what the brief has in mind.
// Files come by the button, dropped anywhere on the page, or pasted. Their ids go into Gradio's
// hidden field `for`.
//
// For tests: list "Attached images" with per image buttons "Look at <name>" and "Remove <name>",
// progressbar "Uploading <name>"; button "Add images"; file input [type=file]; refusals in
// role="alert", one paragraph each.

import { dropUpload, get, upload } from "../shared/api.js";
import { StudioElement, countOf, define, h, icon, iconButton } from "../shared/dom.js";
import { openReference } from "../shared/references.js";

/** @import { UploadBody } from "rest-api" */
/** @import { Reference } from "studio" */

const KINDS = ["image/png", "image/jpeg", "image/webp"];
const MAX_BYTES = 20_000_000;

/**
 * An image in the tray, on its way or there.
 *
 * @typedef {object} Item
 * @property {string} name
 * @property {string} image
 * @property {Reference} [reference]
 * @property {number} [sent]
 * @property {AbortController} [leaving]
 * @property {boolean} [isFresh]
 * @property {boolean} [isFinished]
 * @property {HTMLElement} [tile]
 */

// The form is drawn anew for another brand or template; what is attached, and on its way, outlives
// that.
/** @type {Item[]} */
const tray = [];
/** @type {ReferencePicker | null} */
let picker = null;
let hasBegun = false;

class ReferencePicker extends StudioElement {
  /** @type {number} */
  limit;
  /** @type {HTMLInputElement} */
  input;
  /** @type {HTMLUListElement} */
  list;
  /** @type {HTMLSpanElement} */
  count;
  /** @type {HTMLDivElement} */
  refusals;
  /** @type {HTMLSpanElement} */
  told;
  /** @type {HTMLButtonElement} */
  adding;

  build() {
    picker = this;
    this.limit = Number(this.getAttribute("limit"));
    this.input = h("input", {
      type: "file",
      accept: KINDS.join(","),
      multiple: true,
      hidden: true,
      tabindex: "-1",
      onchange: () => this.chosen(),
    });
    this.list = h("ul", { class: "bs-tray", "aria-label": "Attached images" });
    this.count = h("span", { class: "bs-count", "aria-hidden": "true" });
    this.refusals = h("div", { class: "bs-tray-refusals", role: "alert" });
    this.told = h("span", { class: "bs-hidden", role: "status" });
    this.adding = h(
      "button",
      {
        type: "button",
        class: "bs-tray-add",
        "aria-describedby": "references-about",
        onclick: () => this.input.click(),
      },
      icon("plus", 20),
      h("span", {}, "Add images"),
      h("small", { "aria-hidden": "true" }, "or drop, or paste"),
    );
    this.append(
      h(
        "div",
        { class: "bs-tray-label" },
        h("strong", {}, "Reference images (optional)"),
        this.count,
      ),
      h(
        "p",
        { class: "bs-tray-about", id: "references-about" },
        "What you have in mind: a product photo, a sketch, a mood board. Reviewers see them " +
          "beside the variants; the model never does. PNG, JPEG or WebP, 20 MB each.",
      ),
      this.list,
      this.input,
      this.refusals,
      this.told,
    );
    this.begin();
    this.draw();
  }

  disconnectedCallback() {
    if (picker === this) picker = null;
  }

  /**
   * Take over what the brief of an earlier run has; once for a page, the tray remembers the rest.
   */
  async begin() {
    const field = await this.field();
    if (hasBegun || !field) return this.sync();
    hasBegun = true;
    const ids = field.value.split(" ").filter(Boolean).map(Number);
    const found = await Promise.all(
      ids.map((id) => get(`/uploads/${id}`).catch(() => /** @type {UploadBody} */ (null))),
    );
    tray.unshift(
      ...found.filter(Boolean).map((/** @type {Reference} */ reference) => ({
        reference,
        name: reference.name,
        image: reference.image,
      })),
    );
    if (found.includes(null)) {
      this.refuse(["An image of that brief could not be loaded; attach it again if you need it."]);
    }
    this.changed();
  }

  /**
   * Gradio's field, which may come into the page a moment later than this element.
   *
   * @returns {Promise<HTMLInputElement | null>}
   */
  async field() {
    for (let tries = 0; tries < 120; tries += 1) {
      const found = document.querySelector(`#${this.getAttribute("for")} :is(textarea, input)`);
      if (found) return /** @type {HTMLInputElement} */ (found);
      await new Promise(requestAnimationFrame);
    }
    return null;
  }

  chosen() {
    this.add([...this.input.files]);
    this.input.value = "";
  }

  /** @param {Iterable<File>} files */
  add(files) {
    const refused = [];
    for (const file of files) {
      const name = file.name || "Pasted image";
      if (tray.length >= this.limit) {
        refused.push(`${name}: at most ${countOf(this.limit, "image")} can be attached.`);
      } else if (!KINDS.includes(file.type)) {
        refused.push(`${name}: please upload PNG, JPEG or WebP.`);
      } else if (file.size > MAX_BYTES) {
        refused.push(
          `${name}: this image is larger than 20 MB. Save a smaller copy and upload that.`,
        );
      } else this.send(file, name);
    }
    this.refuse(refused);
    this.changed();
  }

  /**
   * @param {File} file
   * @param {string} name
   */
  async send(file, name) {
    /** @type {Item} */
    const item = {
      name,
      image: URL.createObjectURL(file),
      sent: 0,
      leaving: new AbortController(),
    };
    tray.push(item);
    try {
      item.reference = await upload(file, name, {
        signal: item.leaving.signal,
        onProgress: (share) => moved(item, share),
      });
      item.isFresh = true;
      item.name = item.reference.name;
      picker?.say(`${item.name} is attached`);
    } catch (error) {
      if (tray.includes(item)) tray.splice(tray.indexOf(item), 1);
      if (!item.leaving.signal.aborted) {
        picker?.refuse([`${name}: ${lowerFirst(error.message)}. ${error.hint}`], { more: true });
      }
    }
    picker?.changed();
  }

  /** @param {Item} item */
  takeOut(item) {
    const at = tray.indexOf(item);
    tray.splice(at, 1);
    if (!item.reference) item.leaving.abort();
    else if (item.isFresh) dropUpload(item.reference.id);
    if (item.image.startsWith("blob:")) URL.revokeObjectURL(item.image);
    this.refuse([]);
    this.changed();
    this.say(`${item.name} is removed`);
    const next = this.list.querySelectorAll(".bs-tray-remove")[Math.min(at, tray.length - 1)];
    (next ?? this.adding).focus();
  }

  changed() {
    this.draw();
    this.sync();
  }

  draw() {
    this.count.textContent = `${tray.length} / ${this.limit}`;
    const tiles = tray.map((item) => (item.tile ??= tileOf(item)));
    for (const [at, item] of tray.entries()) finish(item, tiles[at]);
    const held = /** @type {HTMLElement} */ (document.activeElement);
    this.list.replaceChildren(
      ...tiles,
      ...(tray.length < this.limit ? [h("li", {}, this.adding)] : []),
    );
    // What is taken out and put back loses the focus, also when the upload that ends is another
    // one.
    if (this.list.contains(held)) held.focus({ preventScroll: true });
  }

  /** Hand the ids to the form, in the way it learns of typing. */
  async sync() {
    const field = await this.field();
    const ids = tray
      .filter((item) => item.reference)
      .map((item) => item.reference.id)
      .join(" ");
    if (!field || field.value === ids) return;
    field.value = ids;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }

  /** @param {readonly string[]} sentences */
  refuse(sentences, { more = false } = {}) {
    const lines = sentences.map((sentence) =>
      h("p", { class: "bs-problem" }, icon("warning", 14), h("span", {}, sentence)),
    );
    if (more) this.refusals.append(...lines);
    else this.refusals.replaceChildren(...lines);
  }

  /** @param {string} sentence */
  say(sentence) {
    this.told.textContent = sentence;
  }
}

/** @param {Item} item */
function tileOf(item) {
  const picture = h("img", { src: item.image, alt: "" });
  picture.addEventListener("error", () => picture.replaceWith(icon("image", 22)));
  const look = () =>
    item.reference && openReference(attached(), attached().indexOf(item.reference));
  const bar = h(
    "span",
    {
      class: "bs-tray-bar",
      role: "progressbar",
      "aria-label": `Uploading ${item.name}`,
      "aria-valuemin": 0,
      "aria-valuemax": 100,
      "aria-valuenow": 0,
    },
    h("i", {}),
  );
  return h(
    "li",
    { class: "bs-tray-item" },
    h(
      "button",
      {
        type: "button",
        class: "bs-reference",
        "aria-label": `Look at ${item.name}`,
        title: item.name,
        onclick: look,
      },
      picture,
    ),
    iconButton(`Remove ${item.name}`, "close", {
      class: "bs-tray-remove",
      onclick: () => picker?.takeOut(item),
    }),
    item.reference ? null : bar,
    h("span", { class: "bs-tray-name" }, item.name),
  );
}

const attached = () => tray.map((item) => item.reference).filter(Boolean);

/**
 * Once it has arrived a tile shows what the studio made of the file: that is what others will see.
 *
 * @param {Item} item
 * @param {HTMLElement} tile
 */
function finish(item, tile) {
  if (!item.reference || item.isFinished) return;
  item.isFinished = true;
  tile.querySelector(".bs-tray-bar")?.remove();
  const { image, name } = item.reference;
  if (item.image !== image) {
    const shown = h("img", { src: image, alt: "" });
    shown.addEventListener("load", () => URL.revokeObjectURL(item.image), { once: true });
    tile.querySelector(".bs-reference").replaceChildren(shown);
    item.image = image;
  }
  tile.querySelector(".bs-reference").setAttribute("aria-label", `Look at ${name}`);
  tile.querySelector(".bs-tray-remove").setAttribute("aria-label", `Remove ${name}`);
  tile.querySelector(".bs-tray-name").textContent = name;
}

/**
 * @param {Item} item
 * @param {number} share
 */
function moved(item, share) {
  const bar = item.tile?.querySelector(".bs-tray-bar");
  if (!bar) return;
  const percent = Math.round(share * 100);
  bar.setAttribute("aria-valuenow", String(percent));
  bar.classList.toggle("is-opening", share >= 1);
  /** @type {HTMLElement} */ (bar.firstChild).style.setProperty("width", `${percent}%`);
}

/** @param {string} text */
const lowerFirst = (text) => text.charAt(0).toLowerCase() + text.slice(1);

/** @param {DragEvent} event */
const hasFiles = (event) => picker && [...(event.dataTransfer?.types ?? [])].includes("Files");

// A file dropped beside the mark would replace the page, and with it everything that was typed.
document.addEventListener("dragover", (event) => {
  if (!hasFiles(event)) return;
  event.preventDefault();
  picker.classList.add("is-wanted");
});
document.addEventListener("dragleave", (event) => {
  if (!event.relatedTarget) picker?.classList.remove("is-wanted");
});
document.addEventListener("drop", (event) => {
  if (!hasFiles(event)) return;
  event.preventDefault();
  picker.classList.remove("is-wanted");
  picker.add([...event.dataTransfer.files]);
});

document.addEventListener("paste", (event) => {
  const files = [...(event.clipboardData?.files ?? [])].filter((file) =>
    file.type.startsWith("image/"),
  );
  if (!picker || !files.length || event.clipboardData.types.includes("text/plain")) return;
  event.preventDefault();
  picker.add(files.map((file) => new File([file], "Pasted image", { type: file.type })));
});

// A brief must not leave without what is still on its way.
document.addEventListener(
  "click",
  (event) => {
    const coming = tray.filter((item) => !item.reference).length;
    if (!picker || !coming || !(/** @type {Element} */ (event.target).closest?.("#generate"))) {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
    picker.refuse([
      `${countOf(coming, "image")} still on the way. ` +
        "Press Generate again in a moment, or remove what you do not need.",
    ]);
    picker.scrollIntoView({ block: "center", behavior: "smooth" });
  },
  { capture: true },
);

// Gradio may put an older value into the field of a form that was just drawn anew: look once more
// before anything is pressed.
for (const kind of ["pointerdown", "keydown"]) {
  document.addEventListener(kind, () => picker?.sync(), { capture: true });
}

define("reference-picker", ReferencePicker);
