// @ts-check
// <go-to href="/studio/runs?run=12">: leaves for another page of the studio.

import { StudioElement, define } from "./dom.js";

class GoTo extends StudioElement {
  build() {
    const href = new URL(this.getAttribute("href"), location.href);
    if (href.origin === location.origin) location.assign(href);
  }
}

define("go-to", GoTo);
