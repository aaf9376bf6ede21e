"""Value forms: `{$literal: text}` becomes a verbatim scalar, `{$file: PATH, env, args}` the text of a file, and
`{$command: text, env, args}` a scalar with what is passed to it.
"""

from dataclasses import replace

from specc.diagnostics import Diagnostic, Missing, codes
from specc.nodes import FileText, Mapping, Node, Passed, Scalar, Sequence, kind_of
from specc.resolver.library import Library
from specc.resolver.operators import VALUE_FORMS, Operator, fault_of, is_template, operator_of
from specc.resolver.paths import join

NOTHING = ""


def read_forms(node: Node, library: Library, found: list[Diagnostic]) -> Node:
    """The same tree with every value form replaced by what it stands for, before anything is merged.

    Most trees hold none, and are given back as they are.
    """
    match node:
        case Mapping():
            operator = operator_of(node)
            if operator is not None and operator.name in VALUE_FORMS:
                return _read(operator, node, library, found)
            entries = {
                key: value if isinstance(value, Scalar) else read_forms(value, library, found)
                for key, value in node.entries.items()
            }
            is_same = all(entries[key] is value for key, value in node.entries.items())
            return node if is_same else replace(node, entries=entries)
        case Sequence():
            items = tuple(read_forms(item, library, found) for item in node.items)
            is_same = all(new is old for new, old in zip(items, node.items, strict=True))
            return node if is_same else replace(node, items=items)
        case _:
            return node


def _read(operator: Operator, node: Mapping, library: Library, found: list[Diagnostic]) -> Node:
    fault = fault_of(operator, node)
    nothing = Scalar(NOTHING, node.span, layer=node.layer, verbatim=True)
    if fault is None and operator.name == "$command":
        text = read_forms(operator.operand, library, found)
        assert isinstance(text, Scalar)
        return replace(text, passed=Passed(*_passed(node, library, found)))
    if fault is not None or not isinstance(operator.operand, Scalar):
        found.extend([fault] if fault is not None else [])
        return nothing
    if operator.name == "$literal":
        return replace(operator.operand, verbatim=True)
    return _file(operator.operand, node, library, found) or nothing


def _file(ref: Scalar, node: Mapping, library: Library, found: list[Diagnostic]) -> FileText | None:
    wanted = str(ref.value)
    if is_template(ref):
        help = "pass what varies through `env:` or `args:`, or write the text in the spec"
        found.append(
            codes.TEMPLATE_NOT_ALLOWED.at(ref.span, "`$file` takes a fixed path, without templates", help=help)
        )
        return None
    name = join(ref.span.source.name, wanted)
    if name is None:
        help = "copy the file into the project; `//` starts at the project's root"
        found.append(codes.OUTSIDE_PROJECT.at(ref.span, f"`$file: {wanted}` leads out of the project", help=help))
        return None
    text = library.text(name)
    if isinstance(text, Missing):
        found.append(text.code.at(ref.span, text.message, help=text.help))
        return None
    env, args = _passed(node, library, found)
    return FileText(ref, text, wanted.endswith(".j2"), env, args, node.span, node.layer)


def _passed(node: Mapping, library: Library, found: list[Diagnostic]) -> tuple[Mapping | None, Sequence | None]:
    """`env` and `args` of a `$file` or a `$command`; what is neither a mapping nor a list is reported and left out."""
    env, args = (read_forms(part, library, found) if (part := node.get(name)) else None for name in ("env", "args"))
    if env is not None and not isinstance(env, Mapping):
        help = "write `env: {NAME: value}`"
        found.append(codes.BAD_OPERATOR.at(env.span, f"`env` is {kind_of(env)}, not a mapping of names", help=help))
    if args is not None and not isinstance(args, Sequence):
        help = "write `args: [first, second]`"
        found.append(codes.BAD_OPERATOR.at(args.span, f"`args` is {kind_of(args)}, not a list", help=help))
    return env if isinstance(env, Mapping) else None, args if isinstance(args, Sequence) else None
