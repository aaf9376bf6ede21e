"""Tests with the editors' own tools, from npm: `make editors`. `pytest` leaves them out unless told their folder.

Where the tools are not installed the tests are skipped and say so; with `make editors NEEDED=1` they fail.
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.language_server import LanguageServer

ROOT = Path(__file__).parents[2]
TOOLS = ROOT / "build" / "editors" / "node_modules" / ".bin"


def pytest_ignore_collect(collection_path: object, config: pytest.Config) -> bool | None:
    return None if any("editors" in argument for argument in config.invocation_params.args) else True


def pytest_collection_modifyitems(config: pytest.Config) -> None:
    """The reasons of skipped tests are shown, whatever the options."""
    config.option.reportchars = config.option.reportchars or "s"


def tool(name: str) -> str:
    """Return the path of a tool; the test is skipped where it is not installed."""
    if (TOOLS / name).exists() and shutil.which("node"):
        return str(TOOLS / name)
    missing = f"{name} is not installed: `make editors` does that, with npm"
    if os.environ.get("EDITORS_NEEDED"):
        pytest.fail(missing)
    pytest.skip(missing)


@pytest.fixture(scope="session")
def prettier() -> str:
    return tool("prettier")


@pytest.fixture(scope="session")
def taplo() -> str:
    return tool("taplo")


@pytest.fixture(scope="module")
def yaml_server() -> Iterator[LanguageServer]:
    """The YAML language server, told to hold every spec to the editor schema."""
    schema = (ROOT / "schemas" / "jobspec.schema.json").as_uri()
    settings = {
        "yaml": {
            "schemas": {schema: ["*.job.yaml"]},
            "schemaStore": {"enable": False},
            "format": {"enable": True, "printWidth": 120, "bracketSpacing": False},
        }
    }
    with LanguageServer([tool("yaml-language-server"), "--stdio"], settings) as server:
        yield server
