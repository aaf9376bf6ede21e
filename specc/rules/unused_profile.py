"""A profile that changes nothing.

## What
Finds a profile of a spec under which every value is what it is without the profile. An empty profile, `full: {}`, is
only a name for the spec as it is, and fine.

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
  core_limit: 4
  cmd_line: ./solver
```

## Good
```yaml
specc: 1
profiles:
  smoke: {job: {core_limit: 1}}
job:
  name: cavity
  core_limit: 4
  cmd_line: ./solver
```
"""

from collections.abc import Iterator

from specc.diagnostics import Diagnostic
from specc.diagnostics.codes import UNUSED_PROFILE
from specc.evaluator import passed_to
from specc.nodes import FileText, Mapping, Node, Scalar, Sequence
from specc.rules.rule import Spec, SpecRule


def find(spec: Spec) -> Iterator[Diagnostic]:
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


RULE = SpecRule(UNUSED_PROFILE, find)
