"""Declarations in a spec that nothing uses, or that are not what they seem."""

from collections.abc import Iterator

from specc.diagnostics import Diagnostic, Label
from specc.diagnostics.codes import (
    FIXED_PARAM,
    SHADOWED_PARAM,
    UNUSED_AXIS,
    UNUSED_PARAM,
    UNUSED_PARENT,
    UNUSED_PROFILE,
    UNUSED_VAR,
)
from specc.evaluator import passed_to
from specc.nodes import FileText, Mapping, Node, Scalar, Sequence
from specc.resolver import Param, join, shown
from specc.rules.rule import Document, Family, FamilyRule, Spec, SpecRule
from specc.rules.uses import uses_of
from specc.wording import template_of


def unused_param(family: Family) -> Iterator[Diagnostic]:
    """A parameter that no template reads.

    ## What
    Finds a parameter under `params:` that no template of the file, of the files that it is made of, or of the specs
    that inherit from it mentions. A base that nothing inherits from is not looked at: its heirs may be elsewhere.

    ## Why
    Whoever gives `-p steps=500` expects another job. Where nothing reads the parameter, the same job is sent, and
    nothing says so. Most often the command was changed and the parameter forgotten, or a number in the command should
    have been the parameter.

    ## Bad
    ```yaml
    specc: 1
    params:
      steps: {type: integer, default: 100}
    job:
      name: cavity
      cmd_line: ./solver --steps 100
      core_limit: 4
    ```

    ## Good
    ```yaml
    specc: 1
    params:
      steps: {type: integer, default: 100}
    job:
      name: cavity
      cmd_line: ./solver --steps {{ params.steps }}
      core_limit: 4
    ```
    """
    for key in family.unread("params"):
        help = f"write `{template_of('params', key.value)}` where it is meant, or remove it"
        yield UNUSED_PARAM.at(key.span, f"nothing reads `params.{key.value}`", help=help)


def unused_var(family: Family) -> Iterator[Diagnostic]:
    """A variable that no template reads.

    ## What
    Finds a name under `vars:` that no template of the file, of the files that it is made of, or of the specs that
    inherit from it mentions. Bases are not looked at: a base may offer more than its heirs take.

    ## Why
    A variable that nothing reads looks as if it mattered. Somebody changes it, the check is clean, and the job that
    runs is the old one. Often it is the one variable of the base that is meant, under another name.

    ## Bad
    ```yaml
    specc: 1
    vars:
      run_dir: /scratch/cavity
    job:
      name: cavity
      cmd_line: ./solver -in /scratch/cavity
      core_limit: 4
    ```

    ## Good
    ```yaml
    specc: 1
    vars:
      run_dir: /scratch/cavity
    job:
      name: cavity
      cmd_line: ./solver -in {{ vars.run_dir | sh }}
      core_limit: 4
    ```
    """
    for key in family.unread("vars") if not family.document.abstract else ():
        help = f"write `{template_of('vars', key.value)}` where it is meant, or remove it"
        yield UNUSED_VAR.at(key.span, f"nothing reads `vars.{key.value}`", help=help)


BY_CELL = ("id", "index", "slug")
"""What an axis has a part in without being named."""


def unused_axis(family: Family) -> Iterator[Diagnostic]:
    """An axis that no template reads.

    ## What
    Finds an axis of the matrix that no template mentions: neither as `matrix.NAME`, nor through `cell.slug`, `cell.id`
    or `cell.index`, which every axis has a part in. Bases are not looked at: their heirs may read the axis.

    ## Why
    The matrix is multiplied by the axis, so several cells are the same job. They are sent, and paid for, again and
    again, and write over each other's results.

    ## Bad
    ```yaml
    specc: 1
    matrix:
      axes: {seed: [1, 2, 3]}
    job:
      name: cavity
      cmd_line: ./solver --seed 1
      core_limit: 4
    ```

    ## Good
    ```yaml
    specc: 1
    matrix:
      axes: {seed: [1, 2, 3]}
    job:
      name: cavity-{{ matrix.seed }}
      cmd_line: ./solver --seed {{ matrix.seed }}
      core_limit: 4
    ```
    """
    if family.document.abstract or any(family.uses.has("cell", name) for name in BY_CELL):
        return
    for key in family.unread("matrix"):
        message = f"nothing reads the axis `matrix.{key.value}`, so its cells are the same job"
        read = template_of("matrix", key.value)
        help = f"write `{read}` where it is meant, or remove the axis; `repeat: N` repeats a job"
        yield UNUSED_AXIS.at(key.span, message, help=help)


def unused_profile(spec: Spec) -> Iterator[Diagnostic]:
    """A profile that changes nothing.

    ## What
    Finds a profile of a spec under which every value is what it is without the profile. An empty profile, `full: {}`,
    is only a name for the spec as it is, and fine.

    ## Why
    `--profile smoke` is believed to send a small job. When the spec came to have those values itself, or a key of the
    profile went into the wrong section, the large one is sent.

    ## Bad
    ```yaml
    specc: 1
    profiles:
      smoke: {job: {core_limit: 4}}
    job:
      name: cavity
      cmd_line: ./solver
      core_limit: 4
    ```

    ## Good
    ```yaml
    specc: 1
    profiles:
      smoke: {job: {core_limit: 1}}
    job:
      name: cavity
      cmd_line: ./solver
      core_limit: 4
    ```
    """
    document = spec.plain.document
    declared = document.body.get("profiles")
    if document.abstract or not isinstance(declared, Mapping):
        return
    for name, key in declared.keys.items():
        variant, overlay = spec.variants.get(name), declared.get(name)
        if variant is not None and _says_something(overlay) and _is_same(variant.body, spec.plain.body):
            message = f"profile `{name}` changes nothing: the spec has each of its values without it"
            help = f"remove it, or write `{name}: {{}}` if it is a name for the spec as it is"
            yield UNUSED_PROFILE.at(key.span, message, help=help)


def _says_something(overlay: Node | None) -> bool:
    return isinstance(overlay, Mapping) and any(
        not isinstance(n, Mapping) or n.entries for n in overlay.entries.values()
    )


def _is_same(one: Node | None, other: Node | None) -> bool:
    if one is other:
        return True
    match one, other:
        case (Mapping(), Mapping()):
            # The order of keys orders axes, and with them the cells.
            names = list(one.entries)
            return names == list(other.entries) and all(_is_same(one.entries[n], other.entries[n]) for n in names)
        case (Sequence(), Sequence()):
            pairs = zip(one.items, other.items, strict=False)
            return len(one.items) == len(other.items) and all(_is_same(*pair) for pair in pairs)
        case (Scalar(), Scalar()):
            said, said_too = ((type(each.value), each.value, each.verbatim) for each in (one, other))
            before, after = passed_to(one), passed_to(other)
            return said == said_too and _is_same(before.env, after.env) and _is_same(before.args, after.args)
        case (FileText(), FileText()):
            same_text = one.text is other.text and one.is_template == other.is_template
            return same_text and _is_same(one.env, other.env) and _is_same(one.args, other.args)
        case _:
            return one is other


def unused_parent(spec: Spec) -> Iterator[Diagnostic]:
    """A parent of which nothing is left.

    ## What
    Finds a file in `extends` of which no value survives: whatever it and its own parents say is replaced by the spec.

    ## Why
    A reader takes the parent for the place where a value comes from, and changes it there, without effect. Each change
    of the parent also checks, and asks for a review of, specs that it cannot touch.

    ## Bad
    ```yaml title="base.job.yaml"
    specc: 1
    abstract: true
    job: {core_limit: 4}
    ```
    ```yaml
    specc: 1
    extends: base.job.yaml
    job:
      name: cavity
      cmd_line: ./solver
      core_limit: 64
    ```

    ## Good
    ```yaml title="base.job.yaml"
    specc: 1
    abstract: true
    job: {core_limit: 4}
    ```
    ```yaml
    specc: 1
    extends: base.job.yaml
    job:
      name: cavity
      cmd_line: ./solver
    ```
    """
    plain = spec.plain
    files = {document.source.name: document for document in plain.ancestors}
    lines = [(parent, _line(plain.path, parent, files)) for parent in plain.document.parents]
    if not lines:
        return
    if _is_left_of_all(lines, spec):
        return
    left = {document.source.name for document in plain.ancestors if _speaks(document)}
    left.update(*(_writers(one.body) for one in (plain, *spec.variants.values())))
    replaced = {loser for loser, winner in _replaced(plain.body) if winner != plain.path}
    for parent, line in lines:
        # A parent that another one brings, too, is there for the order.
        brings_order = any(other is not parent and line & names for other, names in lines)
        # Where another parent has replaced a value, the two may disagree, which is told elsewhere.
        if not brings_order and left.isdisjoint(line) and replaced.isdisjoint(line):
            message = f"nothing is left of `{parent.value}`: every value of it is replaced"
            help = "remove it from `extends`, or remove the values here that were meant to come from it"
            yield UNUSED_PARENT.at(parent.span, message, help=help)


def _is_left_of_all(lines: list[tuple[Scalar, frozenset[str]]], spec: Spec) -> bool:
    """Return whether each parent, or one above it, has written something that is left. So it is nearly always."""
    wanted = [line for _, line in lines]
    for writer in _writers(spec.plain.body):
        if any(writer in line for line in wanted):
            wanted = [line for line in wanted if writer not in line]
            if not wanted:
                return True
    return False


def _speaks(document: Document) -> bool:
    """Return whether the file says anything beside values, such as `api:`, or declares profiles."""
    return document.api is not None or document.body.get("profiles") is not None


def _line(origin: str, parent: Scalar, files: dict[str, Document]) -> frozenset[str]:
    """Return the names of the parent and of all its ancestors."""
    name = join(origin, str(parent.value))
    document = files.get(name) if name is not None else None
    if document is None or name is None:
        return frozenset()
    above = (_line(name, reference, files) for reference in document.parents)
    return frozenset({name}).union(*above)


def _writers(node: Node) -> Iterator[str]:
    """Yield the names of the files that wrote what is left in a tree, or removed something from it."""
    match node:
        case Scalar() | FileText():
            yield node.span.source.name
        case Mapping():
            yield from (operator.span.source.name for operator in node.removed.values())
            if not node.entries:
                yield node.span.source.name
            for value in node.entries.values():
                yield from _writers(value)
        case Sequence():
            if not node.items:
                yield node.span.source.name
            for item in node.items:
                yield from _writers(item)


def _replaced(node: Node) -> Iterator[tuple[str, str]]:
    """Yield the names of each file that lost a value and of the file that replaced the value."""
    below = node.beneath
    while below is not None:
        if not isinstance(below, Mapping):
            yield below.span.source.name, node.span.source.name
        below = below.beneath
    if isinstance(node, Mapping):
        for value in node.entries.values():
            yield from _replaced(value)


def shadowed_param(spec: Spec) -> Iterator[Diagnostic]:
    """A variable with the name of a parameter that it does not read.

    ## What
    Finds a name that stands both under `params:` and under `vars:`, where the variable is not made from the parameter.

    ## Why
    `-p ranks=8` sets `params.ranks`. A template that reads `vars.ranks` does not see it, and the two are hard to tell
    apart when reading. One of them is meant.

    ## Bad
    ```yaml
    specc: 1
    params: {ranks: {type: integer, default: 4}}
    vars: {ranks: 2}
    job:
      name: cavity
      cmd_line: mpirun -np {{ vars.ranks }} ./solver
      core_limit: "{{ params.ranks }}"
    ```

    ## Good
    ```yaml
    specc: 1
    params: {ranks: {type: integer, default: 4}}
    job:
      name: cavity
      cmd_line: mpirun -np {{ params.ranks }} ./solver
      core_limit: "{{ params.ranks }}"
    ```
    """
    params, vars = spec.plain.section("params"), spec.plain.section("vars")
    own = spec.plain.document.source
    for name, key in vars.keys.items():
        declared = params.keys.get(name)
        if declared is None or own not in (key.span.source, declared.span.source):
            continue
        if not uses_of(vars.entries[name], lambda _: None).has("params", name):
            message = f"`vars.{name}` has the name of a parameter, and is not made from it"
            help = f"read `params.{name}` instead, or give the variable another name"
            label = Label(declared.span, f"`-p {name}=...` sets this one")
            yield SHADOWED_PARAM.at(key.span, message, labels=(label,), help=help)


def fixed_param(spec: Spec) -> Iterator[Diagnostic]:
    """A parameter that can have only one value.

    ## What
    Finds a parameter that allows a single value: one entry in `choices`, or the same `minimum` and `maximum`. Bases are
    not looked at: their heirs may allow more.

    ## Why
    A parameter is what can be given with `-p`. This one cannot: each other value is refused. It is a variable.

    ## Bad
    ```yaml
    specc: 1
    params:
      solver: {type: string, choices: [icoFoam], default: icoFoam}
    job:
      name: cavity
      cmd_line: "{{ params.solver | sh }} -case ."
      core_limit: 4
    ```

    ## Good
    ```yaml
    specc: 1
    params:
      solver: {type: string, choices: [icoFoam, pisoFoam], default: icoFoam}
    job:
      name: cavity
      cmd_line: "{{ params.solver | sh }} -case ."
      core_limit: 4
    ```
    """
    for name, param in spec.plain.params.items():
        if spec.plain.abstract or param.key.span.source is not spec.plain.document.source:
            continue
        values = _possible_values(param)
        if len(values) == 1:
            message = f"`params.{name}` can only be {shown(values.pop())}"
            help = f"allow another value, or write it as `vars: {{{name}: ...}}`"
            yield FIXED_PARAM.at(param.key.span, message, help=help)


def _possible_values(param: Param) -> set[object]:
    """Return all values that the parameter allows, or no values if they are not a short list."""
    if param.choices:
        return {choice.value for choice in param.choices}
    bounds = {bound.value for bound in (param.minimum, param.maximum) if bound is not None}
    return set(bounds) if param.minimum is not None and param.maximum is not None and len(bounds) == 1 else set()


RULES = (
    FamilyRule(UNUSED_PARAM, unused_param),
    FamilyRule(UNUSED_VAR, unused_var),
    FamilyRule(UNUSED_AXIS, unused_axis),
    SpecRule(UNUSED_PROFILE, unused_profile),
    SpecRule(UNUSED_PARENT, unused_parent),
    SpecRule(SHADOWED_PARAM, shadowed_param),
    SpecRule(FIXED_PARAM, fixed_param),
)
