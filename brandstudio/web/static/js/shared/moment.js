// @ts-check
// The brand of the moment and the look: two choices of this browser, shared by all pages.

const BRAND = "studio.brand";
const LOOK = "studio.look";

/** @param {string} key */
const read = (key) => {
  try {
    return localStorage.getItem(key) ?? "";
  } catch {
    return ""; // storage may be switched off; then nothing is remembered
  }
};

/**
 * @param {string} key
 * @param {string} value
 */
const write = (key, value) => {
  try {
    localStorage.setItem(key, value);
  } catch {
    // nothing is remembered, everything else works
  }
};

export const brandOfMoment = () => read(BRAND);

/**
 * Remember the brand and tell the page; "" means all brands.
 *
 * @param {string} slug
 */
export function chooseBrand(slug) {
  if (slug === brandOfMoment()) return;
  write(BRAND, slug);
  window.dispatchEvent(new CustomEvent("studio:brand", { detail: slug }));
}

export const look = () => read(LOOK) || "system";

/**
 * "system", "light" or "dark".
 *
 * @param {string} choice
 */
export function chooseLook(choice) {
  write(LOOK, choice);
  applyLook();
}

const system = window.matchMedia("(prefers-color-scheme: dark)");

/** Put the chosen look on the page; an address with ?__theme=dark wins, as everywhere in Gradio. */
export function applyLook() {
  const asked = new URLSearchParams(location.search).get("__theme") ?? look();
  const dark = asked === "dark" || (asked !== "light" && system.matches);
  document.body.classList.toggle("dark", dark);
}

system.addEventListener("change", applyLook);
