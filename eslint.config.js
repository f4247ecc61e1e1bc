// Rules beyond the recommended ones, each with what it keeps out.

import js from "@eslint/js";
import globals from "globals";

/** Ways to read text as markup or as code: texts come from people and go through textContent. */
const MARKUP = ["innerHTML", "outerHTML", "insertAdjacentHTML", "setHTMLUnsafe"];
const noMarkup = MARKUP.map((property) => ({ property, message: "Build DOM with h()." }));

export default [
  { ignores: ["**/bundles/", "node_modules/", ".venv/", "build/"] },
  js.configs.recommended,
  {
    rules: {
      "no-restricted-properties": ["error", ...noMarkup, { object: "document", property: "write" }],
      "no-eval": "error",
      "no-implied-eval": "error",
      "no-new-func": "error",
      "no-script-url": "error",
      "no-var": "error",
      "prefer-const": "error",
      eqeqeq: "error",
      curly: ["error", "multi-line"],
      "no-shadow": ["error", { builtinGlobals: false }],
      "no-console": "error",
      "no-unused-expressions": ["error", { allowShortCircuit: true }],
      "object-shorthand": "error",
      "prefer-template": "error",
      complexity: ["error", 12],
      "max-depth": ["error", 3],
      "max-lines": ["error", { max: 400, skipComments: true }],
      // Trees of h() calls are long and flat.
      "max-lines-per-function": ["error", 80],
      "max-len": ["error", { code: 100, ignoreUrls: true }],
    },
  },
  { files: ["brandstudio/web/static/js/**"], languageOptions: { globals: globals.browser } },
  { files: ["*.config.js", "frontend/*.js"], languageOptions: { globals: globals.node } },
];
