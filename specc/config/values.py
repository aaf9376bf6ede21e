"""From checked nodes to `Settings`. Whatever is missing takes its built-in default."""

from collections.abc import Iterator
from dataclasses import replace

from specc.config.checks import targets
from specc.config.shapes import BY_NAME, text_of
from specc.nodes import Mapping, Node, Scalar, Sequence, to_data
from specc.settings import BUILT_IN, RuleSettings, RuleTable, Settings, Target
from specc.targets.kinds import traits_of
from specc.targets.local import LOCAL


def settings_of(written: Mapping, project: str) -> Settings:
    """Return the settings that `written` holds. `project` is the project's name where no setting says it."""
    usual = Settings(project=project)
    known = {
        BUILT_IN: Target(BUILT_IN, LOCAL.name, LOCAL.traits),
        **{target.name: target for target in _targets(written)},
    }
    target = text_of(written.get("target"))
    return Settings(
        project=text_of(written.get("project")) or usual.project,
        target=target if target in known else usual.target,
        api=text_of(written.get("api")) or usual.api,
        include=_texts(written, "include", usual.include),
        exclude=_texts(written, "exclude", usual.exclude),
        env=_texts(written, "env", usual.env),
        defaults=_table(written, "defaults"),
        units=_pairs(written, "units"),
        targets=known,
        ledger=text_of(ledger.get("path")) if (ledger := _table(written, "ledger")) else None,
        ledger_shared=ledger is not None and isinstance(flag := ledger.get("shared"), Scalar) and flag.value is True,
        rules=_rule_settings(_table(written, "rules")),
        is_named=text_of(written.get("project")) is not None,
        is_target_chosen=target in known,
    )


def _targets(written: Mapping) -> Iterator[Target]:
    """Yield the declared targets that have a kind. `local` always has one."""
    for key, node in targets(written):
        name = str(key.value)
        kind = LOCAL.name if name == BUILT_IN else text_of(node.get("kind"))
        if kind is not None:
            yield Target(
                name,
                kind,
                traits_of(kind, text_of(node.get("adapter"))),
                endpoint=text_of(node.get("endpoint")),
                job=_table(node, "job"),
                units=_pairs(node, "units"),
                run_as="caller" if node.get("run_as") is not None else None,
                queues=_queues(node),
                needs_queue=isinstance(flag := node.get("needs_queue"), Scalar) and flag.value is True,
                tag_names=isinstance(tag := node.get("tag_names"), Scalar) and tag.value is True,
                arrays=not (isinstance(arrays := node.get("arrays"), Scalar) and arrays.value is False),
                layout="tasks" if text_of(node.get("layout")) == "tasks" else "threads",
                hpcqueues=_pairs(node, "hpcqueues"),
                resource_limits=_lists(node, "resource_limits"),
                options=_texts(node, "options", ()),
                environment=_texts(node, "environment", ()),
                directory=text_of(node.get("directory")),
                cluster=text_of(node.get("cluster")),
                workdir=text_of(node.get("workdir")) or "project",
                prelude=_prelude(node),
                name_max=_count(node, "name_max"),
                name_pattern=text_of(node.get("name_pattern")),
                commands=_lists(node, "commands"),
                adapter=text_of(node.get("adapter")),
                own_settings=_data(node, "settings"),
                job_variable=text_of(node.get("job_variable")),
            )


def _table(node: Mapping, key: str) -> Mapping | None:
    table = node.get(key)
    return table if isinstance(table, Mapping) else None


def _prelude(node: Mapping) -> Node | None:
    """Return the lines before every command as a spec would write them: a text, or `{$file: PATH}`."""
    lines = node.get("prelude")
    if not isinstance(lines, Mapping):
        return lines if isinstance(lines, Scalar) and str(lines.value).strip() else None
    *_, (key, ref) = lines.items()
    return replace(lines, entries={"$file": ref}, keys={"$file": replace(key, value="$file")})


def _texts(node: Mapping, key: str, usual: tuple[str, ...]) -> tuple[str, ...]:
    items = node.get(key)
    return tuple(text_of(item) or "" for item in items.items) if isinstance(items, Sequence) else usual


def _pairs(node: Mapping, key: str) -> dict[str, str]:
    table = _table(node, key)
    return {name: text_of(value) or "" for name, value in table.entries.items()} if table else {}


def _lists(node: Mapping, key: str) -> dict[str, tuple[str, ...]]:
    table = _table(node, key)
    return {name: _texts(table, name, ()) for name in table.entries} if table else {}


def _data(node: Mapping, key: str) -> dict[str, object]:
    table = _table(node, key)
    return {name: to_data(value) for name, value in table.entries.items()} if table else {}


def _count(node: Mapping, key: str) -> int | None:
    value = node.get(key)
    return value.value if isinstance(value, Scalar) and isinstance(value.value, int) else None


def _queues(target: Mapping) -> dict[str, dict[str, object]]:
    table = _table(target, "queues")
    entries = table.entries.items() if table else ()
    return {
        name: {limit: to_data(value) for limit, value in queue.entries.items()}
        for name, queue in entries
        if isinstance(queue, Mapping)
    }


def _rule_settings(node: Mapping | None) -> RuleSettings:
    """Return the `[rules]` table. It names diagnostics by code or by name; the settings have codes."""
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
        everywhere=_rule_table(node),
        paths=tuple((pattern, _rule_table(table)) for pattern, table in tables if isinstance(table, Mapping)),
        quantities={**usual.quantities, **quantities},
        max_inheritance=most.value if isinstance(most, Scalar) and type(most.value) is int else usual.max_inheritance,
    )


def _rule_table(node: Mapping) -> RuleTable:
    levels = node.get("severity")
    named = levels.entries.items() if isinstance(levels, Mapping) else ()
    return RuleTable(_codes(node, "ignore"), {BY_NAME[name].code: text_of(level) or "" for name, level in named})


def _codes(node: Mapping, key: str) -> frozenset[str]:
    items = node.get(key)
    names = [text_of(item) for item in items.items] if isinstance(items, Sequence) else []
    return frozenset(BY_NAME[name].code for name in names if name is not None)
