// Writes brandstudio/web/static/bundles: a script per page, the sheets, Gradio's frontend in one
// script and one sheet, and manifest.json, which names them all.
//
// node frontend/bundle.js GRADIO_FRONTEND COMPONENTS [FOLDER]
// GRADIO_FRONTEND is gradio/templates/frontend of the installed package; COMPONENTS are the types
// of its components that the pages use, with commas between them.

import { createHash } from "node:crypto";
import { mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";

import { build } from "esbuild";

import { bundleGradio } from "./gradio.js";

const STATIC = "brandstudio/web/static";
const PLACE = "/static/bundles/";
const SHEETS = ["studio", "standalone"];
const SOURCES = ["js", "css", "icons", "fonts"].map((name) => `${STATIC}/${name}`);
const TOOLS = ["frontend/bundle.js", "frontend/gradio.js", "package-lock.json"];
const TARGET = ["chrome120", "firefox121", "safari17.2"];

const [gradio, components, folder = `${STATIC}/bundles`] = process.argv.slice(2);
await rm(folder, { recursive: true, force: true });
await mkdir(folder, { recursive: true });

const files = await copyFiles();
const manifest = {
  sources: await digestOf([...SOURCES, ...TOOLS]),
  files: { ...files, ...(await bundleOwn(files)) },
  gradio: await bundleGradio(gradio, components.split(","), keep),
};
await keepManifest(manifest);

/** Icons and fonts, under names that change with what is in them. */
async function copyFiles() {
  const kept = {};
  for (const file of [
    ...(await filesIn(`${STATIC}/icons`)),
    ...(await filesIn(`${STATIC}/fonts`)),
  ]) {
    if (file.endsWith(".txt")) continue;
    kept[path.relative(STATIC, file)] = await keep(path.basename(file), await readFile(file));
  }
  return kept;
}

/** A script for each page and the sheets, readable and with a map for whoever debugs. */
async function bundleOwn(copied) {
  const pages = await filesIn(`${STATIC}/js/pages`);
  const { outputFiles, metafile } = await build({
    entryPoints: [...pages, ...SHEETS.map((name) => `${STATIC}/css/${name}.css`)],
    outdir: `${STATIC}/bundles`, // also when they are written elsewhere: maps have paths in them
    entryNames: "[name]-[hash]",
    bundle: true,
    format: "esm",
    minify: true,
    keepNames: true,
    sourcemap: true,
    sourcesContent: false,
    target: TARGET,
    external: ["/static/*"],
    plugins: [renamed(copied)],
    metafile: true,
    write: false,
  });
  for (const { path: file, contents } of outputFiles) {
    await writeFile(path.join(folder, path.basename(file)), contents);
  }
  const made = Object.entries(metafile.outputs).filter(([, { entryPoint }]) => entryPoint);
  return Object.fromEntries(
    made.map(([file, { entryPoint }]) => [path.relative(STATIC, entryPoint), path.basename(file)]),
  );
}

/** Sources name icons and fonts as they lie in the tree; bundles by their names in here. */
function renamed(copied) {
  const kinds = { ".js": "js", ".css": "css" };
  return {
    name: "renamed",
    setup({ onLoad }) {
      onLoad({ filter: /\.(js|css)$/ }, async ({ path: file }) => {
        const text = await readFile(file, "utf8");
        const contents = Object.entries(copied).reduce(
          (source, [name, kept]) => source.replaceAll(`/static/${name}`, PLACE + kept),
          text,
        );
        return { contents, loader: kinds[path.extname(file)] };
      });
    },
  };
}

/** Write a file under a name that changes with what is in it; that name. */
async function keep(name, contents) {
  const { name: stem, ext } = path.parse(name);
  const digest = createHash("sha256").update(contents).digest("hex").slice(0, 8).toUpperCase();
  const kept = `${stem}-${digest}${ext}`;
  await writeFile(path.join(folder, kept), contents);
  return kept;
}

async function keepManifest(contents) {
  await writeFile(path.join(folder, "manifest.json"), `${JSON.stringify(contents, null, 1)}\n`);
}

/** One hash over the names and contents of everything that bundles are made of. */
async function digestOf(places) {
  const all = (await Promise.all(places.map(filesIn))).flat().sort();
  const digest = createHash("sha256");
  for (const file of all) {
    const content = createHash("sha256")
      .update(await readFile(file))
      .digest("hex");
    digest.update(`${file} ${content}\n`);
  }
  return digest.digest("hex");
}

/** The files in a folder and below it, or the file itself. */
async function filesIn(place) {
  const entries = await readdir(place, { withFileTypes: true, recursive: true }).catch(() => null);
  if (!entries) return [place];
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));
}
