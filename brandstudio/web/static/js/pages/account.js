// @ts-check
// The elements of the page Account; they register themselves.

import "../shared/app-shell.js";
import "../shared/go-to.js";
import "../shared/static-part.js";
