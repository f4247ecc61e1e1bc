// @ts-check
// <asset-library>: approved variants; choose some, choose placements, build a pack, fetch packs.
//
// For tests: list "Approved assets" with checkboxes named by variant ([data-variant-id]); region
// "Build a pack" with checkboxes per placement, textbox "Pack name", button "Build pack"; list
// "Packs" with links "Download …".

import { armTitle, get, getRun, loadCatalogue, post, runName } from "../shared/api.js";
import {
  StudioElement,
  button,
  choice,
  countOf,
  define,
  empty,
  fileSize,
  h,
  icon,
  when,
} from "../shared/dom.js";
import { brandOfMoment } from "../shared/moment.js";
import { PackBuilder } from "./pack-builder.js";
import { toast, toastRefusal } from "../shared/toast.js";

/** @import { PackBody, PacksBody } from "rest-api" */
/** @import { Catalogue, Option, Run, Variant } from "studio" */

/** @type {PacksBody} */
const NO_PACKS = { packs: [] };

export class AssetLibrary extends StudioElement {
  /** @type {Set<number>} */
  selected;
  /** @type {string} */
  runFilter;
  /** @type {HTMLParagraphElement} */
  count;
  /** @type {HTMLDivElement} */
  tools;
  /** @type {HTMLUListElement} */
  grid;
  /** @type {HTMLElement} */
  packs;
  /** @type {PackBuilder} */
  builder;
  /** @type {Catalogue} */
  catalogue;
  /** @type {Map<number, Run>} */
  runs;
  /** @type {Map<number, Variant>} */
  assets;

  build() {
    this.selected = new Set();
    this.runFilter = "";
    this.count = h("p", {});
    this.tools = h("div", { class: "bs-head-actions" });
    this.grid = h("ul", { class: "bs-assets", "aria-label": "Approved assets" });
    this.packs = h("section", { class: "bs-packs", "aria-label": "Packs" });
    this.builder = new PackBuilder(this);
    this.append(
      h("div", { class: "bs-head" }, h("div", {}, h("h1", {}, "Library"), this.count), this.tools),
      h("div", { class: "bs-library" }, this.grid, this.builder.node),
      this.packs,
    );
    window.addEventListener("studio:brand", () => this.isConnected && this.load());
    this.load();
    this.loadPacks();
  }

  async load() {
    const brand = brandOfMoment();
    try {
      const [catalogue, { variants }] = await Promise.all([
        loadCatalogue(),
        get(`/assets${brand ? `?brand=${brand}` : ""}`),
      ]);
      const ids = [...new Set(variants.map((/** @type {Variant} */ v) => v.run))];
      const runs = await Promise.all(ids.map((id) => getRun(id)));
      this.catalogue = catalogue;
      this.runs = new Map(runs.map((run) => [run.id, run]));
      this.assets = new Map(variants.reverse().map((/** @type {Variant} */ v) => [v.id, v]));
      this.draw();
    } catch (error) {
      this.count.textContent = `${error.message}. ${error.hint ?? ""}`;
    }
  }

  draw() {
    const shown = [...this.assets.values()].filter(
      (v) => !this.runFilter || String(v.run) === this.runFilter,
    );
    this.selected = new Set([...this.selected].filter((id) => this.assets.has(id)));
    this.count.textContent = shown.length
      ? `${countOf(shown.length, "approved asset")}, ready for the ad channels.`
      : "";
    this.tools.replaceChildren(...this.toolbar(shown));
    this.grid.replaceChildren(
      ...(shown.length
        ? shown.map((v) => this.asset(v))
        : [h("li", { class: "bs-wide" }, nothing())]),
    );
    this.builder.update();
  }

  /** @param {readonly Variant[]} shown */
  toolbar(shown) {
    if (!this.assets.size) return [];
    /** @type {Option[]} */
    const options = [...this.runs.values()].map((run) => [
      String(run.id),
      runName(run, this.catalogue),
    ]);
    const filter =
      this.runs.size > 1 &&
      choice(
        "Campaign",
        [["", "All campaigns"], ...options],
        this.runFilter,
        (value) => ((this.runFilter = value), this.draw()),
      );
    const all = button("Select all", {
      kind: "quiet",
      onclick: () => this.choose(shown.map((v) => v.id)),
    });
    return [filter, all].filter(Boolean);
  }

  /** @param {Variant} variant */
  asset(variant) {
    const run = this.runs.get(variant.run);
    const name = armTitle(this.catalogue.templates.get(run.template), variant.levels);
    /** @type {HTMLInputElement} */
    const box = h("input", {
      type: "checkbox",
      "aria-label": `${runName(run, this.catalogue)}, ${name}, rank ${variant.rank}`,
      onchange: () => (
        box.checked ? this.selected.add(variant.id) : this.selected.delete(variant.id),
        this.builder.update()
      ),
    });
    box.checked = this.selected.has(variant.id);
    return h(
      "li",
      { "data-variant-id": variant.id },
      h(
        "label",
        { class: "bs-asset" },
        box,
        h(
          "span",
          {
            class: "bs-tile-image",
            style: { "aspect-ratio": `${variant.width_px} / ${variant.height_px}` },
          },
          h("img", { src: variant.thumb, alt: "", loading: "lazy" }),
          h("span", { class: "bs-tick" }, icon("check", 14)),
        ),
        h(
          "span",
          { class: "bs-asset-text" },
          h("strong", {}, runName(run, this.catalogue)),
          h(
            "span",
            { class: "bs-quiet" },
            `${this.catalogue.brands.get(run.brand)?.name} · ${name}`,
          ),
        ),
      ),
    );
  }

  /** @param {readonly number[]} ids */
  choose(ids) {
    this.selected = new Set(ids);
    this.draw();
  }

  async loadPacks() {
    const { packs } = await get("/packs").catch(() => NO_PACKS);
    const rows = packs.map(packRow);
    this.packs.replaceChildren(
      ...(rows.length ? [h("h2", {}, "Packs"), h("ul", { "aria-label": "Packs" }, rows)] : []),
    );
  }

  /**
   * Build a pack of the selection; returns whether it worked.
   *
   * @param {readonly string[]} placements
   * @param {string} name
   */
  async buildPack(placements, name) {
    try {
      const pack = await post("/packs", { variants: [...this.selected], placements, name });
      const kind = pack.problems.length ? "plain" : "good";
      toast(`${pack.name} is ready: ${countOf(pack.rendition_count, "file")}`, {
        kind,
        hint: pack.problems.length ? `${countOf(pack.problems.length, "note")} to read below` : "",
      });
      this.choose([]);
      await this.loadPacks();
      this.packs.scrollIntoView({ block: "nearest", behavior: "smooth" });
      return true;
    } catch (error) {
      toastRefusal(error);
      return false;
    }
  }
}

/** @param {PackBody} pack */
function packRow(pack) {
  const notes = pack.problems.length
    ? h(
        "details",
        { class: "bs-pack-notes" },
        h("summary", {}, icon("warning", 14), countOf(pack.problems.length, "note")),
        h(
          "ul",
          {},
          pack.problems.map((p) => h("li", {}, p)),
        ),
      )
    : h("span", { class: "bs-chip good" }, icon("check", 13), "Everything fits");
  return h(
    "li",
    { class: "bs-pack bs-card", "data-pack-id": pack.id },
    h("span", { class: "bs-pack-icon" }, icon("pack", 20)),
    h(
      "div",
      { class: "bs-pack-text" },
      h("strong", {}, pack.name),
      h(
        "span",
        { class: "bs-quiet" },
        `${countOf(pack.rendition_count, "file")} · ${fileSize(pack.size_bytes)} · ` +
          `${countOf(pack.placements.length, "placement")} · ${pack.creator}, `,
        when(pack.created_at),
      ),
      h(
        "span",
        {
          class: "bs-quiet bs-pack-sum",
          title: "Tells this pack from every other; brandstudio verify compares it",
        },
        "SHA256 ",
        h("code", {}, pack.sha256),
      ),
    ),
    notes,
    h(
      "a",
      {
        class: "bs-button",
        href: pack.download,
        download: pack.file_name,
        "aria-label": `Download ${pack.name}`,
      },
      icon("download", 16),
      "Download",
    ),
  );
}

function nothing() {
  const link = h(
    "a",
    { class: "bs-button", href: "/studio/review" },
    "Go to review",
    icon("arrow-right", 16),
  );
  return empty(
    "library",
    "No approved assets yet.",
    "A variant becomes an asset when a second person approves it. From here it leaves as " +
      "files in every size the ad channels ask for.",
    link,
  );
}

define("asset-library", AssetLibrary);
