"""The `[rules]` table as settings. Findings can be named by code or by name; the settings have codes."""

from specc.config.findings import BY_NAME
from specc.config.shapes import text_of
from specc.nodes import Mapping, Scalar, Sequence
from specc.settings import RuleSettings, RuleTable


def rule_settings(node: Mapping | None) -> RuleSettings:
    usual = RuleSettings()
    if node is None:
        return usual
    said = node.get("quantities")
    given = said.entries.items() if isinstance(said, Mapping) else ()
    quantities = {name: text_of(value) or "" for name, value in given}
    most, paths = node.get("max_inheritance"), node.get("paths")
    tables = paths.entries.items() if isinstance(paths, Mapping) else ()
    return RuleSettings(
        select=_codes(node, "select") if node.get("select") is not None else None,
        everywhere=_table(node),
        paths=tuple((pattern, _table(table)) for pattern, table in tables if isinstance(table, Mapping)),
        quantities={**usual.quantities, **quantities},
        max_inheritance=most.value if isinstance(most, Scalar) and type(most.value) is int else usual.max_inheritance,
    )


def _table(node: Mapping) -> RuleTable:
    levels = node.get("severity")
    named = levels.entries.items() if isinstance(levels, Mapping) else ()
    return RuleTable(_codes(node, "ignore"), {BY_NAME[name].code: text_of(level) or "" for name, level in named})


def _codes(node: Mapping, key: str) -> frozenset[str]:
    items = node.get(key)
    names = [text_of(item) for item in items.items] if isinstance(items, Sequence) else []
    return frozenset(BY_NAME[name].code for name in names if name is not None)
