// @ts-check
// The elements of the page Runs; they register themselves.

import "../review/review-grid.js";
import "../runs/run-list.js";
import "../runs/run-progress.js";
import "../runs/run-view.js";
import "../shared/app-shell.js";
import "../shared/static-part.js";
