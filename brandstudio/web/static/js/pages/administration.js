// @ts-check
// The elements of the page Administration; they register themselves.

import "../administration/administration.js";
import "../shared/app-shell.js";
import "../shared/static-part.js";
