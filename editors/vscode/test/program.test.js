const assert = require("node:assert");
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const {afterEach, beforeEach, test} = require("node:test");
const {explainEnd, findProgram, installCommand} = require("../src/program");

/** @type {string} */
let place;

beforeEach(() => {
  place = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "specc-vscode-")));
});
afterEach(() => fs.rmSync(place, {recursive: true}));

function made(name) {
  const file = path.join(place, name);
  fs.mkdirSync(path.dirname(file), {recursive: true});
  fs.writeFileSync(file, "#!/bin/sh\n", {mode: 0o755});
  return file;
}

function found(around) {
  return findProgram({setting: "", folders: [], isTrusted: true, searchPath: "", platform: "linux", ...around});
}

test("the setting is stronger than everything else", () => {
  const [named, other] = [made("mine/specc"), made("path/specc")];
  assert.deepStrictEqual(found({setting: named, searchPath: path.dirname(other)}), {path: named});
});

test("a setting that names nothing is an error, and no other program is taken", () => {
  const other = made("path/specc");
  const {problem} = found({setting: path.join(place, "nowhere"), searchPath: path.dirname(other)});
  assert.match(problem, /specc\.path is ".*nowhere", and no program is there/);
});

test("a relative path in the setting is refused: it would be one of the workspace", () => {
  assert.match(found({setting: "./specc"}).problem, /Write an absolute path/);
  assert.match(found({setting: "specc"}).problem, /Write an absolute path/);
});

test("the home folder can be written as ~", () => {
  const {problem} = found({setting: "~/no/such/specc"});
  assert.match(problem, /no program is there/);
});

test("a folder is not a program, and neither is a file that cannot be run", () => {
  fs.mkdirSync(path.join(place, "a/specc"), {recursive: true});
  fs.mkdirSync(path.join(place, "b"));
  fs.writeFileSync(path.join(place, "b/specc"), "", {mode: 0o644});
  assert.match(found({searchPath: `${place}/a:${place}/b`}).problem, /not installed/);
});

test("the chosen Python comes before environments of the workspace, and those before PATH", () => {
  const [chosen, own, other] = [made("env/bin/specc"), made("work/.venv/bin/specc"), made("path/specc")];
  const around = {folders: [path.join(place, "work")], searchPath: path.dirname(other)};
  assert.deepStrictEqual(found({...around, interpreter: path.join(place, "env/bin/python")}), {path: chosen});
  assert.deepStrictEqual(found({...around, interpreter: path.join(place, "env")}), {path: chosen});
  assert.deepStrictEqual(found(around), {path: own});
  fs.rmSync(own);
  assert.deepStrictEqual(found(around), {path: other});
});

test("a workspace that is not trusted does not choose the program", () => {
  const [own, other] = [made("work/.venv/bin/specc"), made("path/specc")];
  const around = {folders: [path.join(place, "work")], isTrusted: false, interpreter: path.join(place, "work/.venv")};
  assert.match(found(around).problem, /not installed/);
  assert.deepStrictEqual(found({...around, searchPath: `${path.dirname(own)}:${path.dirname(other)}`}), {path: other});
});

test("a link on PATH into a workspace that is not trusted is not followed", () => {
  made("work/bin/specc");
  fs.symlinkSync(path.join(place, "work/bin"), path.join(place, "linked"));
  const around = {folders: [path.join(place, "work")], searchPath: path.join(place, "linked")};
  assert.match(found({...around, isTrusted: false}).problem, /not installed/);
  assert.ok("path" in found(around));
});

test("relative entries of PATH mean nothing: the folder is that of the workspace", () => {
  made("specc");
  const before = process.cwd();
  process.chdir(place);
  try {
    assert.match(found({searchPath: ".:::bin"}).problem, /not installed/);
  } finally {
    process.chdir(before);
  }
});

test("an installation goes into the environment of the program", () => {
  const program = made("env/bin/specc");
  assert.strictEqual(installCommand(program), 'python3 -m pip install --upgrade "specc-hpc[lsp]"');
  const python = made("env/bin/python");
  assert.strictEqual(installCommand(program), `${python} -m pip install --upgrade "specc-hpc[lsp]"`);
  const odd = path.dirname(made("a b/python"));
  assert.ok(installCommand(path.join(odd, "specc")).startsWith(`"${odd}/python" -m pip`));
});

test("an old specc has no server", () => {
  const stderr = "Usage: specc [OPTIONS] COMMAND [ARGS]...\n\u001b[1merror: No such command 'lsp'.\u001b[0m\n";
  assert.deepStrictEqual(explainEnd({code: 2, stderr}), {
    message: "This specc is too old: it has no language server.", installs: true,
  });
});

test("a server whose libraries are missing says which", () => {
  const stderr = "error: `specc lsp` needs pygls, which is not installed\nhelp: install it\n";
  const {message, installs} = explainEnd({code: 2, stderr});
  assert.match(message, /needs pygls, which is not installed/);
  assert.ok(installs);
});

test("any other end is told in its own words, and no installation is offered", () => {
  assert.deepStrictEqual(explainEnd({code: 101, stderr: "Traceback\nKeyError: 'x'\n"}), {
    message: "`specc lsp` ended with code 101: KeyError: 'x'", installs: false,
  });
  assert.match(explainEnd({code: null, stderr: "", error: new Error("spawn EACCES")}).message, /EACCES/);
  assert.ok(explainEnd({code: 1, stderr: "x".repeat(10000)}).message.length < 400);
});
