const assert = require("node:assert");
const {test} = require("node:test");
const {explainedAt} = require("../src/keys");

const SPEC = `# a comment
specc: 1
params:
  ranks: {type: integer, default: 4}
  "case":
    type: string
vars:
  run_dir: /scratch/{{ params.case }}/{{ matrix.mesh }}
matrix:
  axes:
    mesh: [coarse, fine]
    seed:
    - 1
profiles:
  smoke:
    job:
      time_limit: 5min
job:
  # about the command
  cmd_line: |
    cd run
    case: is not a key here {{ vars.run_dir }}
  mem_limit: 64GiB
`.split("\n");

/** Return what is explained at the first place of a text. */
function at(text, column = 0) {
  const line = SPEC.findIndex((each) => each.includes(text));
  return explainedAt(SPEC, line, SPEC[line].indexOf(text) + column);
}

test("a field, a parameter and a variable are explained at their keys and in their values", () => {
  assert.deepStrictEqual(at("mem_limit"), {field: "job.mem_limit"});
  assert.deepStrictEqual(at("64GiB"), {field: "job.mem_limit"});
  assert.deepStrictEqual(at("ranks"), {field: "params.ranks"});
  assert.deepStrictEqual(at('"case"'), {field: "params.case"});
  assert.deepStrictEqual(at("type: string"), {field: "params.case"});
  assert.deepStrictEqual(at("run_dir: "), {field: "vars.run_dir"});
});

test("an axis is explained by its name", () => {
  assert.deepStrictEqual(at("coarse"), {field: "matrix.mesh"});
  assert.deepStrictEqual(at("- 1"), {field: "matrix.seed"});
  assert.deepStrictEqual(at("axes"), {field: "matrix"});
});

test("a name that a template reads is explained before the field around it", () => {
  assert.deepStrictEqual(at("params.case", 3), {field: "params.case"});
  assert.deepStrictEqual(at("matrix.mesh", 11), {field: "matrix.mesh"});
  assert.deepStrictEqual(at("vars.run_dir", 1), {field: "vars.run_dir"});
});

test("a line of a text belongs to the key of the text", () => {
  assert.deepStrictEqual(at("cd run"), {field: "job.cmd_line"});
});

test("a field of a profile is explained with that profile", () => {
  assert.deepStrictEqual(at("5min"), {field: "job.time_limit", profile: "smoke"});
});

test("a section is explained as a whole, and the header not at all", () => {
  assert.deepStrictEqual(at("job:"), {field: "job", profile: "smoke"});
  assert.deepStrictEqual(explainedAt(SPEC, SPEC.indexOf("job:"), 0), {field: "job"});
  assert.strictEqual(at("specc: 1"), undefined);
  assert.strictEqual(at("# a comment"), undefined);
  assert.strictEqual(explainedAt([], 0, 0), undefined);
});
