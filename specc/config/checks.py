"""Settings that do not exist or hold a value of the wrong kind are reported and left out."""

import re
from collections.abc import Iterator
from dataclasses import replace

from specc.config import credentials
from specc.config.files import SHARED
from specc.config.shapes import SETTINGS, Each, Items, Shape, Value, described, text_of, wanted
from specc.diagnostics import Diagnostic, did_you_mean, one_of
from specc.diagnostics.codes import BAD_SETTING, UNKNOWN_SETTING
from specc.nodes import Mapping, Node, Path, Scalar, Sequence, to_data
from specc.settings import BUILT_IN
from specc.targets.kinds import KINDS
from specc.targets.local import LOCAL

BARE = re.compile(r"[A-Za-z0-9_-]+")
HEAD = re.compile(r"(?m)^[ \t]*(\[\[?[^\[\]\n,=]+\]\]?)[ \t]*(?:#.*)?\r?$")
"""The head of a table of TOML, such as `[targets.hpc]`."""


def dotted(path: Path) -> str:
    """Return a setting's name as TOML writes it: `targets.prod.kind`, `targets."a b".kind`."""
    return ".".join(str(part) if BARE.fullmatch(str(part)) else f'"{part}"' for part in path)


def usable(node: Mapping, shape: dict[str, Shape], found: list[Diagnostic]) -> Mapping:
    """Return `node` without the settings that do not fit `shape`, which are reported to `found`."""
    return _table(node, shape, (), found)


def _fitting(node: Node, shape: Shape, path: Path, found: list[Diagnostic]) -> Node | None:
    match shape, node:
        case (dict() | Each(), Mapping()):
            return _table(node, shape, path, found)
        case (None, Mapping()):
            return _table(node, Each(None), path, found)
        case (None | Items(), Sequence()):
            item = None if shape is None else shape.item
            kept = (_fitting(each, item, (*path, index), found) for index, each in enumerate(node.items))
            return replace(node, items=tuple(each for each in kept if each is not None))
        case (None, _):
            return node
        case (Value(), _) if shape.fits(node):
            return node
    found.append(_misfit(node, shape, path))
    return None


def _table(node: Mapping, shape: dict[str, Shape] | Each, path: Path, found: list[Diagnostic]) -> Mapping:
    kept: dict[str, Node] = {}
    for key, value in node.items():
        name = str(key.value)
        below = (*path, name)
        if credentials.is_credential(name):
            found.append(_credential(key, below))
        elif isinstance(shape, dict) and name not in shape:
            found.append(_unknown(key, value, path, shape))
        else:
            fitting = _fitting(value, shape.value if isinstance(shape, Each) else shape[name], below, found)
            if fitting is not None:
                kept[name] = fitting
    return replace(node, entries=kept, keys={name: node.keys[name] for name in kept})


def _credential(key: Scalar, path: Path) -> Diagnostic:
    message = f"`{dotted(path)}` looks like a credential, which must not stand in a configuration"
    return BAD_SETTING.at(key.span, message, help=credentials.HELP)


def _unknown(key: Scalar, value: Node, path: Path, shape: dict[str, Shape]) -> Diagnostic:
    inside = f" in `{dotted(path)}`" if path else ""
    is_of_top = bool(path) and str(key.value) in SETTINGS
    help = _where_it_belongs(key, value) if is_of_top else did_you_mean(str(key.value), shape, "settings")
    return UNKNOWN_SETTING.at(key.span, f"unknown setting `{key.value}`{inside}", help=help)


def _where_it_belongs(key: Scalar, value: Node) -> str:
    """Return where a setting of the top level is written. Behind the head of a table it belongs to that table."""
    text, is_shared = key.span.source.text, key.span.source.path.endswith(SHARED)
    if isinstance(value, Mapping):
        return (
            f"`{key.value}` belongs to the top level: write it as `[{'tool.specc.' if is_shared else ''}{key.value}]`"
        )
    if is_shared:
        return f"`{key.value}` belongs to the top level: move it to the lines under `[tool.specc]`"
    head = HEAD.search(text)
    return f"`{key.value}` belongs to the top level: move it above {f'`{head[1]}`' if head else 'all tables'}"


def _misfit(node: Node, shape: Shape, path: Path) -> Diagnostic:
    expected, help = wanted(shape, node)
    return BAD_SETTING.at(node.span, f"`{_owner(path)}` is {described(node)}, expected {expected}", help=help)


def _owner(path: Path) -> str:
    """Return how messages name a setting. An item is named by its list and its number from 1: `include[2]`."""
    *before, last = path
    return f"{dotted(tuple(before))}[{last + 1}]" if isinstance(last, int) else dotted(path)


def targets(settings: Mapping) -> Iterator[tuple[Scalar, Mapping]]:
    """Yield the targets that are declared, each with its key."""
    declared = settings.get("targets")
    if isinstance(declared, Mapping):
        yield from ((key, node) for key, node in declared.items() if isinstance(node, Mapping))


def target_diagnostics(settings: Mapping) -> Iterator[Diagnostic]:
    """Yield the mistakes that show only when all files are merged.

    `settings` still holds the values that do not fit, so that a target whose kind is wrong is not said to have no kind.
    """
    declared = list(targets(settings))
    for key, node in declared:
        yield from _kind_diagnostics(key, node)
        yield from _mistakes_of_kind(key, node)
    names = list(dict.fromkeys([BUILT_IN, *(str(key.value) for key, _ in declared)]))
    chosen = settings.get("target")
    name = text_of(chosen)
    if chosen is not None and name is not None and name not in names:
        help = did_you_mean(name, names, "targets")
        yield BAD_SETTING.at(chosen.span, f"there is no target `{name}`", help=help)


def _mistakes_of_kind(key: Scalar, node: Mapping) -> Iterator[Diagnostic]:
    kind = KINDS.get(text_of(node.get("kind")) or "")
    data = to_data(node) if kind is not None else None
    mistake = kind.mistake(data) if kind is not None and isinstance(data, dict) else None
    if mistake is not None:
        place = node.keys.get(mistake.key, key)
        yield BAD_SETTING.at(place.span, f"the target `{key.value}` {mistake.message}", help=mistake.help)


def _kind_diagnostics(key: Scalar, node: Mapping) -> Iterator[Diagnostic]:
    name, kind = str(key.value), node.get("kind")
    if kind is None and name != BUILT_IN:
        table = dotted(("targets", name))
        help = f'write `kind = "ehpc"` under `[{table}]`; kinds: {one_of(KINDS)}'
        yield BAD_SETTING.at(key.span, f"`{table}.kind` is missing", help=help)
    elif kind is not None and name == BUILT_IN and text_of(kind) in set(KINDS) - {LOCAL.name}:
        message = f"the built-in target `{name}` cannot be of kind `{text_of(kind)}`"
        yield BAD_SETTING.at(kind.span, message, help="give the target another name")
