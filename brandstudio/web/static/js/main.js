// Everything the pages use; the elements register themselves.

import "./administration.js";
import "./app-shell.js";
import "./asset-library.js";
import "./brand-sheets.js";
import "./brief-form.js";
import "./choice-cards.js";
import "./layout-sketch.js";
import "./reference-picker.js";
import "./review-grid.js";
import "./run-list.js";
import "./run-progress.js";
import "./run-view.js";
import { StudioElement, define } from "./dom.js";

/** <static-part>: markup a page wrote itself, taken out of Gradio's text styles. */
define("static-part", class extends StudioElement { build() {} });
