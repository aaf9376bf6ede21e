"""The configuration of a project: its files read, checked, merged, turned into `Settings`, and listed for people."""

import os
from collections.abc import Callable, Iterator
from collections.abc import Mapping as Map
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from specc.config.checks import dotted, target_diagnostics, usable
from specc.config.document import read_document
from specc.config.files import OWN, PERSONAL, SHARED, configures, is_there, read_settings, shown_env
from specc.config.shapes import SETTINGS, TARGET
from specc.config.values import settings_of
from specc.diagnostics import Diagnostic
from specc.diagnostics.codes import CONFIG_SYNTAX, SHADOWED_SETTINGS
from specc.fast_dataclass import dataclass
from specc.nodes import Mapping, Node, to_data
from specc.nodes import Path as NodePath
from specc.settings import BUILT_IN, Settings
from specc.source import Source, Span
from specc.targets.local import LOCAL

NO_TEXTS: Map[str, bytes] = MappingProxyType({})


class Entry(NamedTuple):
    """One setting. A built-in default has no span. `is_overridden` marks a value that lost to the entry before it."""

    key: str
    value: object
    span: Span | None
    is_overridden: bool = False


@dataclass(frozen=True, slots=True)
class Configuration:
    """The settings of a project and what is known about them.

    `env` holds those variables of the environment that templates may read and that are set. `entries` lists every
    setting with its origin. With an error among `diagnostics`, the settings are what was understood, with built-in
    defaults for the rest. `digest` covers all that they were read from. `hidden` are the variables that templates may
    read, and whose values are shown to nobody: all but those that the user allows.
    """

    root: Path
    settings: Settings
    entries: tuple[Entry, ...]
    diagnostics: tuple[Diagnostic, ...]
    env: Map[str, str]
    digest: str
    hidden: frozenset[str] = frozenset()


def read_configuration(
    root: Path,
    show: Callable[[Path], str],
    environment: Map[str, str],
    *,
    project: Path | None = None,
    texts: Map[str, bytes] = NO_TEXTS,
) -> Configuration:
    """Return the configuration in the folder `root`. `show` gives the name by which messages call a file.

    `project` is the folder of the project, where `root` only holds settings of an earlier commit of it. `texts` are
    read in place of the files of these names, which need not exist.
    Raises SpeccError for a file that cannot be read.
    """
    found: list[Diagnostic] = []
    digest = sha256(root.name.encode("utf-8", "surrogateescape"))  # the project's name by default
    written = declared = Mapping({}, {}, Source("", "").span())
    for path, table in _files(root, show, found, texts):
        data = texts[path.name] if path.name in texts else read_settings(path, show(path))
        digest.update(f"/{path.name}/{len(data)}/".encode() + data)
        node, mistakes = read_document(data, path, show(path), table)
        found.extend(mistakes)
        if node is not None:
            written, declared = _merged(written, usable(node, SETTINGS, found)), _merged(declared, node)
    if all(
        diagnostic.code is not CONFIG_SYNTAX for diagnostic in found
    ):  # else a target may stand in what was not read
        found.extend(target_diagnostics(declared))
    settings = settings_of(written, Path(os.path.abspath(root)).name or "project")
    env = {name: environment[name] for name in settings.env if name in environment}
    hidden = frozenset(settings.env) - shown_env(project or root, environment) if settings.env else frozenset()
    listed = tuple(_entries(written, settings))
    return Configuration(root, settings, listed, tuple(found), env, digest.hexdigest(), hidden)


def _files(
    root: Path, show: Callable[[Path], str], found: list[Diagnostic], texts: Map[str, bytes]
) -> list[tuple[Path, NodePath]]:
    """Return the files that configure the project, weakest first, each with the table that its settings are in."""
    files: list[tuple[Path, NodePath]] = []
    shared = configures(root / SHARED)
    if OWN in texts or is_there(root / OWN):
        files.append((root / OWN, ()))
        if shared:
            found.append(_shadowed(root / SHARED, show))
    elif shared:
        files.append((root / SHARED, ("tool", "specc")))
    if PERSONAL in texts or is_there(root / PERSONAL):
        files.append((root / PERSONAL, ()))
    return files


def _shadowed(path: Path, show: Callable[[Path], str]) -> Diagnostic:
    node, mistakes = read_document(read_settings(path, show(path)), path, show(path), ("tool", "specc"))
    span = node.span if node is not None else mistakes[0].span
    message = f"`[tool.specc]` has no effect, because there is a {OWN} beside it"
    return SHADOWED_SETTINGS.at(span, message, help=f"move its settings to {OWN}")


def _merged(weak: Mapping, strong: Mapping) -> Mapping:
    """Return the settings of `strong` over those of `weak`, in the order of `weak` with new keys behind.

    Tables merge; every other value replaces the weaker value and keeps it beneath.
    """
    entries: dict[str, Node] = dict(weak.entries)
    for key, value in strong.entries.items():
        entries[key] = _over(entries[key], value) if key in entries else value
    return replace(weak, entries=entries, keys={**weak.keys, **strong.keys})


def _over(weak: Node, strong: Node) -> Node:
    if isinstance(weak, Mapping) and isinstance(strong, Mapping):
        return _merged(weak, strong)
    return replace(strong, beneath=weak)


def _entries(written: Mapping, settings: Settings) -> Iterator[Entry]:
    """Yield all settings in the order of `SETTINGS`; inside of tables with free keys, in the order written."""
    for name in SETTINGS:
        if name == "targets":
            yield from _target_entries(written.get(name))
        elif (node := written.get(name)) is not None:
            yield from _node_entries(node, (name,))
        elif name not in ("defaults", "units", "ledger", "rules"):
            value = getattr(settings, name)
            yield Entry(name, list(value) if isinstance(value, tuple) else value, None)


def _target_entries(node: Node | None) -> Iterator[Entry]:
    """Yield the settings of all targets, the built-in `local` first."""
    declared = dict(node.entries) if isinstance(node, Mapping) else {}
    local = declared.pop(BUILT_IN, None)
    if not isinstance(local, Mapping) or local.get("kind") is None:
        yield Entry(f"targets.{BUILT_IN}.kind", LOCAL.name, None)
    for name, target in [(BUILT_IN, local), *declared.items()]:
        if isinstance(target, Mapping):
            for key in TARGET:
                if (value := target.get(key)) is not None:
                    yield from _node_entries(value, ("targets", name, key))


def _node_entries(node: Node, path: NodePath) -> Iterator[Entry]:
    if isinstance(node, Mapping):
        for key, value in node.entries.items():
            yield from _node_entries(value, (*path, key))
        return
    name, loser = dotted(path), node.beneath
    yield Entry(name, to_data(node), node.span)
    while loser is not None:
        yield Entry(name, to_data(loser), loser.span, is_overridden=True)
        loser = loser.beneath
