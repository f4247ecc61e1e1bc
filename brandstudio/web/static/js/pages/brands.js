// @ts-check
// The elements of the page Brands; they register themselves.

import "../brands/brand-sheets.js";
import "../create/layout-sketch.js";
import "../shared/app-shell.js";
import "../shared/static-part.js";
