// Gradio's frontend as the pages need it: of its hundreds of modules those that are loaded, in one
// script, and their sheets in one sheet. What is left out is still loaded from Gradio when needed.

import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import path from "node:path";

import { build } from "esbuild";

const BOOT = "brandstudio/web/static/js/gradio/boot.js";
const ASSETS = "/studio/assets/";
const PLACE = "/static/bundles/";
// Beside components: what Gradio loads on every page.
const ALWAYS = /^(Index|core|Blocks)-/;
const LOADERS = ["index", "Index", "core"];

/** Bundle, and say from which index.html and which components. */
export async function bundleGradio(frontend, components, keep) {
  const page = await readFile(path.join(frontend, "index.html"), "utf8");
  const modules = new Modules(path.join(frontend, "assets"));
  const entry = /src="\.\/assets\/(index-[\w-]+\.js)"/.exec(page)[1];
  const entrySheet = /href="\.\/assets\/(index-[\w-]+\.css)"/.exec(page)[1];
  await modules.collect(entry, components);
  const sheet = await keep("gradio.css", await modules.sheet(entrySheet));
  const script = await keep("gradio.js", await bundled(modules, entry, entrySheet, sheet));
  const index = createHash("sha256").update(page).digest("hex");
  return { index, components, script, sheet };
}

/** The modules that go into the bundle, and the sheets they ask for. */
class Modules {
  constructor(folder) {
    this.folder = folder;
    this.texts = new Map();
    this.sheets = new Set();
  }

  has(name) {
    return this.texts.has(name);
  }

  async read(name) {
    return readFile(path.join(this.folder, name), "utf8");
  }

  /** The entry with everything it imports, and what it imports later if a page needs that. */
  async collect(entry, components) {
    const waiting = [entry];
    while (waiting.length) {
      const name = waiting.pop();
      if (this.has(name)) continue;
      const text = await this.read(name);
      this.texts.set(name, text);
      waiting.push(...imports(text));
      for (const { module, sheets } of this.later(name, text, components)) {
        waiting.push(module);
        for (const sheet of sheets) this.sheets.add(sheet);
      }
    }
  }

  /** The modules that this one imports when they are needed, of those that belong in the bundle. */
  later(name, text, components) {
    const found = dynamicImports(text);
    if (text.includes("example:()=>")) {
      const wanted = new Set(components.flatMap((one) => importsOf(text, one)));
      return found.filter(({ module }) => wanted.has(module));
    }
    if (!LOADERS.some((one) => name.startsWith(`${one}-`))) return [];
    return found.filter(({ module }) => ALWAYS.test(module));
  }

  async sheet(first) {
    const names = [first, ...[...this.sheets].filter((name) => name !== first)];
    return (await Promise.all(names.map((name) => this.read(name)))).join("\n");
  }
}

/** "./a.js" of every import at the head of a module. */
function imports(text) {
  return [...text.matchAll(/(?:from|import)\s*["'`]\.\/([\w.-]+\.js)["'`]/g)].map(
    ([, name]) => name,
  );
}

const DEPS = /m\.f=(\[[^\]]*\])/;
const LATER = /import\(`\.\/([\w.-]+)`\)(?:[^`]{0,120}?__vite__mapDeps\(\[([\d,]*)\]\))?/g;

/** Each import() of a module with the sheets that Vite would load beside it. */
function dynamicImports(text) {
  const names = JSON.parse(DEPS.exec(text)?.[1] ?? "[]").map((name) => name.replace("./", ""));
  return [...text.matchAll(LATER)].map(([, module, places = ""]) => ({
    module,
    sheets: places
      .split(",")
      .map((place) => names[Number(place)])
      .filter((name) => name?.endsWith(".css")),
  }));
}

/** What the table of components imports for one of them. */
function importsOf(text, component) {
  const start = text.search(new RegExp(`[{,]"?${component}"?:\\{(?:example|component|base)[:(]`));
  if (start < 0) throw new Error(`Gradio has no component "${component}"`);
  const entry = text.slice(start, text.indexOf("}", text.indexOf("import.meta.url)}", start)) + 1);
  return [...entry.matchAll(/import\(`\.\/([\w.-]+)`\)/g)].map(([, name]) => name);
}

async function bundled(modules, entry, entrySheet, sheet) {
  const { outputFiles } = await build({
    stdin: {
      contents: `import "./${BOOT}";\nimport "gradio:${entry}";\n`,
      resolveDir: process.cwd(),
    },
    bundle: true,
    format: "esm",
    minify: true,
    write: false,
    target: "es2022",
    legalComments: "eof",
    logOverride: { "suspicious-nullish-coalescing": "silent" },
    plugins: [fromGradio(modules, entrySheet, sheet)],
  });
  return outputFiles[0].contents;
}

/** Modules of the bundle from Gradio's folder; the others stay where Gradio serves them. */
function fromGradio(modules, entrySheet, sheet) {
  return {
    name: "gradio",
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^gradio:/ }, ({ path: name }) => ({
        path: name.slice("gradio:".length),
        namespace: "gradio",
      }));
      onResolve({ filter: /.*/, namespace: "gradio" }, ({ path: name }) => {
        const file = name.replace("./", "");
        return modules.has(file)
          ? { path: file, namespace: "gradio" }
          : { path: name.startsWith("./") ? ASSETS + file : name, external: true };
      });
      onLoad({ filter: /.*/, namespace: "gradio" }, ({ path: file }) => ({
        contents: moved(modules.texts.get(file), modules).replace(
          `./assets/${entrySheet}`,
          PLACE + sheet,
        ),
        loader: "js",
      }));
    },
  };
}

/** A module whose later imports find what is not in the bundle, and wait for nothing that is. */
function moved(text, modules) {
  const names = JSON.parse(DEPS.exec(text)?.[1] ?? "[]").map((name) => name.replace("./", ""));
  const isIn = (name) => modules.has(name) || modules.sheets.has(name);
  return text
    .replace(DEPS, (_, list) => `m.f=${list.replaceAll('"./', `"${ASSETS}`)}`)
    .replace(/__vite__mapDeps\(\[([\d,]*)\]\)/g, (_, places) => {
      const left = places.split(",").filter((place) => place && !isIn(names[Number(place)]));
      return `__vite__mapDeps([${left.join(",")}])`;
    });
}
