"""The names that templates read: `params`, `vars`, `matrix`, `job`, `cell`, `spec`, `env`.

Each is answered lazily. Undefined names are found before: all at once, in both branches of every condition.
"""

from collections.abc import Callable, Iterable, Iterator
from collections.abc import Sequence as Many
from typing import NamedTuple

from specc.diagnostics import closest, codes, is_one_slip
from specc.expressions import MISSING, Reference, Template, TemplateMistake
from specc.fast_dataclass import dataclass
from specc.nodes import Mapping, Node, Sequence
from specc.resolver import ResolvedSpec

OF_CELL = ("id", "index", "slug", "repeat", "attempt")
OF_SPEC = ("id", "name", "dir", "path")
NAMESPACES = ("params", "vars", "matrix", "job", "cell", "spec", "env")
WHERE_NAMESPACES = ("params", "env", "matrix")
STATIC_NAMESPACES = ("params", "env")
"""The namespaces that axes and parameter defaults may read, because they are needed before there is a cell."""


@dataclass(frozen=True, slots=True)
class Members:
    """A namespace with a fixed list of names, each looked up when a template reads it."""

    names: tuple[str, ...]
    look_up: Callable[[str], object]

    def member(self, key: str | int) -> object:
        return self.look_up(key) if isinstance(key, str) else MISSING

    def keys(self) -> Many[str | int]:
        return self.names

    def plain(self) -> object:
        members = {name: plain(self.look_up(name)) for name in self.names}
        return {name: data for name, data in members.items() if data is not MISSING}


@dataclass(frozen=True, slots=True)
class Tree:
    """A mapping or list inside `vars`: its values are evaluated one by one, so that they may refer to each other.

    `read` gives one member, `whole` all of it. `absent` is the value of a name that does not exist: MISSING, or an
    unknown if an heir may supply the name.
    """

    node: Mapping | Sequence
    name: str
    read: Callable[[Node, str], object]
    whole: Callable[[Node, str], object]
    absent: object = MISSING

    def member(self, key: str | int) -> object:
        match self.node, key:
            case Mapping(entries=entries), str() if key in entries:
                return self.read(entries[key], f"{self.name}.{key}")
            case Sequence(items=items), int() if 0 <= key < len(items):
                return self.read(items[key], f"{self.name}[{key}]")
            case _:
                return self.absent

    def keys(self) -> Many[str | int]:
        return tuple(self.node.entries) if isinstance(self.node, Mapping) else range(len(self.node.items))

    def plain(self) -> object:
        return self.whole(self.node, self.name)


def plain(value: object) -> object:
    return value.plain() if isinstance(value, Members | Tree) else value


@dataclass(frozen=True, slots=True)
class Scope:
    namespaces: dict[str, Members | Tree]

    def namespace(self, name: str) -> Members | Tree | None:
        return self.namespaces.get(name)


Known = dict[str, dict[str, Node | None]]
"""For each namespace, the names in it, with the node of a name that can have members of its own."""


class Names(NamedTuple):
    """The names of a spec. `open` lists the namespaces to which another file may add names, such as an heir.

    `unset` are environment variables that templates may read and that are not set.
    """

    known: Known
    open: frozenset[str]
    unset: tuple[str, ...] = ()


def names_of(spec: ResolvedSpec, env_names: tuple[str, ...], unset: tuple[str, ...]) -> Names:
    """Return every name that a template of this spec can use. `env_names` are the variables that have a value."""
    matrix = spec.section("matrix")
    axes = [node for part in ("axes", "zip") if isinstance(node := matrix.get(part), Mapping)]
    known: Known = {
        "params": dict.fromkeys(spec.section("params").entries),
        "vars": dict(spec.section("vars").entries),
        "matrix": {name: None for node in axes for name in node.entries},
        "job": dict.fromkeys(spec.section("job").entries),
        "cell": dict.fromkeys(OF_CELL),
        "spec": dict.fromkeys(OF_SPEC),
        "env": dict.fromkeys(env_names),
    }
    return Names(known, frozenset({"params", "vars", "matrix", "job"}) if spec.is_open else frozenset(), unset)


class Lack(NamedTuple):
    """An undefined name, the help, and the name that was probably meant."""

    name: str
    help: str | None
    meant: str | None = None


def undefined(template: Template, names: Names, allowed: tuple[str, ...]) -> Iterator[TemplateMistake]:
    """Yield a mistake for each reference that is not defined, or not in an `allowed` namespace."""
    for reference in template.references:
        if reference.guarded:
            continue
        start, end = reference.start, reference.end
        root = str(reference.path[0])
        if root in names.known and root not in allowed:
            listed = " and ".join(f"`{name}`" for name in allowed)
            message = f"`{root}` cannot be read here: this value is needed before there is a cell"
            who = "conditions" if "matrix" in allowed else "axes and defaults"
            yield TemplateMistake(codes.TEMPLATE_NOT_ALLOWED, start, end, message, f"{who} read only {listed}")
        elif (lack := _lack(reference, names)) is not None:
            # At `vars.run` alone, if `vars.run.dir` is written and `vars.run` does not exist.
            end = start + len(lack.name) if template.text.startswith(lack.name, start) else end
            is_slip = lack.meant is not None and is_one_slip(lack.name, lack.meant)
            message, meant = f"`{lack.name}` is not defined", lack.meant if is_slip else None
            yield TemplateMistake(codes.UNDEFINED_NAME, start, end, message, lack.help, meant)


def _lack(reference: Reference, names: Names) -> Lack | None:
    root, *rest = reference.path
    if root not in names.known:
        return Lack(str(root), _root_help(str(root), names))
    members = names.known[str(root)]
    if not rest or not isinstance(rest[0], str) or root in names.open:
        return None
    if rest[0] not in members:
        if (dashed := _with_minus(rest[0], members)) is not None:
            help = f"write `{root}['{dashed}']`: in a template `-` is a minus"
            return Lack(f"{root}.{rest[0]}", help)
        near = closest(rest[0], members)
        meant = f"{root}.{near}" if near is not None else None
        return Lack(f"{root}.{rest[0]}", _member_help(str(root), rest[0], names), meant)
    return _deeper_lack(f"{root}.{rest[0]}", members[rest[0]], rest[1:])


def _with_minus(name: str, members: Iterable[str]) -> str | None:
    """Return the member that begins with the name and a minus, as `learning-rate` does with `learning`."""
    return next((member for member in members if "-" in member and member.partition("-")[0] == name), None)


def _deeper_lack(name: str, node: Node | None, rest: list[str | int]) -> Lack | None:
    for part in rest:
        if not isinstance(node, Mapping) or not isinstance(part, str):
            return None
        if part not in node.entries:
            near = closest(part, node.entries)
            meant = f"{name}.{near}" if near else None
            return Lack(f"{name}.{part}", f"did you mean `{meant}`?" if near else None, meant)
        name, node = f"{name}.{part}", node.entries[part]
    return None


def _root_help(name: str, names: Names) -> str:
    """Return the help for a name without a namespace, which is most often a known name."""
    for root, members in names.known.items():
        if name in members:
            return f"write `{root}.{name}`"
    near = closest(name, names.known)
    if near is not None:
        return f"did you mean `{near}`?"
    for root, members in names.known.items():
        if (close := closest(name, members)) is not None:
            return f"did you mean `{root}.{close}`?"
    roots = ", ".join(f"`{root}.`" for root in names.known)
    literal = "if the braces are not a template, write `{$literal: ...}` around the text"
    return f"names begin with one of {roots}; {literal}"


def _member_help(root: str, name: str, names: Names) -> str | None:
    if root == "env" and name in names.unset:
        return f"set {name} in the environment, or write `| default(...)`"
    near = closest(name, names.known[root])
    if near is not None:
        return f"did you mean `{root}.{near}`?"
    for other, members in names.known.items():
        if name in members:
            return f"did you mean `{other}.{name}`?"
    if root == "env":
        return f'templates read only what specc.toml lists: `env = ["{name}"]`'
    if root == "params":
        return (
            f"declare it: `params: {{{name}: {{type: string}}}}`, "
            f"or with a default: `params: {{{name}: {{type: integer, default: 1}}}}`"
        )
    if root == "vars":
        return f"add it: `vars: {{{name}: ...}}`"
    listed = ", ".join(f"`{member}`" for member in list(names.known[root])[:12])
    return f"in `{root}` there is {listed}" if listed else f"the spec has no `{root}`"
