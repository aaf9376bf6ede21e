"""What a plain check does not load: the second shell parser costs 30 ms, and only a mistake needs it."""

import subprocess
import sys

import pytest
from support.projects import SETTINGS, Place

SPEC = 'specc: 1\njob:\n  name: a\n  core_limit: 4\n  cmd_line: |\n    for i in 1 2; do ./run "$i"; {}\n'
CODE = """import sys
from specc.cli.main import run
run(["check", "a.job.yaml"])
sys.exit("tree_sitter_bash" in sys.modules)
"""


@pytest.mark.parametrize(("closer", "is_loaded"), [("done", 0), ("done | |", 1)])
def test_the_second_parser_is_loaded_for_a_mistake(closer, is_loaded, place: Place):
    place.put("specc.toml", SETTINGS.encode())
    place.put("a.job.yaml", SPEC.format(closer).encode())
    done = subprocess.run([sys.executable, "-c", CODE], cwd=place.root, capture_output=True, check=False)
    assert done.returncode == is_loaded, done.stderr.decode()
