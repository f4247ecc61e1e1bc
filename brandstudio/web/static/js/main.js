// @ts-check
// Everything the pages use; the elements register themselves.

import "./administration/administration.js";
import "./shared/app-shell.js";
import "./library/asset-library.js";
import "./brands/brand-sheets.js";
import "./create/brief-form.js";
import "./create/choice-cards.js";
import "./create/layout-sketch.js";
import "./create/reference-picker.js";
import "./review/review-grid.js";
import "./runs/run-list.js";
import "./runs/run-progress.js";
import "./runs/run-view.js";
import { StudioElement, define } from "./shared/dom.js";

/** <static-part>: markup a page wrote itself, taken out of Gradio's text styles. */
define(
  "static-part",
  class extends StudioElement {
    build() {}
  },
);
