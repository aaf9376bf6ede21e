"""The configuration of a project: its files read, checked, merged, and turned into `Settings`."""

import os
from collections.abc import Callable
from collections.abc import Mapping as Map
from hashlib import sha256
from pathlib import Path

from specc.config.checks import target_findings, usable
from specc.config.document import read_document
from specc.config.entries import Entry, entries
from specc.config.merge import merged
from specc.config.root import OWN, PERSONAL, SHARED, configures, is_there, read_settings
from specc.config.shapes import SETTINGS
from specc.config.user import shown_env
from specc.config.values import settings_of
from specc.diagnostics import Diagnostic
from specc.diagnostics.codes import CONFIG_SYNTAX, SHADOWED_SETTINGS
from specc.frozen import dataclass
from specc.nodes import Mapping
from specc.nodes import Path as NodePath
from specc.settings import Settings
from specc.source import Source


@dataclass(frozen=True, slots=True)
class Configuration:
    """What is configured. `env` holds those variables of the environment that templates may read and that are set.

    `entries` lists every setting with its origin. With an error among `diagnostics`, the settings are what was
    understood, with built-in defaults for the rest. `digest` is of all that they were read from. `hidden` are the
    variables that templates may read, and whose values are shown to nobody: all but those that the user allows.
    """

    root: Path
    settings: Settings
    entries: tuple[Entry, ...]
    diagnostics: tuple[Diagnostic, ...]
    env: Map[str, str]
    digest: str
    hidden: frozenset[str] = frozenset()


def read_configuration(root: Path, show: Callable[[Path], str], environment: Map[str, str]) -> Configuration:
    """The configuration of the project at `root`. `show` gives the name by which messages call a file.

    Raises SpeccError for a file that cannot be read.
    """
    found: list[Diagnostic] = []
    digest = sha256(root.name.encode("utf-8", "surrogateescape"))  # of which the project has its name by default
    written = declared = Mapping({}, {}, Source("", "").span())
    for path, table in _files(root, show, found):
        data = read_settings(path, show(path))
        digest.update(f"/{path.name}/{len(data)}/".encode() + data)
        node, mistakes = read_document(data, path, show(path), table)
        found.extend(mistakes)
        if node is not None:
            written, declared = merged(written, usable(node, SETTINGS, found)), merged(declared, node)
    if all(finding.code is not CONFIG_SYNTAX for finding in found):  # else a target may stand in what was not read
        found.extend(target_findings(declared))
    settings = settings_of(written, Path(os.path.abspath(root)).name or "project")
    env = {name: environment[name] for name in settings.env if name in environment}
    hidden = frozenset(settings.env) - shown_env(environment) if settings.env else frozenset()
    listed = tuple(entries(written, settings))
    return Configuration(root, settings, listed, tuple(found), env, digest.hexdigest(), hidden)


def _files(root: Path, show: Callable[[Path], str], found: list[Diagnostic]) -> list[tuple[Path, NodePath]]:
    """The files that configure the project, the weaker first, each with the table that its settings are in."""
    files: list[tuple[Path, NodePath]] = []
    shared = configures(root / SHARED)
    if is_there(root / OWN):
        files.append((root / OWN, ()))
        if shared:
            found.append(_shadowed(root / SHARED, show))
    elif shared:
        files.append((root / SHARED, ("tool", "specc")))
    if is_there(root / PERSONAL):
        files.append((root / PERSONAL, ()))
    return files


def _shadowed(path: Path, show: Callable[[Path], str]) -> Diagnostic:
    node, mistakes = read_document(read_settings(path, show(path)), path, show(path), ("tool", "specc"))
    span = node.span if node is not None else mistakes[0].span
    message = f"`[tool.specc]` has no effect, because there is a {OWN} beside it"
    return SHADOWED_SETTINGS.at(span, message, help=f"move its settings to {OWN}")
