const assert = require("node:assert");
const {test} = require("node:test");
const {filesIn} = require("../src/links");
const {targetsIn} = require("../src/settings");

function links(text) {
  return filesIn(text).map(({start, end, file, line, column}) => [text.slice(start, end), file, line, column]);
}

test("the files of an explanation are found with their lines", () => {
  assert.deepStrictEqual(links('├─ set by file cases/空 腔.job.yaml:28:14: "x"'), [["cases/空 腔.job.yaml:28:14", "cases/空 腔.job.yaml", 28, 14]]);
  assert.deepStrictEqual(links('└─ overrides file base/a.job.yaml:19:14: "64GiB"').map((each) => each[1]), ["base/a.job.yaml"]);
  assert.deepStrictEqual(links('└─ set by target hpc specc.toml:10:15: "jn1a"').map((each) => each.slice(1)), [["specc.toml", 10, 15]]);
  assert.deepStrictEqual(links('└─ set by file specc:serial:10:9: "{{ spec.name }}"'), [], "a shipped base is not a file of the project");
});

test("the files of a graph are found with the scripts that they include", () => {
  assert.deepStrictEqual(links("      cases/a b.job.yaml").map((each) => each[1]), ["cases/a b.job.yaml"]);
  assert.deepStrictEqual(links("  runs/a.job.yaml  ($file: scripts/a.sh)").map((each) => each[1]), ["runs/a.job.yaml", "scripts/a.sh"]);
  assert.deepStrictEqual(links("specc:serial"), []);
  assert.deepStrictEqual(links('job.cmd_line = "run.sh"'), []);
});

const CONFIG = {
  version: 1,
  root: "/p",
  settings: [
    {key: "target", value: "old", origin: "specc.toml:1:1", overridden: true},
    {key: "target", value: "hpc", origin: "specc.local.toml:1:1", overridden: false},
    {key: "targets.hpc.kind", value: "ehpc", origin: "", overridden: false},
    {key: "targets.hpc.job.zone", value: "x", origin: "", overridden: false},
    {key: 'targets."a.b".kind', value: "slurm", origin: "", overridden: false},
  ],
};

test("targets are those of the settings, and this machine", () => {
  assert.deepStrictEqual(targetsIn(JSON.stringify(CONFIG)), {root: "/p", target: "hpc", targets: ["a.b", "hpc", "local"]});
});

test("without settings the target is this machine", () => {
  assert.deepStrictEqual(targetsIn('{"root": "/p", "settings": []}'), {root: "/p", target: "local", targets: ["local"]});
});
