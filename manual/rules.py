"""A page for each rule, from its docstring."""

from collections.abc import Iterable

from specc.rules.documentation import document
from specc.rules.rule import Rule


def rule_page(rule: Rule) -> str:
    written = document(rule)
    code = rule.code
    return (
        f"# {code.code} {code.slug}\n\n{written.title}\n\n"
        f"Severity: {code.severity.value}. [`[rules]`](../configuration.md) in `specc.toml` changes it, and\n"
        f"[`# specc: ignore[{code.code}] reason`](../diagnostics.md#ignoring-one-diagnostic) hides one diagnostic.\n\n"
        f"{written.markdown}\n"
    )


def rules_index(rules: Iterable[Rule]) -> str:
    rows = [
        f"| [{rule.code.code}]({rule.code.code}.md) | {rule.code.slug} | {rule.code.severity.value} "
        f"| {document(rule).title} |\n"
        for rule in rules
    ]
    return (
        "# Rules\n\nWhat `specc check` finds beyond the schema. All diagnostics, also those of other stages, stand in\n"
        "[one table](../codes.md). `specc rules CODE` prints these pages in the terminal.\n\n"
        "| code | name | severity | what it finds |\n|---|---|---|---|\n" + "".join(rows)
    )
