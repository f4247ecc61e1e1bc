// @ts-check
// <static-part>: markup a page wrote itself, taken out of Gradio's text styles.

import { StudioElement, define } from "./dom.js";

define("static-part", class extends StudioElement {});
