"""Static check of the names in a template: all undefined ones at once, in both branches of every condition."""

from collections.abc import Iterator
from typing import NamedTuple

from specc.diagnostics import codes
from specc.diagnostics.suggest import closest
from specc.expressions import Fault, Reference, Template
from specc.nodes import Mapping, Node
from specc.resolver import ResolvedSpec

Known = dict[str, dict[str, Node | None]]
"""For each namespace, the names in it, with the node of a name that can have members of its own."""


class Names(NamedTuple):
    """`open` lists the namespaces to which an heir of an abstract spec may add names."""

    known: Known
    open: frozenset[str]


def names_of(spec: ResolvedSpec, env_names: tuple[str, ...]) -> Names:
    """Every name that a template of this spec can use."""
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
    return Names(known, frozenset({"params", "vars", "matrix", "job"}) if spec.abstract else frozenset())


def undefined(template: Template, names: Names, allowed: tuple[str, ...]) -> Iterator[Fault]:
    """A fault for each reference that nothing defines, or that `allowed` namespaces do not cover."""
    for reference in template.references:
        if not reference.guarded:
            fault = _fault(reference, names, allowed)
            if fault is not None:
                yield fault


def _fault(reference: Reference, names: Names, allowed: tuple[str, ...]) -> Fault | None:
    root, *rest = reference.path
    if root not in names.known:
        return _undefined(reference, str(root), _root_help(str(root), names))
    if root not in allowed:
        listed = " and ".join(f"`{name}`" for name in allowed)
        message = f"`{root}` cannot be read here"
        return Fault(codes.TEMPLATE_NOT_ALLOWED, reference.start, reference.end, message, f"only {listed} can")
    members = names.known[str(root)]
    if not rest or not isinstance(rest[0], str) or root in names.open:
        return None
    if rest[0] not in members:
        help = _member_help(str(root), rest[0], names)
        return _undefined(reference, f"{root}.{rest[0]}", help)
    return _deeper_fault(reference, f"{root}.{rest[0]}", members[rest[0]], rest[1:])


def _deeper_fault(reference: Reference, name: str, node: Node | None, rest: list[str | int]) -> Fault | None:
    for part in rest:
        if not isinstance(node, Mapping) or not isinstance(part, str):
            return None
        if part not in node.entries:
            near = closest(part, node.entries)
            return _undefined(reference, f"{name}.{part}", f"did you mean `{name}.{near}`?" if near else None)
        name, node = f"{name}.{part}", node.entries[part]
    return None


def _undefined(reference: Reference, name: str, help: str | None) -> Fault:
    return Fault(codes.UNDEFINED_NAME, reference.start, reference.end, f"`{name}` is not defined", help)


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
    return f"names begin with one of {', '.join(f'`{root}.`' for root in names.known)}"


def _member_help(root: str, name: str, names: Names) -> str | None:
    near = closest(name, names.known[root])
    if near is not None:
        return f"did you mean `{root}.{near}`?"
    for other, members in names.known.items():
        if name in members:
            return f"did you mean `{other}.{name}`?"
    if root == "env":
        return f'set {name} in the environment; templates read only what specc.toml lists: `env = ["{name}"]`'
    if root == "params":
        return f"declare it: `params: {{{name}: {{type: string}}}}`"
    listed = ", ".join(f"`{member}`" for member in list(names.known[root])[:12])
    return f"in `{root}` there is {listed}" if listed else f"the spec has no `{root}`"
