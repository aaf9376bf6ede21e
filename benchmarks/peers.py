"""Where the tools stand that specc is compared with. `make bench` installs them below `build/peers/`."""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
PLACE = ROOT / "build" / "peers"
SCRIPTS = Path(__file__).parent / "peers"
NODE_MODULES = PLACE / "node_modules"

SPECC = str(Path(sys.executable).with_name("specc"))
PYTHON = sys.executable

YAMLLINT = PLACE / "venv" / "bin" / "yamllint"
CHECK_JSONSCHEMA = PLACE / "venv" / "bin" / "check-jsonschema"
PEER_PYTHON = PLACE / "venv" / "bin" / "python"
AJV = NODE_MODULES / ".bin" / "ajv"
PKL = NODE_MODULES / "@pkl-community" / "pkl-linux-x64" / "bin" / "pkl"

OPTIONAL = {"ajv-cli": AJV, "pkl": PKL}
"""What needs npm, or this kind of machine."""


def missing() -> dict[str, str]:
    """The peers that are left out, and why."""
    return {name: "npm could not install it here" for name, path in OPTIONAL.items() if not usable(path)}


def usable(tool: Path) -> bool:
    return os.access(tool, os.X_OK)
