"""What is tried: random specs, templates, settings, pages, scripts and command lines, each from one random generator.

Everything is small, so that many are tried; `sized` alone makes inputs of up to 256 KiB out of something repeated.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import chain
from pathlib import Path
from random import Random

from specc.expressions.filters import NAMES as FILTERS
from specc.expressions.methods import METHODS
from specc.expressions.predicates import TESTS

ROOT = Path(__file__).parents[2]
SPEC, BASE, SETTINGS, SCRIPT, PAGE = "a.job.yaml", "base.job.yaml", "specc.toml", "run.sh", "page.md"
BASELINE, PLAN = "baseline.json", "plan.json"
MOST = 256 * 1024

GOOD_SETTINGS = b"""project = "demo"
target = "local"
env = ["HOME", "A"]
[units]
mem_limit = "MiB"
time_limit = "min"
[targets.hpc]
kind = "ehpc"
job = {zone = "jn1a", cluster_id = "ehpc-1", run_user = "usr-1"}
queues = {normal = {max_cores = 64, max_time = "3-00:00:00"}}
"""
GOOD_BASE = b"""specc: 1
abstract: true
params: {ranks: {type: integer, default: 4, minimum: 1}}
vars: {a: 1, m: {x: '{{ vars.a }}'}, cases: [{name: a, id: 1}, {name: b, id: 2}]}
job: {core_limit: 4, time_limit: 2h, zone: z, cluster_id: c, run_user: u}
"""
GOOD_SPEC = b"""specc: 1
extends: base.job.yaml
params:
  case: {type: string, choices: [cavity, channel]}
  seeds: {type: list, example: [1, 2]}
vars:
  deep: {one: "{{ params.ranks * 2 }}", two: ["{{ vars.deep.one }}", 3]}
  text: "one two\\nthree"
  sizes: [3, 1, 2]
matrix:
  axes: {mesh: [coarse, fine], seed: {from: 1, to: 3}}
  zip: {lr: [0.1, 0.2], decay: [1, 2]}
  exclude: [{mesh: fine, seed: 1}]
  include: [{mesh: huge, seed: 9, lr: 0.5, decay: 3}]
profiles:
  smoke: {matrix: {axes: {mesh: [coarse]}}, job: {core_limit: 1}}
job:
  name: n-{{ cell.slug }}
  cmd_line: |
    module load gcc
    {% for seed in params.seeds %}run {{ vars.deep.one }} {{ seed }}
    {% endfor %}
  mem_limit: 64GiB
  input_file: {$file: run.sh, env: {MESH: "{{ matrix.mesh }}"}, args: ["{{ vars.deep.one }}"]}
"""
GOOD_SCRIPT = b"""#!/bin/bash
#SBATCH --job-name=demo
#SBATCH --ntasks=4
#SBATCH --time=1:00:00
#SBATCH --mem=4G
set -euo pipefail
for f in *.in; do srun ./solver "$f" > "${f%.in}.out"; done
cat <<EOF
done $SLURM_JOB_ID
EOF
"""
GOOD_PLAN = b"""{"version": 1, "plan": "p", "ledger": "l", "project": "demo",
 "target": {"name": "local", "identity": "local"},
 "asked": {"specs": ["a.job.yaml"], "profiles": [], "params": [], "sets": [], "only": [], "cells": [], "states": [],
 "changed": false, "rerun": false, "resend_unknown": false},
 "steps": [{"spec": "a", "cell": "c", "params": {}, "digest": "d", "action": "send", "attempt": 1}]}
"""
GOOD_BASELINE = b'{"version": 1, "findings": {"a.job.yaml": {"SPC401": 1, "SPC501": 2}}}\n'


@dataclass(frozen=True)
class Input:
    """Something to try: files of a folder, and what is done with them. `kind` says who judges it.

    `count` is the number of specs or templates that were made at random for it: that many inputs it is.
    """

    kind: str
    files: dict[str, bytes] = field(default_factory=dict)
    commands: tuple[tuple[str, ...], ...] = ()
    count: int = 1

    @property
    def size(self) -> int:
        return sum(map(len, self.files.values())) + len(repr(self.commands))


# numbers and words that break programs

INTEGERS = [
    *("0", "1", "-1", "2", "3", "7", "-3", "10**20", "2**63", "2**64 - 1", "10**400", "-10**30", "2**31", "1000000"),
    *("10**1000", "65536", "65537", "2**4095", "-2**63", "8", "true", "false", "64", "99", "255", "256"),
]
NUMBERS = [
    *INTEGERS,
    "1.5",
    "-0.0",
    "1e308",
    "1e308 * 10",
    "-1e308 * 10",
    "(1e308 * 10) - (1e308 * 10)",
    "1e-320",
    "0.1",
]
TEXTS = [
    *("''", "'a'", "'b c'", "'\\n'", "'é'", "'中文'", "'%s'", "'%d'", "'%(a)s'", "'%*d'", "'%c'", "'%5000d'", "'{}'"),
    *("'nan'", "'inf'", "'1e999'", "'9' * 5000", "'0x' ~ 'f' * 4000", "'a b' * 20", "'\\u0661'", "'-'", "'\\x00'"),
    *("'\\ud800'", "'ß'", "'İ'", "'١'", "'²'", "'1_0'", "' 7 '", "'-1'", "'1.5'", "'x.y'", "'name'", "'nmae'", "'0'"),
]
VALUES = [
    *("params.n", "params.ranks", "params.case", "params.name", "params.none", "params.yes", "params.nope", "params"),
    *("params.f", "params.zero", "params.no", "params.empty", "vars.run.depth"),
    *("vars", "vars.a", "vars.m", "vars.m.x", "vars.cases", "vars.cases[0]", "vars.cases[9]", "vars.cases[0].nmae"),
    *("vars.words", "vars.sizes", "vars.text", "vars.run", "vars.run.dir", "vars.nope", "vars.nope.x", "vars['a']"),
    *("matrix.mesh", "matrix", "job.name", "job", "cell.slug", "cell", "spec.id", "env.HOME", "nope", "none", "loop"),
    *("[]", "{}", "()", "[1, 'a']", "{'a': 1}", "[none]", "[[]]", "{1: 2, 'b': 3}", "[{'a': 1}, {'b': 2}]", "(1, 2)"),
    *("range(3)", "range(10**20)", "range(-1)", "range(0, 10**20, 10**19)", "range(5, 0, -1)", "vars.m.items()"),
    *("{'items': 1}", "vars.cases | map(attribute='name')", "vars.m | dictsort", "vars.cases | groupby('name')"),
]
BINARY = [*("+", "-", "*", "/", "//", "%", "**", "~", "<", "<=", "==", "!=", ">", "in", "not in", "and", "or"), "|"]
ATTRIBUTES = [
    "'name'",
    "'nmae'",
    "'id'",
    "'name.x'",
    "''",
    "0",
    "-1",
    "'0'",
    "10**20",
    "none",
    "1.5",
    "'_x'",
    "['a']",
    "'a,b'",
]
FILTER_NAMES = [*FILTERS, "gib", "mib", "minutes", "seconds", "nope", "attr"]
KEYWORDS = [
    "attribute",
    "default",
    "default_value",
    "boolean",
    "case_sensitive",
    "reverse",
    "by",
    "width",
    "start",
    "indent",
]
TEST_NAMES = [name for name in TESTS if name.isalpha()]
NESTS = ["map", "select", "reject", "selectattr", "rejectattr"]


def expression(random: Random, depth: int = 3) -> str:
    """A Jinja2 expression of filters, tests, methods and operators, typed right or wrong."""
    if depth <= 0 or random.random() < 0.15:
        return random.choice(random.choice((NUMBERS, TEXTS, VALUES, VALUES)))
    return random.choice(FORMS)(random, depth - 1)


def _args(random: Random, depth: int) -> str:
    pool = [
        lambda: random.choice(ATTRIBUTES),
        lambda: random.choice(INTEGERS),
        lambda: random.choice(TEXTS),
        lambda: expression(random, min(depth, 1)),
        lambda: f"{random.choice(KEYWORDS)}={random.choice(random.choice((ATTRIBUTES, INTEGERS, TEXTS)))}",
    ]
    return ", ".join(random.choice(pool)() for _ in range(random.choice((0, 1, 1, 1, 2, 3))))


def _binary(random: Random, depth: int) -> str:
    return f"({expression(random, depth)} {random.choice(BINARY[:-1])} {expression(random, depth)})"


def _filter(random: Random, depth: int) -> str:
    args = _args(random, depth)
    return f"{expression(random, depth)} | {random.choice(FILTER_NAMES)}" + (f"({args})" if args else "")


def _nested(random: Random, depth: int) -> str:
    name = random.choice(NESTS)
    args = [f"'{random.choice(FILTER_NAMES if name == 'map' else list(TESTS))}'"]
    if name.endswith("attr"):
        args.insert(0, random.choice(ATTRIBUTES))
    if name == "map" and random.random() < 0.4:
        args = [f"attribute={random.choice(ATTRIBUTES)}"]
    more = _args(random, depth)
    return f"{expression(random, depth)} | {name}({', '.join([*args, *([more] if more else [])])})" + random.choice(
        ("", " | list", " | join", " | first", " | sum", " | sort", " | tojson", " | length")
    )


def _attributed(random: Random, depth: int) -> str:
    name = random.choice(("groupby", "sort", "unique", "min", "max", "sum", "join"))
    comma = "', ', " if name == "join" else ""
    return f"{expression(random, depth)} | {name}({comma}attribute={random.choice(ATTRIBUTES)})" + random.choice(
        ("", " | list", " | string", " | tojson", " | length")
    )


def _test(random: Random, depth: int) -> str:
    args = _args(random, depth)
    name = random.choice(TEST_NAMES) + (f"({args})" if args else "")
    return f"({expression(random, depth)} {random.choice(('is', 'is not'))} {name})"


def _method(random: Random, depth: int) -> str:
    return f"({expression(random, depth)}).{random.choice(list(METHODS))}({_args(random, depth)})"


def _index(random: Random, depth: int) -> str:
    bounds = [
        random.choice(("", random.choice(INTEGERS), expression(random, 0))) for _ in range(random.choice((1, 2, 3)))
    ]
    return f"({expression(random, depth)})[{':'.join(bounds) or '0'}]"


def _other(random: Random, depth: int) -> str:
    one, two, three = (expression(random, depth) for _ in range(3))
    return random.choice(
        (
            f"({one} if {two} else {three})",
            f"({one} if {two})",
            f"-({one})",
            f"not ({one})",
            f"[{one}, {two}]",
            f"{{{one}: {two}}}",
            f"({one}, {two})",
            f"range({_args(random, depth)})",
            f"({one}) | default({two})",
            f"({one}) | default({two}, true)",
            f"'%s %s' | format({one}, {two})",
            f"({one} < {two} < {three})",
            f"({one}).{random.choice(('name', 'nmae', 'x', 'items', '_x', 'real', 'keys', 'a'))}",
        )
    )


FORMS: list[Callable[[Random, int], str]] = [
    *(
        _binary,
        _binary,
        _filter,
        _filter,
        _filter,
        _nested,
        _nested,
        _attributed,
        _test,
        _method,
        _method,
        _index,
        _other,
    ),
    _other,
]


def template(random: Random) -> str:
    """A text with holes and statements, or one that is a single hole."""
    if random.random() < 0.7:
        return f"{{{{ {expression(random, random.choice((1, 2, 2, 3)))} }}}}"
    parts = [_part(random, random.choice((1, 1, 2))) for _ in range(random.randint(1, 3))]
    return "".join(parts)


STATEMENTS = ("macro f()", "block a", "include x", "filter upper", "call f()", "nope", "else", "endif", "")


def _part(random: Random, depth: int) -> str:
    if depth == 0 or random.random() < 0.4:
        word = random.choice(("x ", "'", '"', "$", "\\", "\n", "# ", "<<E\n", "é", "", "\r\n", "{#", "}}", " -", "`"))
        return random.choice((word, f"{{{{ {expression(random, 2)} }}}}", f"{{{{- {expression(random, 1)} -}}}}"))
    inner, other, value = _part(random, depth - 1), _part(random, depth - 1), expression(random, 1)
    return random.choice(
        (
            f"{{% if {value} %}}{inner}{{% else %}}{other}{{% endif %}}",
            f"{{% for i in {value} %}}{inner}{{{{ loop.index }}}}{{{{ i }}}}{{% endfor %}}",
            f"{{% for i, k in {value} %}}{inner}{{{{ i }}}}{{% else %}}{other}{{% endfor %}}",
            f"{{% for i in {value} if i %}}{inner}{{% endfor %}}",
            f"{{% set i = {value} %}}{inner}{{{{ i }}}}",
            f"{{% set i, k = {value} %}}{{{{ k }}}}",
            f"{{% with i = {value} %}}{inner}{{% endwith %}}",
            f"{{% raw %}}{inner}{{% endraw %}}",
            f"{{% {random.choice(STATEMENTS)} %}}{inner}",
        )
    )


# YAML

KEYS = [
    *("a", "b", "m", "x", "ranks", "mesh", "smoke", "é", "from", "to", "step", "type", "default", "choices", "example"),
    *("minimum", "maximum", "axes", "zip", "exclude", "include", "max", "repeat", "name", "cmd_line", "core_limit"),
    *("mem_limit", "time_limit", "input_file", "timestamp", "submit_type", "env", "args", "job", "vars", "matrix"),
    *("$append", "$prepend", "$replace", "$unset", "$file", "$literal", "$nope", "<<", "specc", "null", "1", "[a]"),
    *("zone", "cluster_id", "run_user", "stdout_redirect_path", "hpcqueue_id", "resource_limit", "profiles", "params"),
    *("extends", "abstract", "id", "api", "description", "? [a, b]", "'q'", '"\\n"', "&k k", "*k", "!t t", "-", "x-y"),
]
SECTIONS = ["params", "vars", "matrix", "profiles", "job", "extends", "abstract", "api", "id", "x-any", "specc", "jbo"]
HUGE = ["9" * 400, "9" * 1000, "9" * 1001, "9" * 4400, "-" + "9" * 4400, "0x" + "f" * 4000, "0o" + "7" * 5000, "1e4400"]
PLAIN = [
    *(
        "null",
        "true",
        "1",
        "0",
        "-3",
        "4.0",
        "1.5",
        ".nan",
        ".inf",
        "-.inf",
        "1e300",
        "1e999",
        "9007199254740993",
        "010",
    ),
    *(
        "no",
        "~",
        "*n",
        "0x10",
        "0o17",
        "1_000",
        "12:00:00",
        "2026-01-01",
        "64GiB",
        "64G",
        "2h30m",
        "1:30",
        "1-12:00:00",
        "3-00:00",
        "1-12",
    ),
    *(
        "run.sh",
        "nope.sh",
        "base.job.yaml",
        "../x",
        "//base.job.yaml",
        "specc:mpi",
        "/dev/zero",
        ".",
        "ehpc/v2",
        "ehpc/v9",
    ),
    *(
        "integer",
        "string",
        "list",
        "number",
        "boolean",
        "[",
        "{",
        "]",
        "a: b",
        "- a",
        "a #b",
        "# c",
        "'",
        '"',
        "|",
        ">-",
    ),
    *(
        "# specc: ignore[SPC401]",
        "# specc: ignore[unknown-field] x",
        "# specc ignore",
        "&n x",
        "!!str 1",
        "@a",
        "`a`",
        "%a",
    ),
    *(
        "18446744073709551616GiB",
        "1e999GiB",
        "99999999999999999999h",
        "0.1GiB",
        "-1h",
        "9" * 400 + "GiB",
        "٣GiB",
        "1h1h",
    ),
    *(
        "mpirun -np 4 ./x",
        "mpirun -np " + "9" * 4400,
        "srun -n ٣ x",
        "echo $(a",
        "(a)(a)(a)",
        "cat <<E",
        "a \\",
        "é",
        "\x7f",
    ),
    *(
        "\u00a0",
        "a\u2028b",
        "\ufeff",
        "\x85",
        "\u202e",
        "😀",
        "$HOME",
        "~/x",
        "${a[@]}",
        "$((1+",
        "`",
        "'a'b\"c\"",
        "a;;b",
    ),
]


def scalar(random: Random) -> str:
    chance = random.random()
    if chance < 0.45:
        return random.choice(PLAIN)
    if chance < 0.48:
        return random.choice(HUGE)
    if chance < 0.6:
        return quoted(random.choice(PLAIN))
    return quoted(template(random))


def quoted(text: str) -> str:
    escaped = (
        text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r").replace("\0", "\\0")
    )
    return f'"{escaped}"'


def flow(random: Random, depth: int = 3) -> str:
    chance = random.random()
    if depth == 0 or chance < 0.4:
        return scalar(random)
    if chance < 0.6:
        return f"[{', '.join(flow(random, depth - 1) for _ in range(random.randint(0, 3)))}]"
    if chance < 0.66:
        return f"&n {flow(random, depth - 1)}"
    pairs = (f"{random.choice(KEYS)}: {flow(random, depth - 1)}" for _ in range(random.randint(0, 3)))
    return f"{{{', '.join(pairs)}}}"


def block(random: Random, indent: int, depth: int = 3) -> str:
    """The lines of a value below its key, with the line break before them."""
    chance = random.random()
    pad = "  " * indent
    if depth == 0 or chance < 0.35:
        return f" {flow(random, 2)}\n"
    if chance < 0.5:
        head = random.choice(("|", "|-", "|+", ">", ">-", "|2", ">1"))
        lines = (
            template(random) if random.random() < 0.5 else random.choice(PLAIN) for _ in range(random.randint(0, 4))
        )
        return f" {head}\n" + "".join(f"{pad}{line}\n" for text in lines for line in text.split("\n"))
    if chance < 0.65:
        return "\n" + "".join(f"{pad}-{block(random, indent + 1, depth - 1)}" for _ in range(random.randint(1, 3)))
    pairs = (f"{pad}{random.choice(KEYS)}:{block(random, indent + 1, depth - 1)}" for _ in range(random.randint(1, 4)))
    return "\n" + "".join(pairs)


def grown_spec(random: Random) -> bytes:
    names = random.sample(SECTIONS, random.randint(1, 5))
    head = random.choice(("specc: 1\n", "specc: 1\nextends: base.job.yaml\n", "specc: 1\nextends: base.job.yaml\n", ""))
    return encoded(head + "".join(f"{name}:{block(random, 1)}" for name in names))


def encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


# mutations of anything

PIECES = [
    *(
        ": ",
        "- ",
        "\n",
        "\n\n",
        " ",
        "  ",
        "\t",
        "\r\n",
        "#",
        "'",
        '"',
        "[",
        "]",
        "{",
        "}",
        ",",
        "|",
        ">",
        "&a ",
        "*a",
        "!",
        "?",
    ),
    *(
        "{{",
        "}}",
        "{%",
        "%}",
        "{{ ",
        " }}",
        "$",
        "\\",
        "<<: ",
        "---\n",
        "...\n",
        "%YAML 1.2\n",
        "\0",
        "\x1b[31m",
        "\u2028",
    ),
    *(
        "\ufeff",
        "é",
        "中",
        "😀",
        "\u202e",
        "\x85",
        "\u00a0",
        "=",
        "==",
        "[[x]]\n",
        "[a.b]\n",
        "'''",
        '"""',
        "0x",
        "1e9",
        "-",
        "--",
    ),
    *(
        "(",
        ")",
        "(a)",
        "$(",
        "`",
        "<<EOF\n",
        "&&",
        ";;",
        "| --- |\n",
        "| a | b |\n",
        "## ",
        "```\n",
        "null",
        "true",
        "NaN",
    ),
]


@cache
def corpus(*endings: str) -> tuple[bytes, ...]:
    """Every file of the project's cases, examples, templates and schemas with such a name."""
    folders = ("tests/cases", "examples", "templates", "schemas", "tests/pages")
    found = (path for folder in folders for path in sorted((ROOT / folder).rglob("*")))
    return tuple(path.read_bytes() for path in found if path.is_file() and path.name.endswith(endings))


def mutated(random: Random, data: bytes, others: Sequence[bytes], words: Sequence[str] = PIECES) -> bytes:
    """The text with a few edits: lines or pieces lost, doubled, moved, replaced, or taken from another text."""
    text = data.decode("utf-8", "surrogateescape")
    for _ in range(random.choice((1, 1, 2, 2, 3, 5, 8))):
        text = random.choice(EDITS)(random, text, others, words)
    return text[:MOST].encode("utf-8", "surrogatepass" if "\ud800" in text else "surrogateescape")


def _lines(random: Random, text: str, others: Sequence[bytes], words: Sequence[str]) -> str:
    lines = text.splitlines(keepends=True) or [""]
    start = random.randrange(len(lines))
    stop = min(len(lines), start + random.randint(1, 4))
    chance = random.random()
    if chance < 0.4:
        del lines[start:stop]
    elif chance < 0.7:
        lines[start:start] = lines[start:stop]
    else:
        lines.insert(random.randrange(len(lines)), lines[start])
    return "".join(lines)


def _piece(random: Random, text: str, others: Sequence[bytes], words: Sequence[str]) -> str:
    at = random.randint(0, len(text))
    return text[:at] + random.choice(words) + text[at + random.choice((0, 0, 0, 1, 2, 5)) :]


def _value(random: Random, text: str, others: Sequence[bytes], words: Sequence[str]) -> str:
    """Another value behind a `:` or `=`."""
    places = [index for index, char in enumerate(text) if char in ":="]
    if not places:
        return text + scalar(random)
    at = random.choice(places) + 1
    end = text.find("\n", at)
    return f"{text[:at]} {flow(random, 2)}{text[end if end >= 0 else len(text) :]}"


def _word(random: Random, text: str, others: Sequence[bytes], words: Sequence[str]) -> str:
    """Another word in the place of one."""
    parts = text.split(" ")
    parts[random.randrange(len(parts))] = random.choice(
        (random.choice(KEYS), random.choice(PLAIN), random.choice(HUGE))
    )
    return " ".join(parts)


def _spliced(random: Random, text: str, others: Sequence[bytes], words: Sequence[str]) -> str:
    other = random.choice(others).decode("utf-8", "replace")
    start = random.randint(0, len(other))
    at = random.randint(0, len(text))
    return text[:at] + other[start : start + random.randint(1, 80)] + text[at:]


def _repeated(random: Random, text: str, others: Sequence[bytes], words: Sequence[str]) -> str:
    start = random.randint(0, len(text))
    part = text[start : start + random.randint(1, 20)]
    return text[:start] + part * random.choice((2, 3, 10, 50)) + text[start:]


def _byte(random: Random, text: str, others: Sequence[bytes], words: Sequence[str]) -> str:
    at = random.randint(0, len(text))
    odd = random.choice((chr(random.randrange(256)), "\udcff", "\udc80", chr(random.randrange(0x2FFF)), "\ud800"))
    return text[:at] + odd + text[at + 1 :]


EDITS = [_lines, _lines, _piece, _piece, _piece, _value, _value, _word, _spliced, _repeated, _byte]


# kinds of inputs

SHOWING = (
    *(
        ("explain", SPEC),
        ("graph",),
        ("plan", SPEC, "--target", "local"),
        ("fmt", "--diff", SPEC),
        ("diff", SPEC, BASE),
    ),
    *(("check", "--output", name, SPEC) for name in ("text", "concise", "sarif", "github", "gitlab", "junit")),
    *(("render", "--format", name, SPEC) for name in ("yaml", "request", "cells")),
    *(("render", "--digest", SPEC), ("check", "--diff", "--unsafe-fixes", SPEC), ("check", "--statistics", SPEC)),
    *(("explain", SPEC, "job.cmd_line"), ("explain", SPEC, "vars.a"), ("render", SPEC, "--profile", "smoke")),
)


def spec(random: Random) -> Input:
    """Several specs, which are checked at once, and then one more command for all or one of them."""
    names = [SPEC, *(f"s{number}.job.yaml" for number in range(1, SPECS_OF_AN_INPUT))]
    base = GOOD_BASE if random.random() < 0.8 else mutated(random, GOOD_BASE, corpus(".job.yaml"))
    files = {name: spec_text(random) for name in names}
    chance = random.random()
    command = random.choice(SHOWING) if chance < 0.6 else ("again",) if chance < 0.7 else ("payloads",)
    return Input("spec", {**files, BASE: base, SCRIPT: GOOD_SCRIPT, SETTINGS: GOOD_SETTINGS}, (command,), len(names))


def spec_text(random: Random) -> bytes:
    specs, chance = corpus(".job.yaml"), random.random()
    if chance < 0.35:
        return grown_spec(random)
    return mutated(random, GOOD_SPEC if chance < 0.65 else random.choice(specs), specs)


def templates(random: Random) -> Input:
    texts = [template(random) for _ in range(TEMPLATES_OF_AN_INPUT)]
    lines = "".join(f"  - {quoted(text)}\n" for text in texts)
    files = {SPEC: TEMPLATES_HEAD + encoded(lines), BASE: GOOD_BASE, SETTINGS: GOOD_SETTINGS}
    return Input("templates", files, count=len(texts))


SPECS_OF_AN_INPUT = 6
TEMPLATES_OF_AN_INPUT = 25
TEMPLATES_HEAD = b"""specc: 1
extends: base.job.yaml
job: {name: n, cmd_line: x}
matrix: {axes: {mesh: [c, f]}}
vars:
  words: [b, A]
  sizes: [3, 1]
  t:
"""


def yaml(random: Random) -> Input:
    chance = random.random()
    texts = corpus(".yaml")
    text = grown_spec(random) if chance < 0.3 else mutated(random, random.choice(texts), texts)
    if random.random() < 0.5:
        start = random.randint(0, len(text))
        text = text[start : start + 300]
    return Input("yaml", {SPEC: text})


def settings(random: Random) -> Input:
    texts = corpus(".toml")
    text = mutated(random, random.choice((GOOD_SETTINGS, GOOD_SETTINGS, random.choice(texts))), texts)
    files = {SETTINGS: text, SPEC: GOOD_SPEC, BASE: GOOD_BASE, SCRIPT: GOOD_SCRIPT}
    return Input("command", files, (("config",), ("check", "--no-cache")))


def page(random: Random) -> Input:
    pages = corpus(".md")
    kind = random.choice(("request", "response", "editor"))
    text = mutated(random, random.choice(pages), pages)
    return Input("command", {PAGE: text}, (("schema", "build", PAGE, "--kind", kind),))


def script(random: Random) -> Input:
    scripts = corpus(".sh", ".sbatch", ".j2")
    text = mutated(random, random.choice((GOOD_SCRIPT, GOOD_SCRIPT, random.choice(scripts))), scripts)
    files = {
        SCRIPT: text,
        SETTINGS: GOOD_SETTINGS,
        SPEC: b"specc: 1\njob: {name: n, core_limit: 1, cmd_line: {$file: run.sh}}\n",
    }
    return Input("command", files, (("check", "--no-cache", SPEC), ("init", "--from", SCRIPT, "out")))


def baseline(random: Random) -> Input:
    text = mutated(random, GOOD_BASELINE, [GOOD_BASELINE, GOOD_PLAN])
    bad = b"specc: 1\njob: {name: n, core_limit: 1, cmd_lin: x}\n"
    command = ("check", "--no-cache", "--baseline", BASELINE, *random.choice(((), ("--update-baseline",))))
    return Input("command", {BASELINE: text, SPEC: bad, SETTINGS: GOOD_SETTINGS}, (command,))


def plan(random: Random) -> Input:
    text = mutated(random, GOOD_PLAN, [GOOD_BASELINE, GOOD_PLAN])
    good = (
        b"specc: 1\njob: {name: n, core_limit: 1, cmd_line: x, zone: z, cluster_id: c, run_user: u, time_limit: 1h}\n"
    )
    return Input(
        "command", {PLAN: text, SPEC: good, SETTINGS: GOOD_SETTINGS}, (("submit", "--dry-run", "--plan", PLAN),)
    )


OPTIONS = ("-p", "--set", "--only", "--profile", "--cell", "--target")
LEFT = [
    *(
        "case",
        "ranks",
        "seeds",
        "nope",
        "job.name",
        "job.core_limit",
        "job.mem_limit",
        "job.cmd_line",
        "matrix.axes.mesh",
    ),
    *(
        "vars.a",
        "vars.sizes",
        "mesh",
        "seed",
        "lr",
        "matrix.max",
        "matrix.repeat",
        "params.ranks",
        "",
        "job",
        "a.b.c",
        "é",
    ),
]


def arguments(random: Random) -> Input:
    """A command line. None is longer than what a kernel takes, and none holds a NUL, which no command line can."""
    words: list[str] = []
    for _ in range(random.randint(1, 3)):
        value = random.choice((scalar(random), flow(random, 2)))
        words += (random.choice(OPTIONS), f"{random.choice(LEFT)}{random.choice(('=', '=', '=', '', '=='))}{value}")
    cleaned = [word.replace("\0", "").encode("utf-8", "replace").decode() for word in words]
    files = {SPEC: GOOD_SPEC, BASE: GOOD_BASE, SCRIPT: GOOD_SCRIPT, SETTINGS: GOOD_SETTINGS}
    return Input("command", files, ((random.choice(("check", "render", "render", "explain")), SPEC, *cleaned),))


def sized(random: Random) -> Input:
    """Something repeated, up to 256 KiB: whatever takes more than linear time or memory shows."""
    most = random.choice((4_000, 16_000, 64_000, MOST))
    target = random.choice((SPEC, SPEC, SPEC, SETTINGS, SCRIPT, PAGE))
    seed = {SPEC: GOOD_SPEC, SETTINGS: GOOD_SETTINGS, SCRIPT: GOOD_SCRIPT, PAGE: random.choice(corpus(".md"))}[target]
    pools = {SPEC: corpus(".job.yaml"), SETTINGS: corpus(".toml"), SCRIPT: corpus(".sh"), PAGE: corpus(".md")}
    text = random.choice((seed, random.choice(pools[target]))).decode("utf-8", "replace")
    if random.random() < 0.5:
        lines = text.splitlines(keepends=True) or ["\n"]
        at = random.randrange(len(lines))
        part, before, after = lines[at], "".join(lines[:at]), "".join(lines[at:])
    else:
        at = random.randint(0, len(text))
        part = random.choice(
            (text[at : at + random.randint(1, 12)], random.choice(PIECES), random.choice(PLAIN), expression(random, 1))
        )
        before, after = text[:at], text[at:]
    numbered = random.random() < 0.5
    count = max(1, (most - len(encoded(text))) // max(1, len(encoded(part)) + (4 if numbered else 0)))
    repeated = "".join(numbered_copy(part, index) for index in range(count)) if numbered else part * count
    files = {SETTINGS: GOOD_SETTINGS, SPEC: GOOD_SPEC, BASE: GOOD_BASE, SCRIPT: GOOD_SCRIPT}
    files[target] = encoded(before + repeated + after)[:MOST]
    if target == PAGE:
        return Input("command", files, (("schema", "build", PAGE),))
    more = (("init", "--from", SCRIPT, "out"),) if target == SCRIPT else (random.choice(SHOWING[:12]),)
    return Input("command", files, (("check", "--no-cache", SPEC), *more))


def numbered_copy(part: str, index: int) -> str:
    """With a number in it, so that no two keys are alike."""
    at = next((place for place, char in enumerate(part) if char in ":=,"), len(part.rstrip()))
    return f"{part[:at]}{index}{part[at:]}"


KINDS: dict[Callable[[Random], Input], int] = {
    spec: 120,
    templates: 120,
    yaml: 300,
    settings: 60,
    page: 30,
    script: 50,
    baseline: 20,
    plan: 8,
    arguments: 40,
    sized: 2,
}
_WHEEL = list(chain.from_iterable([make] * share for make, share in KINDS.items()))


def made(seed: str, number: int) -> tuple[str, Input]:
    """The input of a number in the run of a seed, and by which generator: the same each time."""
    random = Random(f"{seed}/{number}")
    make = random.choice(_WHEEL)
    return make.__name__, make(random)
