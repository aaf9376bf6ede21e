"""Mutation testing: each small mistake in a module has to fail the module's own tests.

`make mutants` tries all mutants of the packages that `pyproject.toml` names, `make mutants SAMPLE=50` so many of each.
A mutant is a fork that imports the changed module in place of the module, and runs the tests until one fails. What
survives is either equivalent, or a test is missing.
"""

import argparse
import ast
import io
import os
import random
import resource
import signal
import sys
import time
import tomllib
from collections.abc import Iterator, Sequence
from contextlib import redirect_stderr, redirect_stdout
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_file_location, spec_from_loader
from math import ceil
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT)]

import hypothesis.strategies  # noqa: E402, F401  so that no fork has to import it
import jinja2  # noqa: E402, F401
import pytest  # noqa: E402
import ruamel.yaml  # noqa: E402, F401
import yaml  # noqa: E402, F401
from mutants.changing import Mutant, mutants  # noqa: E402

PATIENCE = 10
"""So many times as long as the tests take by themselves may they take on a mutant. One that does not end is found."""

OPTIONS = ["-x", "-q", "-p", "no:cacheprovider", "-W", "ignore::pytest.PytestAssertRewriteWarning"]


class Changed(MetaPathFinder, Loader):
    """Imports one module from a changed tree."""

    def __init__(self, name: str, path: Path, mutant: Mutant) -> None:
        self.name, self.path, self.mutant = name, path, mutant

    def find_spec(self, fullname: str, path: object, target: object = None) -> ModuleSpec | None:
        if fullname != self.name:
            return None
        if self.path.name != "__init__.py":
            return spec_from_loader(fullname, self, origin=str(self.path))
        found = spec_from_file_location(
            fullname, self.path, loader=self, submodule_search_locations=[str(self.path.parent)]
        )
        assert found is not None
        return found

    def exec_module(self, module: ModuleType) -> None:
        module.__file__ = str(self.path)
        exec(compile(self.mutant.tree, str(self.path), "exec"), module.__dict__)


def dies(name: str, path: Path, mutant: Mutant, tests: Sequence[str], seconds: int = 1_000) -> bool:
    """Run the tests on a mutant, in a fork, for so many seconds at most. Does any fail?"""
    child = os.fork()
    if child:
        _, status = os.waitpid(child, 0)
        return status != 0
    code = 1
    try:
        os.setpgid(0, 0)
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
        signal.alarm(seconds)
        os.chdir(ROOT)
        sys.meta_path.insert(0, Changed(name, path, mutant))
        quiet = io.StringIO()
        with redirect_stdout(quiet), redirect_stderr(quiet):
            code = int(pytest.main([*OPTIONS, *tests]))
    finally:
        if code and not mutant.line:
            print(quiet.getvalue()[-3000:], file=sys.stderr, flush=True)
        os._exit(code)


def of_package(package: str) -> Iterator[tuple[str, Path, Mutant]]:
    for path in sorted((ROOT / "specc" / package).rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        yield from ((name, path, mutant) for mutant in mutants(path.read_text(encoding="utf-8")))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--package", help="only this one")
    parser.add_argument("--module", help="only modules whose path ends so")
    parser.add_argument("--sample", type=int, help="so many of each package, by chance")
    parser.add_argument("--seed", type=int, default=random.randrange(10**9))
    asked = parser.parse_args()
    tests: dict[str, list[str]] = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["specc-mutants"]
    print(f"seed {asked.seed}")
    is_whole = True
    for package, paths in tests.items():
        if asked.package not in (None, package):
            continue
        chosen = [one for one in of_package(package) if str(one[1]).endswith(asked.module or "")]
        if asked.sample is not None:
            chosen = random.Random(asked.seed).sample(chosen, min(asked.sample, len(chosen)))
        files = [str(path) for pattern in paths for path in sorted(ROOT.glob(pattern))]
        name, path, mutant = next(of_package(package))
        unchanged = Mutant(0, "", "", ast.parse(path.read_text(encoding="utf-8")))
        began = time.monotonic()
        if dies(name, path, unchanged, files):
            raise SystemExit(f"{package}: its tests fail without any mistake: pytest {' '.join(files)}")
        seconds = PATIENCE * ceil(time.monotonic() - began)
        alive = []
        for name, path, mutant in chosen:
            if not dies(name, path, mutant, files, seconds):
                alive.append(mutant)
                where = f"{path.relative_to(ROOT)}:{mutant.line}"
                print(f"{where}: `{mutant.before}` can be `{mutant.after}`", flush=True)
        print(f"{package}: {len(chosen) - len(alive)} of {len(chosen)} mutants die", flush=True)
        is_whole &= not alive
    return 0 if is_whole else 1


if __name__ == "__main__":
    sys.exit(main())
