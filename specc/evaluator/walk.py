"""From nodes to values: each is evaluated when a template first asks for it, and as the API's fields take it.

A value is evaluated once in a cell, and once for the whole sweep if it reads no axis. A value whose mistake has been
reported becomes `Unknown`, so that nothing is reported twice and the rest is still evaluated.
"""

from collections.abc import Callable
from dataclasses import field
from typing import TypeVar

from specc.diagnostics import Diagnostic, codes
from specc.evaluator.commands import assemble, passed_to
from specc.evaluator.names import NAMESPACES, Scope, plain
from specc.evaluator.sweep import CELL, NO_AXES, Axes, Sweep
from specc.evaluator.templates import Templates, diagnostics_of, half_character, template_text
from specc.evaluator.values import Read, Value, told
from specc.expressions import EvaluationFailed, Unknown
from specc.fast_dataclass import dataclass
from specc.nodes import FileText, LayerKind, Mapping, Node, Passed, Scalar, Sequence
from specc.parser import is_dangling
from specc.settings import FieldType
from specc.units import QuantityMistake, convert


def fit(data: object, field: FieldType, *, computed: bool) -> object | QuantityMistake:
    """Return the value as the field takes it. A value that does not fit stays as it is, for the schema to report.

    `computed`: a template gave the value, and so an integer in a text field becomes its decimal text.
    """
    if isinstance(data, Unknown):
        return Unknown("integer") if field.quantity and data.kind == "string" else _unknown_fit(data, field)
    if field.quantity is not None and isinstance(data, str):
        return convert(data, field)
    if field.type == "string" and computed and isinstance(data, int) and not isinstance(data, bool):
        return str(data)
    if field.type == "integer" and isinstance(data, float) and data.is_integer():
        return int(data)
    return data


def _unknown_fit(data: Unknown, field: FieldType) -> Unknown:
    return Unknown("string") if field.type == "string" and data.kind == "integer" else data


@dataclass(slots=True)
class Frame:
    """One value being evaluated: its name, the names that it has read, and the axes that any of these depends on."""

    name: str
    node: Node
    reads: list[Read] = field(default_factory=list)
    axes: Axes = NO_AXES


Made = TypeVar("Made")
Key = tuple[int, tuple[str, ...], str]


class Walk:
    """The walk over the values of one spec. `scope` has the names that templates read; diagnostics collect in `found`.

    `is_sweep`: there may be several cells. Else a value that depends on the cell holds for all cells, too.
    """

    def __init__(self, templates: Templates, scope: Scope, found: list[Diagnostic], *, is_sweep: bool) -> None:
        self.templates = templates
        self.scope = scope
        self.found = found
        self.is_sweep = is_sweep
        self.sweep = Sweep()
        self._shared: dict[Key, Value] = {}
        self._by_cell: dict[Key, tuple[Value, Axes]] = {}
        self._stack: list[Frame] = []

    def next_cell(self) -> None:
        """Begin another cell: forget the values that depend on the present one."""
        self._by_cell = {}
        self.sweep.next_cell()

    def noted(self, name: str, data: object, value: Value | None = None, axis: str | None = None) -> object:
        """Note that the value being evaluated has read `name`, which depends on `axis`. Return `data`."""
        if self._stack:
            frame = self._stack[-1]
            frame.reads.append(Read(name, data, value))
            if axis is not None:
                frame.axes |= {axis}
        return data

    def value(self, node: Node, name: str, allowed: tuple[str, ...] = NAMESPACES, of: FieldType | None = None) -> Value:
        """Return the value of a node, evaluated at most once in a cell."""
        # One node can be in two places (`<<: *common` in `vars` and in `job`), with another field type in each.
        key = (id(node), allowed, of.name if of is not None else "")
        known = self._shared.get(key)
        if known is not None:
            return known
        if key in self._by_cell:
            known, axes = self._by_cell[key]
            self._inherit(axes)
            return known
        if isinstance(node, Scalar) and node.passed is None and template_text(node) is None:
            constant = self._shared[key] = self._constant(node, of)
            return constant
        for frame in self._stack:
            if frame.node is node:
                return self._cycle(node)
        frame = Frame(name, node)
        self._stack.append(frame)
        value = self._evaluated(node, name, allowed, of)
        self._stack.pop()
        self._keep(key, value, frame.axes)
        return value

    def _keep(self, key: Key, value: Value, axes: Axes) -> None:
        if not axes or not self.is_sweep:
            self._shared[key] = value
            return
        self._by_cell[key] = value, axes
        self._inherit(axes)

    def know(self, node: Node, value: Value, axes: Axes) -> None:
        """Take the value of a variable in the present cell as it was made elsewhere."""
        self._by_cell[id(node), NAMESPACES, ""] = value, axes

    def observed(self, name: str, node: Node, make: Callable[[], Made]) -> tuple[Made, tuple[Read, ...], Axes]:
        """Return what a part of the value of `node` comes to, what it read, and the axes that it depends on."""
        frame = Frame(name, node)
        self._stack.append(frame)
        try:
            made = make()
            return made, tuple(frame.reads), frame.axes
        finally:
            self._stack.pop()

    def _inherit(self, axes: Axes) -> None:
        """Note that the value being evaluated depends on the axes of a value that it has read."""
        if self._stack:
            self._stack[-1].axes |= axes

    def _evaluated(self, node: Node, name: str, allowed: tuple[str, ...], of: FieldType | None) -> Value:
        match node:
            case Mapping():
                children = {k: self.value(v, f"{name}.{k}", allowed, of) for k, v in node.entries.items()}
                known = all(child.is_known for child in children.values())
                data: object = {k: child.data for k, child in children.items()}
                return Value(data if known else Unknown("mapping"), node, children=children)
            case Sequence():
                items = tuple(self.value(item, f"{name}[{i}]", allowed, of) for i, item in enumerate(node.items))
                known = all(item.is_known for item in items)
                return Value([item.data for item in items] if known else Unknown("list"), node, children=items)
            case FileText() | Scalar(passed=Passed()):
                return self._command(node, name, allowed, of)
            case Scalar():
                return self._computed(node, allowed, of)

    def _constant(self, node: Scalar, of: FieldType | None) -> Value:
        """Return the value of a scalar without a template."""
        if is_dangling(node):
            return Value(Unknown(None), node)
        data = node.value
        if of is None:
            return Value(data, node)
        if node.layer.kind is LayerKind.SET and data is not None and of.type == "string":
            # On a command line, nobody quotes a number to make it a text.
            data = node.raw
        return Value(self._fitted(data, node, of, computed=False), node)

    def _computed(self, node: Scalar, allowed: tuple[str, ...], of: FieldType | None) -> Value:
        """Return the value of a scalar with a template."""
        data = self._render(node, str(node.value), allowed, of)
        return Value(data if of is None else self._fitted(data, node, of, computed=True), node, self._reads())

    def _command(self, node: FileText | Scalar, name: str, allowed: tuple[str, ...], of: FieldType | None) -> Value:
        """Return a command with what is passed to it."""
        text = template_text(node)
        alone = node.text.text if isinstance(node, FileText) else node.value
        data = alone if text is None else self._render(node, text, allowed, of)
        passed = passed_to(node)
        env = self.value(passed.env, f"{name}.env", allowed) if passed.env else None
        args = self.value(passed.args, f"{name}.args", allowed) if passed.args else None
        command, found = assemble(node, data, env, args)
        self.found.extend(found)
        for part in (env, args):
            self._stack[-1].reads.extend(part.all_reads() if part is not None else ())
        return Value(command, node, self._reads())

    def _reads(self) -> tuple[Read, ...]:
        """Return what was read, each name once. Data may be a list, so reads are compared by name."""
        reads = self._stack[-1].reads
        return tuple(reads) if len(reads) < 2 else tuple({read.name: read for read in reads}.values())

    def _fitted(self, data: object, node: Scalar, of: FieldType, *, computed: bool) -> object:
        fitted = fit(data, of, computed=computed)
        if isinstance(fitted, QuantityMistake):
            help = fitted.help
            if computed and str(data).strip().isdecimal():
                help = "write `| int` in the template for a plain number, or give it a unit"
            notes = told(self._reads()) if computed else ()
            self.found.append(fitted.code.at(node.span, fitted.message, notes=notes, help=help))
            return Unknown("integer")
        return fitted

    def _render(self, node: Scalar | FileText, text: str, allowed: tuple[str, ...], of: FieldType | None) -> object:
        ready = self.templates.ready(node, text, allowed)
        if ready is None or self.sweep.is_spent:
            return Unknown(None)
        judge = ready.judge if of is not None and of.shell else None
        try:
            data = plain(ready.template.evaluate(self.scope, self.sweep.budget, judge))
        except EvaluationFailed as mistake:
            self.found.extend(diagnostics_of(self.sweep.worth_saying(mistake.mistakes), node))
            return Unknown(None)
        if (half := half_character(data)) is not None:
            message = f"an unpaired surrogate, U+{ord(half):04X}, is not a character"
            foreign = [read.name for read in self._reads() if read.name.startswith("env.")]
            help = f"`{foreign[0]}` is not UTF-8" if foreign else "remove it, or write the character that is meant"
            self.found.append(codes.NOT_CANONICAL.at(node.span, message, help=help))
            return Unknown(None)
        return data

    def _cycle(self, node: Node) -> Value:
        """Report values that refer to each other in a circle, one line for each edge. Return an unknown value."""
        start = next(i for i, frame in enumerate(self._stack) if frame.node is node)
        for frame in self._stack[start:]:
            frame.axes |= {CELL}  # in another cell, there may be no circle
        names = [frame.name for frame in self._stack[start:]] + [self._stack[start].name]
        chain = tuple(
            f"{frame.node.span.location}: {frame.name} reads {then}"
            for frame, then in zip(self._stack[start:], names[1:], strict=True)
        )
        message = f"`{names[0]}` refers to itself" + (f" through `{'`, `'.join(names[1:-1])}`" if names[2:] else "")
        self.found.append(
            codes.REFERENCE_CYCLE.at(node.span, message, notes=chain, help="break the circle at one of these lines")
        )
        return Value(Unknown(None), node)
