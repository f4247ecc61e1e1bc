// @ts-check
// The panel beside the library: placements by channel, the number of files, a preview, and "Build
// pack".

import { button, countOf, h, icon, roughly } from "../shared/dom.js";

/** @import { Placement } from "rest-api" */
/** @import { AssetLibrary } from "./asset-library.js" */

export class PackBuilder {
  /** @type {Set<string> | null} */
  chosen;
  /** @type {string[]} */
  picked;
  /** @type {string} */
  offered;

  /** @param {AssetLibrary} library */
  constructor(library) {
    this.library = library;
    this.chosen = null; // the person's own choice; until then the briefs' placements
    this.summary = h("p", { class: "bs-quiet" });
    this.list = h("div", { class: "bs-placements" });
    this.preview = h("div", { class: "bs-rendition" });
    this.name = h("input", {
      type: "text",
      maxlength: 80,
      "aria-label": "Pack name",
      placeholder: "Name of the pack",
    });
    this.go = button("Build pack", {
      symbol: "pack",
      kind: "primary",
      onclick: () => this.build(),
    });
    this.node = h(
      "aside",
      { class: "bs-builder bs-card", role: "region", "aria-label": "Build a pack" },
      h("h2", {}, "Build a pack"),
      this.summary,
      this.list,
      this.preview,
      h("label", { class: "bs-field" }, this.name),
      this.go,
    );
  }

  get assets() {
    return [...this.library.selected].map((id) => this.library.assets.get(id));
  }

  get runs() {
    return [...new Set(this.assets.map((v) => v.run))].map((id) => this.library.runs.get(id));
  }

  /** Follow the selection: which brand, which placements it offers, which are preset. */
  update() {
    const { catalogue } = this.library;
    const brands = [...new Set(this.runs.map((run) => run.brand))];
    const offered = brands.length === 1 ? catalogue.brands.get(brands[0]).placements : [];
    const preset = new Set(this.runs.flatMap((run) => run.placements));
    const wanted = (/** @type {string} */ slug) =>
      this.chosen ? this.chosen.has(slug) : preset.has(slug);
    this.picked = offered.filter(wanted);
    this.node.hidden = !this.library.assets.size;
    this.say(brands.length);
    if (this.offered !== offered.join() || !this.chosen) {
      this.draw(
        offered.map((slug) => catalogue.placements.get(slug)),
        wanted,
      );
    }
    this.offered = offered.join();
    this.go.disabled = !this.picked.length;
    this.name.parentElement.hidden = this.go.hidden = this.list.hidden = !offered.length;
    if (!this.name.value) this.name.placeholder = this.runs[0]?.name || "Name of the pack";
    if (!offered.length) this.preview.replaceChildren();
  }

  /** @param {number} brandCount */
  say(brandCount) {
    const files = this.assets.length * this.picked.length;
    this.summary.textContent = !this.assets.length
      ? "Select the assets that go out together."
      : brandCount > 1
        ? "A pack holds one brand. Unselect the assets of the other brands."
        : `${countOf(this.assets.length, "asset")} × ` +
          `${countOf(this.picked.length, "placement")} = ${countOf(files, "file")}`;
  }

  /**
   * @param {readonly Placement[]} placements
   * @param {(slug: string) => boolean} wanted
   */
  draw(placements, wanted) {
    /** @type {Map<string, Placement[]>} */
    const channels = new Map();
    for (const p of placements) channels.set(p.channel, [...(channels.get(p.channel) ?? []), p]);
    const open = new Set(
      [...this.list.querySelectorAll("details[open]")].map((d) => d.dataset.channel),
    );
    this.list.replaceChildren(
      ...[...channels].map(([channel, members]) => {
        const count = members.filter((p) => wanted(p.slug)).length;
        return h(
          "details",
          { "data-channel": channel, open: open.has(channel) || count > 0 },
          h(
            "summary",
            {},
            h("span", {}, channel),
            h("small", {}, count ? `${count} of ${members.length}` : members.length),
            icon("chevron-down", 14),
          ),
          members.map((p) => this.row(p, wanted(p.slug))),
        );
      }),
    );
  }

  /**
   * @param {Placement} placement
   * @param {boolean} checked
   */
  row(placement, checked) {
    const box = h("input", {
      type: "checkbox",
      value: placement.slug,
      onchange: () => this.pick(),
    });
    box.checked = checked;
    return h(
      "div",
      { class: "bs-placement" },
      h(
        "label",
        {},
        box,
        h("span", {}, placement.title),
        h("small", {}, `${placement.width_px} × ${placement.height_px}`),
      ),
      h(
        "button",
        {
          type: "button",
          class: "bs-icon-button",
          "aria-label": `Preview ${placement.title}`,
          title: "Preview",
          onclick: () => this.show(placement),
        },
        icon("eye", 16),
      ),
    );
  }

  pick() {
    this.chosen = new Set(
      [...this.list.querySelectorAll("input:checked")].map(
        (box) => /** @type {HTMLInputElement} */ (box).value,
      ),
    );
    this.picked = [...this.chosen];
    for (const group of this.list.children) {
      const boxes = [...group.querySelectorAll("input")];
      const count = boxes.filter((box) => box.checked).length;
      group.querySelector("small").textContent = count
        ? `${count} of ${boxes.length}`
        : String(boxes.length);
    }
    this.go.disabled = !this.picked.length;
    this.say(1);
  }

  /** @param {Placement | null} placement */
  show(placement) {
    const [first] = this.assets;
    const picture = h("img", {
      src: `/renditions/${first.id}/${placement.slug}`,
      alt: `${placement.title} as it would be delivered`,
    });
    picture.addEventListener("error", () =>
      this.preview.replaceChildren(
        h("p", { class: "bs-quiet" }, `${placement.title} cannot be made from this image.`),
      ),
    );
    this.preview.replaceChildren(
      picture,
      h(
        "span",
        { class: "bs-quiet" },
        `${placement.channel} · ${placement.title} · ` +
          `${placement.width_px} × ${placement.height_px}`,
      ),
    );
  }

  async build() {
    const files = this.assets.length * this.picked.length;
    this.go.disabled = true;
    this.go.setAttribute("aria-busy", "true");
    const label = this.go.querySelector("span");
    const started = Date.now();
    const tick = setInterval(
      () => (label.textContent = `Building ${countOf(files, "file")}, ${secondsSince(started)}…`),
      500,
    );
    const worked = await this.library.buildPack(this.picked, this.name.value.trim());
    clearInterval(tick);
    label.textContent = "Build pack";
    this.go.removeAttribute("aria-busy");
    this.go.disabled = !this.picked.length;
    if (worked) {
      this.name.value = "";
      this.chosen = null;
      this.update();
    }
  }
}

/** @param {number} started */
const secondsSince = (started) => roughly((Date.now() - started) / 1000).replace("about ", "");
