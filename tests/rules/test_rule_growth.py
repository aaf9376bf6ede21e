"""The rules about commands on scripts of many thousand lines: each takes time in proportion to its length."""

import time

import pytest
from support.compiling import check

SPEC = "specc: 1\njob: {name: n, core_limit: 4, cmd_line: {$file: run.sh}}\n"
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


@pytest.mark.parametrize("line", LINES.values(), ids=LINES)
def test_a_long_script_takes_no_time(line: str) -> None:
    began = time.process_time()
    check(SPEC, {"run.sh": line * 10_000})
    assert time.process_time() - began < 5
