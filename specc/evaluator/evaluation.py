"""From a resolved spec and a cell to an evaluated spec."""

from collections.abc import Callable
from collections.abc import Mapping as Map
from dataclasses import field

from specc.diagnostics import Diagnostic, codes, replacing_fix
from specc.evaluator.bindings import Binding
from specc.evaluator.commands import PRELUDE, Prelude, with_prelude
from specc.evaluator.names import (
    NAMESPACES,
    OF_CELL,
    OF_SPEC,
    STATIC_NAMESPACES,
    WHERE_NAMESPACES,
    Members,
    Scope,
    Tree,
    names_of,
)
from specc.evaluator.sweep import CELL
from specc.evaluator.templates import Ready, Templates, template_text
from specc.evaluator.values import ATTEMPT, EvaluatedSpec, Value, all_names, env_names, told
from specc.evaluator.walk import Walk
from specc.expander import AxisValue, Cell, Values
from specc.expressions import MISSING, Template, Unknown
from specc.fast_dataclass import dataclass
from specc.nodes import FileText, Mapping, Node, Scalar, Sequence, kind_of
from specc.resolver import ResolvedSpec, shown
from specc.settings import FieldType

MOST_ASKED = 1_200_000
"""What the conditions of one matrix may cost. It is enough for 30,000 combinations."""
COST_OF_A_LOOK = 2
COST_OF_ASKING = 10
TOO_MUCH_ASKED = "the conditions of this matrix take too long, all combinations together"
ASK_LESS = "make the axes smaller, or leave combinations out by `exclude`"

VARYING_FILE = "the name of the file depends on `cell.index`, which another value of an axis changes"
FIXED_FILE = "results are read when the matrix may be another one: write `cell.slug` or `cell.id`"


def axis_value(axis: AxisValue) -> Value:
    """Return the value of an axis in one cell. The items of an unknown list are unknown."""
    return Value(Unknown(None) if axis.is_item else axis.data, axis.node)


def _axes_of(template: Template) -> tuple[str, ...] | None:
    """Return the axes that a template can read; None if it may read any of them."""
    paths = [reference.path for reference in template.references if reference.path[0] == "matrix"]
    if any(len(path) < 2 for path in paths):
        return None
    return tuple(dict.fromkeys(str(path[1]) for path in paths))


def _no_condition(node: Node) -> Diagnostic:
    """Return the diagnostic of something that is not a condition."""
    if not isinstance(node, Scalar) or not isinstance(node.value, str):
        message = f"a condition of `where` is {kind_of(node)}, not a template"
        return codes.BAD_MATRIX.at(
            node.span, message, help='write `where: "{{ matrix.n <= 64 }}"`, or a list of such texts'
        )
    template = f"{{{{ {node.value} }}}}"
    is_plain = '"' not in template and "\\" not in template
    written = f'"{template}"' if is_plain else "'" + template.replace("'", "''") + "'"
    fix = replacing_fix(node.span, node.value, written, is_safe="matrix." in template)
    message = "a condition of `where` is a template, and this is a text"
    return codes.BAD_MATRIX.at(node.span, message, help=f"put it in braces and quotes: `{written}`", fix=fix)


def _not_true_or_false(node: Node, value: Value) -> Diagnostic:
    message = f"the condition comes to {shown(value.data)}, and not to true or false"
    help = "write one `{{ ... }}` with a comparison, such as `{{ matrix.n <= 64 }}`"
    return codes.BAD_MATRIX.at(node.span, message, notes=told(value.reads), help=help)


@dataclass(frozen=True, slots=True)
class Inputs:
    """The inputs of an evaluation. `checking`: values without input are unknown instead of missing.

    `unknown_env` are variables of the environment that are set, and whose values this evaluation must not see.
    `prelude` is put before every command. `attempt` is the number of the attempt that all cells are made for.
    """

    bindings: dict[str, Binding]
    fields: dict[str, FieldType]
    env_names: tuple[str, ...] = ()
    environment: Map[str, str] = field(default_factory=dict)
    checking: bool = False
    unknown_env: frozenset[str] = frozenset()
    prelude: Prelude | None = None
    attempt: int = 1


class Evaluation:
    """The evaluation of one spec with one choice of inputs, cell by cell.

    `matrix_varies`: the matrix read an input, and may differ with another input. `asked`: what its conditions cost.
    """

    def __init__(self, spec: ResolvedSpec, inputs: Inputs) -> None:
        self.spec = spec
        self.inputs = inputs
        self.matrix_varies = False
        self.env_of_matrix: frozenset[str] = frozenset()
        self.asked = 0
        self._found: list[Diagnostic] = []
        self._cell: Cell | None = None
        self._bindings: dict[str, Value] = {}
        known = [name for name in inputs.env_names if inputs.checking or name in inputs.environment]
        unset = [name for name in inputs.env_names if name not in known]
        self._templates = Templates(names_of(spec, tuple(known), tuple(unset)), self._found)
        axes = tuple(self._templates.names.known["matrix"])
        scope = Scope(
            {
                "params": Members(tuple(spec.section("params").entries), self._param),
                "vars": self._tree(spec.section("vars"), "vars"),
                "matrix": Members(axes, self._axis),
                "job": Members(tuple(spec.section("job").entries), self._job),
                "cell": Members(OF_CELL, self._of_cell),
                "spec": Members(OF_SPEC, self._of_spec),
                "env": Members(inputs.env_names, self._env),
            }
        )
        self.walk = Walk(self._templates, scope, self._found, is_sweep=bool(spec.section("matrix").entries))

    @property
    def exceeded(self) -> bool:
        """Return whether a template exceeded a limit, which is reported. Every other cell would cost as much again."""
        return self.walk.sweep.exceeded

    @property
    def is_even(self) -> bool:
        """Return whether the cells so far would have had the same budget after any other cells that are even."""
        return self.walk.sweep.is_even

    @property
    def steps(self) -> int:
        """Return how many steps the templates of the current cell have taken."""
        return self.walk.sweep.budget.used

    @property
    def has_found(self) -> bool:
        """Return whether there are diagnostics since the last call of `taken`."""
        return bool(self._found)

    def ready(self, node: Scalar | FileText, text: str) -> Ready | None:
        """Return the template of a node, or None if it has mistakes, which are reported once."""
        return self._templates.ready(node, text, NAMESPACES)

    def taken(self) -> list[Diagnostic]:
        """Return the diagnostics since the last call."""
        found = list(self._found)
        self._found.clear()
        return found

    def cell(self, cell: Cell) -> EvaluatedSpec:
        """Return all job fields of one cell."""
        self.begin(cell)
        values = {name: self.field(name, node) for name, node in self.spec.section("job").entries.items()}
        return EvaluatedSpec(self.spec, cell, values, self.env_of_matrix, self.params)

    def params(self) -> dict[str, Value]:
        """Return every parameter with its value, which is the same in all cells."""
        return {name: self._bound(binding) for name, binding in self.inputs.bindings.items()}

    def begin(self, cell: Cell) -> None:
        """Begin another cell."""
        self._cell = cell
        self.walk.next_cell()

    def without_axes(self) -> None:
        """Take all axes for unknown, because the matrix cannot be used, which is reported."""
        names = self._templates.names
        self._templates.names = names._replace(open=names.open | {"matrix"})

    def static(self, node: Node) -> object:
        """Return the value of a node that is needed before there is a cell, such as an axis."""
        value = self.walk.value(node, "matrix", STATIC_NAMESPACES)
        if value.all_reads():
            self.matrix_varies = True
            self.env_of_matrix |= env_names(value, frozenset())
        return value.data

    def condition(self, node: Node) -> Callable[[Values], bool]:
        """Return the function that says whether a condition of `where:` holds for the values of a combination.

        It is evaluated once for the values of the axes that it reads. What is not known holds, and what is neither true
        nor false is reported.
        """
        text = template_text(node) if isinstance(node, Scalar) else None
        ready = None
        if isinstance(node, Scalar) and text is not None:
            ready = self._templates.ready(node, text, WHERE_NAMESPACES)
        elif not (isinstance(node, Scalar) and isinstance(node.value, bool)):
            self._found.append(_no_condition(node))
        if ready is None:
            return lambda values: not isinstance(node, Scalar) or node.value is not False
        axes = _axes_of(ready.template)
        known: dict[object, object] = {}

        def holds(values: Values) -> bool:
            key = tuple(values.get(name) for name in axes) if axes is not None else tuple(values.values())
            self.asked += COST_OF_A_LOOK
            if self.asked > MOST_ASKED:
                if self.asked <= MOST_ASKED + COST_OF_A_LOOK:
                    self._found.append(codes.TEMPLATE_LIMIT.at(node.span, TOO_MUCH_ASKED, help=ASK_LESS))
                self.asked = MOST_ASKED + 2 * COST_OF_A_LOOK
                return True
            if key not in known:
                self.begin(Cell(values))
                value = self.walk.value(node, "matrix.where", WHERE_NAMESPACES)
                self.env_of_matrix |= env_names(value, frozenset())
                is_odd = value.is_known and not isinstance(value.data, bool)
                if is_odd and all(isinstance(data, bool | Unknown) for data in known.values()):
                    self._found.append(_not_true_or_false(node, value))
                known[key] = value.data
                self.asked = min(MOST_ASKED, self.asked + COST_OF_ASKING + self.steps)
            return known[key] is not False

        return holds

    def check_rest(self, cell: Cell) -> None:
        """Evaluate what no field of the cell reads, so that its mistakes are found, too: variables, parameters, and
        the names of files with results.
        """
        if cell is not self._cell:
            self.begin(cell)
        for name, node in self.spec.section("vars").entries.items():
            self.walk.value(node, f"vars.{name}")
        for name in self.spec.params:
            self._param(name)
        files = {
            name: file
            for name, node in self.spec.section("results").entries.items()
            if isinstance(node, Mapping) and (file := node.get("from")) is not None
        }
        for name, file in files.items():
            if "cell.index" in all_names(self.walk.value(file, f"results.{name}.from")):
                self._found.append(codes.BAD_RESULT.at(file.span, VARYING_FILE, help=FIXED_FILE))

    def named(self, name: str) -> Value | None:
        """Return the value of `vars.NAME`, `params.NAME`, `matrix.NAME` or `job.NAME` in the current cell, or None."""
        section, _, rest = name.partition(".")
        if section == "matrix":
            axis = self._cell.values.get(rest) if self._cell is not None else None
            return axis_value(axis) if axis is not None else None
        if section == "params" and (binding := self.inputs.bindings.get(rest)) is not None:
            return self._bound(binding)
        node: Node | None = self.spec.body.entries.get(section)
        for part in filter(None, rest.split(".")):
            node = node.get(part) if isinstance(node, Mapping) else None
        if node is None:
            return None
        return self.field(rest, node) if section == "job" else self.walk.value(node, name)

    def names_in(self, section: str) -> list[str]:
        """Return the names in `params`, `vars`, `matrix`, `job` or `results`."""
        if section == "results":
            return list(self.spec.section("results").entries)
        return list(self._templates.names.known[section])

    def _absent(self, namespace: str) -> object:
        """Return the value of an undefined name: unknown if another file may supply it, else missing."""
        return Unknown(None) if namespace in self._templates.names.open else MISSING

    def field(self, name: str, node: Node) -> Value:
        """Return the value of a job field in the current cell, with the prelude of the target before a command."""
        of, prelude = self._type(name), self.inputs.prelude
        value = self.walk.value(node, f"job.{name}", of=of)
        if prelude is None or of is None or not of.shell:
            return value
        return with_prelude(value, self.walk.value(prelude.node, PRELUDE, of=of), wraps=prelude.wraps)

    def _type(self, name: str) -> FieldType | None:
        return self.inputs.fields.get(name)

    def _job(self, name: str) -> object:
        node = self.spec.section("job").get(name)
        if node is None:
            return self._absent("job")
        value = self.field(name, node)
        return self.walk.noted(f"job.{name}", value.data, value)

    def _tree(self, node: Mapping | Sequence, name: str) -> Tree:
        return Tree(node, name, self._var, self._whole, self._absent("vars"))

    def _var(self, node: Node, name: str) -> object:
        return self._tree(node, name) if isinstance(node, Mapping | Sequence) else self._whole(node, name)

    def _whole(self, node: Node, name: str) -> object:
        value = self.walk.value(node, name)
        self.walk.noted(name, value.data, value)
        return value.known_parts()

    def _param(self, name: str) -> object:
        binding = self.inputs.bindings.get(name)
        if binding is None:
            # A declaration that cannot be used is reported, so its name is not reported as undefined.
            return Unknown(None) if name in self.spec.section("params").entries else self._absent("params")
        value = self._bound(binding)
        return self.walk.noted(f"params.{name}", value.data, value if binding.node is not None else None)

    def _bound(self, binding: Binding) -> Value:
        """Return the value of a parameter. A value that a template gives is checked against the declaration here."""
        name = binding.param.name
        if binding.node is None:
            return Value(binding.unknown, binding.param.node)
        if name not in self._bindings:
            value = self.walk.value(binding.node, f"params.{name}", STATIC_NAMESPACES)
            objection = binding.objection(value.data)
            if objection is not None and isinstance(binding.node, Scalar | FileText) and template_text(binding.node):
                is_number = isinstance(value.data, str) and value.data.strip().isdecimal()
                help = "add `| int` in the template" if is_number and binding.param.type == "integer" else None
                self._found.append(codes.BAD_PARAM_VALUE.at(binding.node.span, objection, help=help))
            is_usable = value.is_known and objection is None
            self._bindings[name] = value if is_usable else Value(binding.unknown, binding.node, value.reads)
        return self._bindings[name]

    def _axis(self, name: str) -> object:
        if self._cell is None or name not in self._cell.values:
            return self._absent("matrix")
        value = axis_value(self._cell.values[name])
        return self.walk.noted(f"matrix.{name}", value.data, value, axis=name)

    def _of_cell(self, name: str) -> object:
        if self._cell is None or name not in OF_CELL:
            return MISSING
        if name == "attempt":
            return self.walk.noted(ATTEMPT, self.inputs.attempt)
        return self.walk.noted(f"cell.{name}", getattr(self._cell, name), axis=CELL)

    def _of_spec(self, name: str) -> object:
        spec = self.spec
        members: dict[str, object] = {"id": spec.id, "name": spec.name, "dir": spec.folder, "path": spec.path}
        return self.walk.noted(f"spec.{name}", members[name]) if name in members else MISSING

    def _env(self, name: str) -> object:
        if name not in self.inputs.env_names:
            return MISSING
        if self.inputs.checking:
            return self.walk.noted(f"env.{name}", Unknown("string"))
        value = self.inputs.environment.get(name)
        if value is not None and name in self.inputs.unknown_env:
            return self.walk.noted(f"env.{name}", Unknown("string"))
        return MISSING if value is None else self.walk.noted(f"env.{name}", value)
