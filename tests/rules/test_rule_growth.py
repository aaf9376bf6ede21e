"""The rules about commands on scripts of many thousand lines: each takes time in proportion to its length."""

from support.compiling import check
from support.tables import each
from support.work import calls

SPEC = "specc: 1\njob: {name: n, core_limit: 4, cmd_line: {$file: run.sh}}\n"
COUNT, CALLS = 1_000, 500
"""So many lines, and calls for each at most."""
LINES = {
    "continuations": "./run \\\n",
    "blanks behind a backslash": "./run \\ \n",
    "comments between": "./run \\\n  # one \\\n",
    "options": "--steps 10\n",
    "variables": "echo $PBS_O_WORKDIR $1 $NSLOTS\n",
    "functions": "f() { echo $1; }\n",
    "numbers": "./run --tag #1 --n\n",
    "one line": "./run;",
    "brackets": "[ $1 ",
}


@each("line", LINES.values())
def test_a_long_script_takes_no_time(line: str) -> None:
    assert calls(lambda: check(SPEC, {"run.sh": line * COUNT})) < CALLS * COUNT
