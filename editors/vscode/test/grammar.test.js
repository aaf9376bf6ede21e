const assert = require("node:assert");
const fs = require("node:fs");
const path = require("node:path");
const {before, test} = require("node:test");
const oniguruma = require("vscode-oniguruma");
const {INITIAL, Registry, parseRawGrammar} = require("vscode-textmate");

const OURS = {"source.yaml.specc": "specc", "template.specc.injection": "template"};
const OTHERS = {"source.yaml": "yaml", "source.shell": "shellscript"};

function read(scope) {
  const file = OURS[scope]
    ? path.join(__dirname, "../syntaxes", `${OURS[scope]}.tmLanguage.json`)
    : OTHERS[scope] && require.resolve(`tm-grammars/grammars/${OTHERS[scope]}.json`);
  return file ? parseRawGrammar(fs.readFileSync(file, "utf8"), file) : null;
}

let grammar;

before(async () => {
  const wasm = fs.readFileSync(path.join(path.dirname(require.resolve("vscode-oniguruma")), "onig.wasm"));
  await oniguruma.loadWASM(wasm.buffer.slice(wasm.byteOffset, wasm.byteOffset + wasm.byteLength));
  const registry = new Registry({
    onigLib: Promise.resolve({
      createOnigScanner: (patterns) => new oniguruma.OnigScanner(patterns),
      createOnigString: (text) => new oniguruma.OnigString(text),
    }),
    loadGrammar: async (scope) => read(scope),
    getInjections: (scope) => (scope === "source.yaml.specc" ? ["template.specc.injection"] : []),
  });
  grammar = await registry.loadGrammar("source.yaml.specc");
});

/** Return the tokens of a text with their scopes. Neighbours of the same scopes are one token. */
function tokens(text) {
  let stack = INITIAL;
  return text.split("\n").flatMap((line) => {
    const result = grammar.tokenizeLine(line, stack);
    stack = result.ruleStack;
    const found = [];
    for (const token of result.tokens) {
      const [piece, scopes] = [line.slice(token.startIndex, token.endIndex), token.scopes.join(" ")];
      if (found.at(-1)?.[1] === scopes) {
        found.at(-1)[0] += piece;
      } else {
        found.push([piece, scopes]);
      }
    }
    return found;
  });
}

function scopesOf(text, token) {
  const found = tokens(text).filter(([each]) => each.trim() === token).map(([, scopes]) => scopes);
  assert.ok(found.length > 0, `no token ${token} in ${JSON.stringify(tokens(text))}`);
  return found.join(" / ");
}

test("keys and texts are those of YAML", () => {
  assert.match(scopesOf("specc: 1\njob:\n  name: cavity\n", "name"), /entity\.name\.tag\.yaml/);
  assert.match(scopesOf("specc: 1", "1"), /constant\.numeric/);
  assert.match(scopesOf("# a {{ params.x }}", "a {{ params.x }}"), /comment/);
});

for (const [style, text] of [
  ["quoted", 'a: "x-{{ params.n | sh }}"'],
  ["single-quoted", "a: 'x-{{ params.n | sh }}'"],
  ["plain", "a: x-{{ params.n | sh }}"],
  ["block", "a: |\n  x-{{ params.n | sh }}"],
  ["folded command", "job:\n  cmd_line: >-\n    x-{{ params.n | sh }}"],
  ["list", 'a: ["{{ params.n | sh }}"]'],
]) {
  test(`expressions are seen in a ${style} scalar`, () => {
    assert.match(scopesOf(text, "params"), /meta\.embedded\.template\.specc.*variable\.language/);
    assert.match(scopesOf(text, "sh"), /support\.function\.filter/);
  });
}

test("statements are seen, and what stands behind them is text again", () => {
  const text = "cmd_line: |\n  {% for i in range(3) %}\n  echo ok\n  {% endfor %}\nname: x";
  assert.match(scopesOf(text, "for"), /keyword\.control\.template/);
  assert.match(scopesOf(text, "echo"), /meta\.embedded\.shell\.specc.*shell/);
  assert.match(scopesOf(text, "name"), /entity\.name\.tag\.yaml/);
  assert.doesNotMatch(scopesOf(text, "name"), /embedded/);
});

test("an expression that is never closed ends with its line at most in a command's shell", () => {
  assert.match(scopesOf("job:\n  cmd_line: |\n    echo {{ x\n  name: y", "name"), /entity\.name\.tag\.yaml/);
});
