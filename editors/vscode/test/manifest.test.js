const assert = require("node:assert");
const fs = require("node:fs");
const path = require("node:path");
const {test} = require("node:test");
const manifest = require("../package.json");

const source = fs.readFileSync(path.join(__dirname, "../src/extension.js"), "utf8");

test("every command is registered, and every registered command is contributed", () => {
  const contributed = manifest.contributes.commands.map((each) => each.command).sort();
  const registered = [...source.matchAll(/^ {4}"(specc\.\w+)":/gm)].map((match) => match[1]).sort();
  assert.deepStrictEqual(registered, contributed);
});

test("a workspace cannot choose the program", () => {
  assert.strictEqual(manifest.contributes.configuration.properties["specc.path"].scope, "machine");
  assert.strictEqual(manifest.capabilities.untrustedWorkspaces.supported, "limited");
});

test("no program is started through a shell", () => {
  assert.doesNotMatch(source, /shell: true|ShellExecution|sendText|\bexec\(/);
});

test("files that the manifest names are there", () => {
  const {languages, grammars} = manifest.contributes;
  for (const file of [...languages.map((each) => each.configuration), ...grammars.map((each) => each.path)]) {
    assert.ok(JSON.parse(fs.readFileSync(path.join(__dirname, "..", file), "utf8")));
  }
});
