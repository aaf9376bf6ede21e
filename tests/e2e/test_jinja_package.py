"""Jinja2 for whoever else uses it in the same process: all of it is there, and every class once."""

import subprocess
import sys

import pytest

WHOLE = """
import jinja2
from jinja2 import DictLoader, Environment, nodes
from jinja2.environment import Environment as Same
assert Environment is Same
assert jinja2.nodes is nodes and nodes.Node in nodes.Expr.__mro__
assert Environment(loader=DictLoader({"a": "{{ 1 + x }}"})).get_template("a").render(x=2) == "3"
assert set(jinja2.__all__ if hasattr(jinja2, "__all__") else ["Template"]) <= set(dir(jinja2))
try:
    jinja2.nothing
except AttributeError as error:
    assert "nothing" in str(error)
else:
    raise SystemExit("an attribute that is not there")
"""
SPECC = """
from specc.expressions import compile_template
import sys
assert "jinja2.loaders" not in sys.modules or EARLY
assert not isinstance(compile_template("{{ 1 }}"), tuple)
"""


@pytest.mark.parametrize(
    "code",
    [
        f"EARLY = False{SPECC}{WHOLE}{SPECC.replace('EARLY', 'True')}",
        f"EARLY = True{WHOLE}{SPECC}{WHOLE}",
        f"EARLY = True\nimport jinja2.nodes{SPECC}{WHOLE}",
        f"EARLY = False{SPECC}from importlib import import_module, reload\nreload(import_module('jinja2')){WHOLE}",
    ],
    ids=["specc first", "jinja2 first", "a module of it first", "loaded again"],
)
def test_it_is_whole_before_and_after(code: str) -> None:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
