"""Static check of the names in a template: all undefined ones at once, in both branches of every condition."""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

from specc.diagnostics import closest, codes, is_one_slip
from specc.expressions import Reference, Template, TemplateMistake
from specc.nodes import Mapping, Node
from specc.resolver import ResolvedSpec

Known = dict[str, dict[str, Node | None]]
"""For each namespace, the names in it, with the node of a name that can have members of its own."""


class Names(NamedTuple):
    """`open` lists the namespaces to which another file may add names, such as an heir of an abstract spec.

    `unset` are environment variables that templates may read and that nobody has set.
    """

    known: Known
    open: frozenset[str]
    unset: tuple[str, ...] = ()


def names_of(spec: ResolvedSpec, env_names: tuple[str, ...], unset: tuple[str, ...]) -> Names:
    """Every name that a template of this spec can use. `env_names` are those that have a value."""
    matrix = spec.section("matrix")
    axes = [node for part in ("axes", "zip") if isinstance(node := matrix.get(part), Mapping)]
    known: Known = {
        "params": dict.fromkeys(spec.section("params").entries),
        "vars": dict(spec.section("vars").entries),
        "matrix": {name: None for node in axes for name in node.entries},
        "job": dict.fromkeys(spec.section("job").entries),
        "cell": dict.fromkeys(("id", "index", "slug", "repeat")),
        "spec": dict.fromkeys(("id", "name", "dir", "path")),
        "env": dict.fromkeys(env_names),
    }
    return Names(known, frozenset({"params", "vars", "matrix", "job"}) if spec.is_open else frozenset(), unset)


class Lack(NamedTuple):
    """A name that nothing defines, and the way out."""

    name: str
    help: str | None
    meant: str | None = None


def undefined(template: Template, names: Names, allowed: tuple[str, ...]) -> Iterator[TemplateMistake]:
    """A mistake for each reference that nothing defines, or that `allowed` namespaces do not cover."""
    for reference in template.references:
        if reference.guarded:
            continue
        start, end = reference.start, reference.end
        root = str(reference.path[0])
        if root in names.known and root not in allowed:
            listed = " and ".join(f"`{name}`" for name in allowed)
            message = f"`{root}` cannot be read here: this value is needed before there is a cell"
            yield TemplateMistake(
                codes.TEMPLATE_NOT_ALLOWED, start, end, message, f"axes and defaults read only {listed}"
            )
        elif (lack := _lack(reference, names)) is not None:
            # At `vars.run` alone, where `vars.run.dir` is written and already `vars.run` is not there.
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
    """The member that begins with the name and a minus, as `learning-rate` does with `learning`."""
    return _dashed(tuple(members)).get(name)


@lru_cache(maxsize=8)
def _dashed(members: tuple[str, ...]) -> dict[str, str]:
    """The members with a minus, by what stands before it; the first of those that begin alike."""
    return {member.partition("-")[0]: member for member in reversed(members) if "-" in member}


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
    """A bare name is most often a known one without its namespace."""
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
        return f"declare it: `params: {{{name}: {{type: string}}}}`"
    if root == "vars":
        return f"add it: `vars: {{{name}: ...}}`"
    listed = ", ".join(f"`{member}`" for member in list(names.known[root])[:12])
    return f"in `{root}` there is {listed}" if listed else f"the spec has no `{root}`"
