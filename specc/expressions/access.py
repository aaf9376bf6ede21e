"""Names, and what is looked up in them: `vars.run['dir']`, `xs[0]`, `xs[1:]`, `loop.index`."""

from collections.abc import Callable

from jinja2 import nodes

from specc.diagnostics import codes, did_you_mean
from specc.expressions.builder import FOREIGN, FUNCTIONS, NAMESPACES, Builder, BuildExpression, Mention, Path
from specc.expressions.filters import item
from specc.expressions.methods import METHODS
from specc.expressions.run import CHARACTERS_READ_IN_A_STEP, Evaluate, Frame
from specc.expressions.values import (
    MISSING,
    Absent,
    Namespace,
    TemplateSpan,
    Unknown,
    concrete,
    is_namespace,
    kind_of,
    noun,
)
from specc.fast_dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Loop:
    """The value of `loop` in one round of a loop."""

    items: list[object]
    index0: int


LOOP: dict[str, Callable[[Loop], object]] = {
    "index": lambda loop: loop.index0 + 1,
    "index0": lambda loop: loop.index0,
    "revindex": lambda loop: len(loop.items) - loop.index0,
    "revindex0": lambda loop: len(loop.items) - loop.index0 - 1,
    "first": lambda loop: loop.index0 == 0,
    "last": lambda loop: loop.index0 == len(loop.items) - 1,
    "length": lambda loop: len(loop.items),
}


def name(builder: Builder, node: nodes.Name) -> Evaluate:
    """Return the closure of a name alone."""
    if not builder.is_local(node.name):
        builder.mentions.append(Mention((node.name,), builder.spans.of(node)))
    elif node.name == "loop":
        builder.forbid(builder.spans.of(node), "`loop` cannot be used alone", f"write {_one_of_loop()}")
    return _name(builder, node)


def _name(builder: Builder, node: nodes.Name) -> Evaluate:
    at, named = builder.spans.of(node), node.name
    if not builder.is_local(named) and named in (*FUNCTIONS, *FOREIGN):
        help = "write `range(...)`" if named in FUNCTIONS else None
        builder.forbid(at, f"`{named}` cannot be used in a template" + (" alone" if help else ""), help)
    help = None if builder.is_local(named) or named in NAMESPACES else _qualified(named)
    absent = Absent(at.mistake(codes.UNDEFINED_NAME, f"`{named}` is not defined", help))

    def variable(frame: Frame) -> object:
        return frame.names.get(named, absent)

    def namespace(frame: Frame) -> object:
        found = frame.run.scope.namespace(named)
        return absent if found is None else found

    return variable if builder.is_local(named) else namespace


def _qualified(name: str) -> str | None:
    """Return the help for a name without a namespace."""
    near = did_you_mean(name, NAMESPACES, "names")
    is_near = near is not None and near.startswith("did you mean")
    return near if is_near else f"write `params.{name}`, `vars.{name}` or another namespace before the name"


def attribute(builder: Builder, node: nodes.Getattr) -> Evaluate:
    """Return the closure of `subject.name`."""
    at = builder.spans.of(node)
    is_said = isinstance(node.node, nodes.Getattr) and node.node.attr.startswith("_")
    if node.attr.startswith("_") and not is_said:
        builder.forbid(at, f"names that begin with `_` cannot be used: `{node.attr}`")
    if isinstance(node.node, nodes.Name) and node.node.name == "loop" and builder.is_local("loop"):
        return _loop(builder, node.attr, at)
    return _member(builder, node, node.attr)


def _loop(builder: Builder, name: str, at: TemplateSpan) -> Evaluate:
    get = LOOP.get(name)
    if get is None:
        help = did_you_mean(name, LOOP, "members of `loop`")
        builder.forbid(at, f"`loop` has no `{name}`", help)

    def of_loop(frame: Frame) -> object:
        loop = frame.names["loop"]
        return get(loop) if isinstance(loop, Loop) and get is not None else Unknown(None)

    return of_loop


def _one_of_loop() -> str:
    return ", ".join(f"`loop.{name}`" for name in LOOP)


def subscript(builder: Builder, node: nodes.Getitem) -> Evaluate:
    """Return the closure of `subject[key]` or `subject[start:stop:step]`."""
    key = node.arg
    if isinstance(key, nodes.Slice):
        return _slice(builder, node, key)
    if isinstance(key, nodes.Const):
        if isinstance(key.value, str) and key.value.startswith("_"):
            builder.forbid(builder.spans.of(node), f"names that begin with `_` cannot be used: `{key.value}`")
        return _member(builder, node, key.value)
    subject, index, at = builder.needed(node.node), builder.needed(key), builder.spans.of(node)
    shown = builder.shown(at)

    def at_index(frame: Frame) -> object:
        return look_up(subject(frame), concrete(index(frame)), shown, at)

    return at_index


def path_of(builder: Builder, node: nodes.Node) -> Path | None:
    """Return the path of a chain of constant parts, if it begins at a name that the template has not set itself."""
    match node:
        case nodes.Name():
            return None if builder.is_local(node.name) else (node.name,)
        case nodes.Getattr(attr=key):
            pass
        case nodes.Getitem(arg=nodes.Const(value=str() | int() as key)) if not isinstance(key, bool):
            pass
        case _:
            return None
    before = path_of(builder, node.node)
    return None if before is None else (*before, key)


def _member(builder: Builder, node: nodes.Getattr | nodes.Getitem, key: object) -> Evaluate:
    """Return the closure of a constant member. Only the longest path of a chain is noted as used."""
    path, at = path_of(builder, node), builder.spans.of(node)
    before = len(builder.mentions)
    subject = builder.needed(node.node)
    if path is not None:
        builder.mentions[before:] = [Mention(path, at)]
    shown = builder.shown(at)

    def member(frame: Frame) -> object:
        return look_up(subject(frame), key, shown, at)

    return member


def look_up(value: object, key: object, shown: str, at: TemplateSpan) -> object:
    """Return a member of a value, as Jinja2 finds it, except that a mapping's items come before its methods."""
    if isinstance(value, Unknown) or isinstance(key, Unknown):
        return Unknown(None)
    if is_namespace(value):
        return _in_namespace(value, key, shown, at)
    found = item(value, key, MISSING)
    if found is not MISSING:
        return found
    if isinstance(key, str) and hasattr(type(value), key):
        help = f"write `{key}()`" if key in METHODS else None
        raise at.error(f"`{key}` is a method of {noun(value)}, not a value", help)
    names = [name for name in value if isinstance(name, str)] if isinstance(value, dict) else []
    return _absent(shown, key, names, at)


def _in_namespace(value: Namespace, key: object, shown: str, at: TemplateSpan) -> object:
    found = MISSING
    if isinstance(key, str | int):
        from_end = len(value.keys()) if isinstance(key, int) and key < 0 else 0
        found = value.member(key + from_end if isinstance(key, int) else key)
    if found is not MISSING:
        return found
    names = list(value.keys())
    return _absent(shown, key, [name for name in names if isinstance(name, str)], at)


def _absent(shown: str, key: object, names: list[str], at: TemplateSpan) -> Absent:
    help = did_you_mean(key, names, "names") if isinstance(key, str) else None
    return Absent(at.mistake(codes.UNDEFINED_NAME, f"`{shown}` is not defined", help))


def _slice(builder: Builder, node: nodes.Getitem, bounds: nodes.Slice) -> Evaluate:
    """Return the closure of `subject[start:stop:step]`."""
    subject, at = builder.needed(node.node), builder.spans.of(node)
    parts = [None if part is None else builder.needed(part) for part in (bounds.start, bounds.stop, bounds.step)]

    def sliced(frame: Frame) -> object:
        value = concrete(subject(frame))
        found = [None if part is None else concrete(part(frame)) for part in parts]
        if isinstance(value, Unknown) or any(isinstance(bound, Unknown) for bound in found):
            return Unknown(kind_of(value))
        if not isinstance(value, str | list | tuple | range):
            raise at.error(f"a slice is taken of a list or a text, not of {noun(value)}")
        start, stop, step = (_bound(bound, at) for bound in found)
        if step == 0:
            raise at.error("the step of a slice cannot be 0")
        part = value[start:stop:step]
        frame.run.budget.spend(1 + len(part) // CHARACTERS_READ_IN_A_STEP, at)
        return part

    return sliced


def _bound(value: object, at: TemplateSpan) -> int | None:
    if value is None or isinstance(value, int):
        return value
    raise at.error(f"a slice goes from one whole number to another, not to {noun(value)}")


ACCESS: dict[type[nodes.Node], BuildExpression] = {nodes.Name: name, nodes.Getattr: attribute, nodes.Getitem: subscript}
