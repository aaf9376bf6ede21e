"""From checked nodes to `Settings`. What is missing takes its built-in default."""

from collections.abc import Iterator
from dataclasses import replace

from specc.config.checks import targets
from specc.config.rules import rule_settings
from specc.config.shapes import KINDS, text_of
from specc.nodes import Mapping, Node, Scalar, Sequence, to_data
from specc.settings import Settings, Target


def settings_of(written: Mapping, project: str) -> Settings:
    """The settings that `written` holds. `project` is the project's name if it says none."""
    usual = Settings(project=project)
    known = {"local": Target("local", "local"), **{target.name: target for target in _targets(written)}}
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
        rules=rule_settings(_table(written, "rules")),
        is_named=text_of(written.get("project")) is not None,
        is_target_chosen=target in known,
    )


def _targets(written: Mapping) -> Iterator[Target]:
    """The declared targets that have a kind. `local` has one without saying it."""
    for key, node in targets(written):
        name = str(key.value)
        kind = "local" if name == "local" else text_of(node.get("kind"))
        if kind is not None:
            yield Target(
                name,
                KINDS[kind],
                endpoint=text_of(node.get("endpoint")),
                job=_table(node, "job"),
                units=_pairs(node, "units"),
                run_as="caller" if node.get("run_as") is not None else None,
                queues=_queues(node),
                needs_queue=isinstance(flag := node.get("needs_queue"), Scalar) and flag.value is True,
                tag_names=isinstance(tag := node.get("tag_names"), Scalar) and tag.value is True,
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
