"""The schemas, templates and pages of codes that ship with specc: in the wheel, or beside the package in a checkout."""

from pathlib import Path

PACKAGE = Path(__file__).parent


def folder(name: str) -> Path:
    """Return the folder `schemas`, `templates` or `codes`."""
    shipped = PACKAGE / "data" / name
    return shipped if shipped.is_dir() else PACKAGE.parent / name
