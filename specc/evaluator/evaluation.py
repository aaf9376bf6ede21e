"""ResolvedSpec + Cell -> EvaluatedSpec: a lazy walk over the graph of values.

A value that does not depend on the cell is evaluated once for the whole sweep. What has already been reported
becomes `Unknown`, so that nothing is said twice and the rest is still evaluated.
"""

from collections.abc import Mapping as Map
from dataclasses import dataclass, field

from specc.diagnostics import Diagnostic, codes
from specc.evaluator.bindings import Binding
from specc.evaluator.fields import fit
from specc.evaluator.files import assemble
from specc.evaluator.names import Names, names_of
from specc.evaluator.scope import NAMESPACES, STATIC_NAMESPACES, Members, Scope, Tree, plain
from specc.evaluator.shell import judge
from specc.evaluator.templates import place, prepare, template_text
from specc.evaluator.values import EvaluatedSpec, Read, Value
from specc.expander import Cell
from specc.expressions import MISSING, Budget, EvaluationFault, Template, Unknown
from specc.nodes import FileText, Mapping, Node, Scalar, Sequence
from specc.resolver import ResolvedSpec
from specc.settings import FieldType
from specc.units import Problem, filters


@dataclass(frozen=True, slots=True)
class Inputs:
    """What an evaluation gets from outside. `checking`: values without input are unknown instead of missing."""

    bindings: dict[str, Binding]
    fields: dict[str, FieldType]
    env_names: tuple[str, ...] = ()
    environment: Map[str, str] = field(default_factory=dict)
    checking: bool = False


@dataclass(slots=True)
class _Frame:
    """One value being evaluated: its name, what it has read, and whether any of that depends on the cell."""

    name: str
    node: Node
    reads: list[Read] = field(default_factory=list)
    by_cell: bool = False


_Key = tuple[int, str]


class Evaluation:
    """The evaluation of one spec under one choice of inputs, cell by cell. Findings collect in `found`."""

    def __init__(self, spec: ResolvedSpec, inputs: Inputs) -> None:
        self.spec = spec
        self.inputs = inputs
        self.found: list[Diagnostic] = []
        self._cell: Cell | None = None
        self._shared: dict[_Key, Value] = {}
        self._by_cell: dict[_Key, Value] = {}
        self._templates: dict[int, Template | None] = {}
        self._stack: list[_Frame] = []
        self._budget = Budget()
        self._filters = filters()
        env = tuple(name for name in inputs.env_names if inputs.checking or name in inputs.environment)
        self._names: Names = names_of(spec, env)
        axes = tuple(self._names.known["matrix"])
        self._scope = Scope(
            {
                "params": Members(tuple(spec.params), self._param),
                "vars": Tree(spec.section("vars"), "vars", self._var, self._absent("vars")),
                "matrix": Members(axes, self._axis),
                "job": Members(tuple(spec.section("job").entries), self._job),
                "cell": Members(("id", "index", "slug", "repeat"), self._of_cell),
                "spec": Members(("id", "name", "dir", "path"), self._of_spec),
                "env": Members(inputs.env_names, self._env),
            }
        )

    def cell(self, cell: Cell) -> EvaluatedSpec:
        """All job fields of one cell."""
        self._cell = cell
        self._by_cell = {}
        self._budget = Budget()
        job = self.spec.section("job")
        values = {name: self._field(name, node) for name, node in job.entries.items()}
        return EvaluatedSpec(self.spec, cell, values)

    def without_axes(self) -> None:
        """The matrix cannot be used, which is reported: what its axes would give is unknown."""
        self._names = self._names._replace(open=self._names.open | {"matrix"})

    def static(self, node: Node) -> object:
        """The value of a node that is needed before there is a cell, such as an axis."""
        return self.value(node, "matrix", STATIC_NAMESPACES).data

    def check_rest(self) -> None:
        """Evaluates what no job field reads, so that its mistakes are found too."""
        for name, node in self.spec.section("vars").entries.items():
            self.value(node, f"vars.{name}")
        for name in self.spec.params:
            self._param(name)

    def named(self, name: str) -> Value | None:
        """The value of `vars.NAME`, `params.NAME`, `matrix.NAME` or `job.NAME` in the current cell, for explaining it."""
        section, _, rest = name.partition(".")
        if section == "matrix":
            axis = self._cell.values.get(rest) if self._cell is not None else None
            return Value(axis.data, axis.node) if axis is not None else None
        if section == "params" and (binding := self.inputs.bindings.get(rest)) is not None:
            return self._bound(binding)
        node: Node | None = self.spec.body.entries.get(section)
        for part in filter(None, rest.split(".")):
            node = node.get(part) if isinstance(node, Mapping) else None
        if node is None:
            return None
        return self._field(rest, node) if section == "job" else self.value(node, name)

    def names_in(self, section: str) -> list[str]:
        """What can be asked for in `params`, `vars`, `matrix` or `job`."""
        return list(self._names.known[section])

    def value(self, node: Node, name: str, allowed: tuple[str, ...] = NAMESPACES, of: FieldType | None = None) -> Value:
        """The value of a node, evaluated at most once (once a cell, where it depends on the cell)."""
        # One node can stand in two places (`<<: *common` in `vars` and in `job`), with another field type in each.
        key = (id(node), of.name if of is not None else "")
        known = self._shared.get(key) or self._by_cell.get(key)
        if known is not None:
            self._inherit_cell(key)
            return known
        if any(frame.node is node for frame in self._stack):
            return self._cycle(node)
        frame = _Frame(name, node)
        self._stack.append(frame)
        value = self._evaluated(node, name, allowed, of)
        self._stack.pop()
        (self._by_cell if frame.by_cell else self._shared)[key] = value
        self._inherit_cell(key)
        return value

    def _inherit_cell(self, key: _Key) -> None:
        """What reads a value that depends on the cell depends on it, too."""
        if self._stack and key in self._by_cell:
            self._stack[-1].by_cell = True

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
            case FileText():
                return self._file(node, name, allowed, of)
            case Scalar():
                return self._scalar(node, allowed, of)

    def _scalar(self, node: Scalar, allowed: tuple[str, ...], of: FieldType | None) -> Value:
        text = template_text(node)
        data = node.value if text is None else self._render(node, text, allowed, of)
        return Value(self._fitted(data, node, of, computed=text is not None), node, self._reads())

    def _file(self, node: FileText, name: str, allowed: tuple[str, ...], of: FieldType | None) -> Value:
        text = template_text(node)
        data = node.text.text if text is None else self._render(node, text, allowed, of)
        env = self.value(node.env, f"{name}.env", allowed) if node.env else None
        args = self.value(node.args, f"{name}.args", allowed) if node.args else None
        command, found = assemble(node, data, env, args)
        self.found.extend(found)
        return Value(command, node, self._reads())

    def _reads(self) -> tuple[Read, ...]:
        """What was read, each name once: data may be a list, so they are told apart by name."""
        return tuple({read.name: read for read in self._stack[-1].reads}.values())

    def _fitted(self, data: object, node: Scalar, of: FieldType | None, *, computed: bool) -> object:
        fitted = fit(data, of, computed=computed) if of is not None else data
        if isinstance(fitted, Problem):
            self.found.append(fitted.code.at(node.span, fitted.message, help=fitted.help))
            return Unknown("integer")
        return fitted

    def _render(self, node: Scalar | FileText, text: str, allowed: tuple[str, ...], of: FieldType | None) -> object:
        if id(node) not in self._templates:
            self._templates[id(node)], found = prepare(node, text, self._names, allowed, self._filters)
            self.found.extend(found)
        template = self._templates[id(node)]
        if template is None:
            return Unknown(None)
        hole = (lambda value, start, end: judge(value, start, end, text)) if of is not None and of.shell else None
        try:
            return plain(template.evaluate(self._scope, self._budget, hole))
        except EvaluationFault as fault:
            self.found.extend(place(fault.faults, node))
            return Unknown(None)

    def _cycle(self, node: Node) -> Value:
        """Values that refer to each other in a circle: the chain, one line an edge."""
        start = next(i for i, frame in enumerate(self._stack) if frame.node is node)
        names = [frame.name for frame in self._stack[start:]] + [self._stack[start].name]
        chain = tuple(
            f"{frame.node.span}: {frame.name} reads {then}"
            for frame, then in zip(self._stack[start:], names[1:], strict=True)
        )
        message = f"`{names[0]}` refers to itself" + (f" through `{'`, `'.join(names[1:-1])}`" if names[2:] else "")
        self.found.append(
            codes.REFERENCE_CYCLE.at(node.span, message, notes=chain, help="break the circle at one of these places")
        )
        return Value(Unknown(None), node)

    # What the namespaces answer.

    def _noted(self, name: str, data: object, value: Value | None = None, *, by_cell: bool = False) -> object:
        """Writes down that the value being evaluated has read `name`."""
        if self._stack:
            self._stack[-1].reads.append(Read(name, data, value))
            self._stack[-1].by_cell |= by_cell
        return data

    def _absent(self, namespace: str) -> object:
        """An heir of an abstract spec may supply the name; elsewhere nobody does."""
        return Unknown(None) if namespace in self._names.open else MISSING

    def _field(self, name: str, node: Node) -> Value:
        return self.value(node, f"job.{name}", of=self.inputs.fields.get(name))

    def _job(self, name: str) -> object:
        node = self.spec.section("job").get(name)
        if node is None:
            return self._absent("job")
        value = self._field(name, node)
        return self._noted(f"job.{name}", value.data, value)

    def _var(self, node: Node, name: str) -> object:
        if isinstance(node, Mapping):
            return Tree(node, name, self._var, self._absent("vars"))
        value = self.value(node, name)
        return self._noted(name, value.data, value)

    def _param(self, name: str) -> object:
        binding = self.inputs.bindings.get(name)
        if binding is None:
            return self._absent("params")
        if binding.node is None:
            return self._noted(f"params.{name}", binding.unknown)
        value = self._bound(binding)
        return self._noted(f"params.{name}", value.data, value)

    def _bound(self, binding: Binding) -> Value:
        """A parameter's value; one that a template gives is held to the declaration here."""
        param = binding.param
        if binding.node is None:
            return Value(binding.unknown, param.node)
        is_new = (id(binding.node), "") not in self._shared
        value = self.value(binding.node, f"params.{param.name}", STATIC_NAMESPACES)
        complaint = param.complaint(value.data) if value.is_known else None
        if complaint is None:
            return value
        if is_new and value.reads:
            self.found.append(codes.BAD_PARAM_VALUE.at(binding.node.span, complaint))
        return Value(binding.unknown, binding.node, value.reads)

    def _axis(self, name: str) -> object:
        if self._cell is None or name not in self._cell.values:
            return self._absent("matrix")
        axis = self._cell.values[name]
        return self._noted(f"matrix.{name}", axis.data, Value(axis.data, axis.node), by_cell=True)

    def _of_cell(self, name: str) -> object:
        if self._cell is None or name not in ("id", "index", "slug", "repeat"):
            return MISSING
        return self._noted(f"cell.{name}", getattr(self._cell, name), by_cell=True)

    def _of_spec(self, name: str) -> object:
        spec = self.spec
        members: dict[str, object] = {"id": spec.id, "name": spec.name, "dir": spec.folder, "path": spec.path}
        return self._noted(f"spec.{name}", members[name]) if name in members else MISSING

    def _env(self, name: str) -> object:
        if name not in self.inputs.env_names:
            return MISSING
        if self.inputs.checking:
            return self._noted(f"env.{name}", Unknown("string"))
        value = self.inputs.environment.get(name)
        return MISSING if value is None else self._noted(f"env.{name}", value)
