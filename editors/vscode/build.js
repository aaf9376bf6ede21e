// Bundles the extension into dist/extension.js, and the licenses of what it bundles into dist/LICENSES.txt.

const fs = require("node:fs");
const path = require("node:path");
const esbuild = require("esbuild");

const result = esbuild.buildSync({
  entryPoints: ["src/extension.js"],
  outfile: "dist/extension.js",
  bundle: true,
  minify: true,
  platform: "node",
  target: "node18",
  external: ["vscode"],
  legalComments: "none",
  metafile: true,
});
const inputs = Object.keys(result.metafile.inputs).map((file) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0]);
const licenses = [...new Set(inputs)].filter((folder) => folder !== undefined).sort().map((folder) => {
  const file = fs.readdirSync(folder).find((name) => /^licen[cs]e/i.test(name));
  if (!file) {
    throw new Error(`${folder} has no license`);
  }
  const {name, version} = JSON.parse(fs.readFileSync(path.join(folder, "package.json"), "utf8"));
  return `${name} ${version}\n\n${fs.readFileSync(path.join(folder, file), "utf8").trim()}\n`;
});
fs.writeFileSync("dist/LICENSES.txt", licenses.join(`\n${"-".repeat(80)}\n\n`));
