// @ts-check
// The elements of the page Library; they register themselves.

import "../library/asset-library.js";
import "../shared/app-shell.js";
import "../shared/static-part.js";
