// @ts-check
// The elements of the page Review; they register themselves.

import "../review/review-grid.js";
import "../shared/app-shell.js";
import "../shared/static-part.js";
