// @ts-check
// The elements of the page Create; they register themselves.

import "../create/brief-form.js";
import "../create/choice-cards.js";
import "../create/layout-sketch.js";
import "../create/reference-picker.js";
import "../shared/app-shell.js";
import "../shared/go-to.js";
import "../shared/static-part.js";
