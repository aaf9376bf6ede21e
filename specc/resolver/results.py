"""Results: what the merged `results:` section says of each value that is read from what a job wrote, and its mistakes.

Only a check looks for mistakes here. A payload does not depend on results, and neither does whether it can be sent.
"""

import re
from collections.abc import Iterator
from collections.abc import Mapping as Map
from posixpath import normpath

from specc.diagnostics import Diagnostic, Fix, closest, codes, did_you_mean, spelling_fix
from specc.fast_dataclass import dataclass
from specc.nodes import Mapping, Node, Scalar, Sequence, kind_of, to_data
from specc.patterns import demands_line_break, groups_in, mistake_in
from specc.resolver.operators import is_template
from specc.wording import brief

KEYS = ("from", "pattern", "key", "format", "take", "type", "unit", "description")
STATIC = ("pattern", "key", "format", "take", "type", "unit", "description")
STREAMS = ("stdout", "stderr")
TYPES = ("number", "integer", "text", "boolean")
TAKES = ("last", "first", "all")
FORMATS = ("json", "jsonl", "yaml", "csv", "tsv")
ENDINGS = {
    ".json": "json", ".jsonl": "jsonl", ".ndjson": "jsonl", ".yaml": "yaml", ".yml": "yaml", ".csv": "csv",
    ".tsv": "tsv",
}  # fmt: skip
NUMBERS = ("number", "integer")
FOREIGN_TYPES = {
    "string": "text", "str": "text", "float": "number", "double": "number", "int": "integer", "bool": "boolean",
}  # fmt: skip

FIRST_COLUMNS = ("spec", "cell", "target")
JOB_COLUMNS = (
    "repeat", "state", "exit_code", "attempt", "uuid", "submitted_at", "started_at", "ended_at", "seconds", "node",
    "peak_memory", "cpu_seconds", "cores_asked", "memory_asked", "seconds_asked",
)  # fmt: skip
"""The columns that every table of results has, before and behind those of axes and parameters."""

NAME = re.compile(r"[^\W\d][\w .()/%-]{0,63}")
UNIT = re.compile(r"[^\s\x00-\x1f\x7f{}](?:[^\x00-\x1f\x7f{}]{0,18}[^\s\x00-\x1f\x7f{}])?")
UNEXPANDED = re.compile(r"~|\$\w|\$[({]")
WRITE = "write `{from: stdout, pattern: 'residual = (\\S+)'}`, or `{from: FILE.json, key: a.b}`"


@dataclass(frozen=True, slots=True, eq=False)
class Extraction:
    """How one result is read. `file` is the node of `from:`, which may hold a template; None is standard output.

    Either `pattern` is set, whose one group is the value, or `key` is, the way to a value in a file of `format`.
    Without a `type` a value has the type that its file gives it; a text that is written as a number is a number.
    """

    name: str
    node: Node
    file: Scalar | None
    pattern: str | None
    key: tuple[str, ...]
    format: str
    take: str
    type: str | None
    unit: str | None


def extractions(section: Mapping) -> dict[str, Extraction]:
    """Return the results of a merged `results:` section that have no mistake."""
    return {
        str(key.value): _extraction(str(key.value), node)
        for key, node in section.items()
        if next(_mistakes(key, node), None) is None
    }


def result_mistakes(section: Mapping, taken: Map[str, str]) -> Iterator[Diagnostic]:
    """Yield what is wrong with a merged `results:` section. `taken` are the other columns, and what each of them is."""
    for key, node in section.items():
        name = str(key.value)
        if name in taken:
            message = f"the result `{name}` would be a second column of that name: `{name}` is {taken[name]}"
            yield codes.BAD_RESULT.at(key.span, message, help=f"choose another name, such as `final_{name}`")
        yield from _mistakes(key, node)


def path_mistake(path: str) -> tuple[str, str] | None:
    """Return why a file name, as a template gives it, cannot be that of a result, and what to write; None if it can."""
    if not path.strip() or "\0" in path:
        return "is empty" if not path.strip() else "holds a NUL character", "write a path, or `stdout`"
    if UNEXPANDED.match(path) or "${" in path or "$(" in path:
        return "is read as it is: nothing expands `~` or `$VAR` here", "write a path from where the job starts"
    if path.endswith("/"):
        return "is the name of a folder", "name the file in it"
    if not path.startswith("/") and normpath(path).split("/")[0] == "..":
        return "leads out of the folder that the job starts in", "let the job write its results below that folder"
    return None


def _extraction(name: str, node: Node) -> Extraction:
    if not isinstance(node, Mapping):
        return Extraction(name, node, None, str(to_data(node)), (), "text", "last", None, None)

    def text(key: str) -> str | None:
        value = node.get(key)
        return str(to_data(value)) if value is not None else None

    file, key = node.get("from"), node.get("key")
    path = key.items if isinstance(key, Sequence) else ()
    parts = tuple(str(to_data(part)) for part in path) or tuple(filter(None, (text("key") or "").split(".")))
    return Extraction(
        name,
        node,
        file if isinstance(file, Scalar) else None,
        text("pattern"),
        (text("key") or "",) if _is_table(_format(node)) and not path else parts,
        _format(node) or "text",
        text("take") or "last",
        text("type"),
        text("unit"),
    )


def _is_table(format: str | None) -> bool:
    return format in ("csv", "tsv")


def _format(node: Mapping) -> str | None:
    """Return the format of the file that a `key` reads: as it is said, else by the ending of the file's name."""
    said, file = node.get("format"), node.get("from")
    if said is not None:
        return str(to_data(said))
    name = str(file.value).lower() if isinstance(file, Scalar) else ""
    return next((format for ending, format in ENDINGS.items() if name.endswith(ending)), None)


def _mistakes(key: Scalar, node: Node) -> Iterator[Diagnostic]:
    """Yield the mistakes that make a result unusable."""
    name = str(key.value)
    if is_template(key):
        message = "the name of a result is fixed, without templates"
        yield codes.TEMPLATE_NOT_ALLOWED.at(key.span, message, help="write the name itself")
    elif not NAME.fullmatch(name):
        message = f"`{brief(name)}` cannot name a result: it is the head of a column"
        help = "a name begins with a letter, and has at most 64 letters, digits, blanks and `_-./()%`"
        yield codes.BAD_RESULT.at(key.span, message, help=help)
    if isinstance(node, Scalar) and isinstance(node.value, str):
        yield from _pattern_mistakes(name, node, None)
    elif not isinstance(node, Mapping):
        yield codes.BAD_RESULT.at(node.span, f"the result `{name}` is {kind_of(node)}", help=WRITE)
    else:
        shapes = list(_shape_mistakes(name, node))
        yield from shapes
        if not shapes:
            yield from _meaning_mistakes(name, node)


def _shape_mistakes(name: str, node: Mapping) -> Iterator[Diagnostic]:
    """Yield keys that are unknown, and values of the wrong kind."""
    for key in node.keys.values():
        word = str(key.value)
        if word not in KEYS:
            near = closest(word, KEYS)
            fix = None if near in node.entries else spelling_fix(key.span, word, near)
            help = did_you_mean(word, KEYS, "keys")
            yield codes.BAD_RESULT.at(key.span, f"a result has no `{word}`", help=help, fix=fix)
    for word in KEYS:
        value = node.get(word)
        if value is None:
            continue
        if word in STATIC and is_template(value):
            message = f"`{word}` of the result `{name}` is fixed, without templates: only `from` may vary by cell"
            help = "write `[{][{]` where a pattern means braces" if word == "pattern" else "write the value itself"
            yield codes.TEMPLATE_NOT_ALLOWED.at(value.span, message, help=help)
        elif not _is_word(word, value):
            message = f"`{word}` of the result `{name}` is {kind_of(value)}, not a text"
            if isinstance(value, Scalar) and value.value == "":
                message = f"`{word}` of the result `{name}` is empty"
            help = (
                "write the names on the way to the value: `key: a.b.c`, or `key: [a, b.c]`" if word == "key" else None
            )
            yield codes.BAD_RESULT.at(value.span, message, help=help)
    yield from _word_mistakes(name, node, "type", TYPES)
    yield from _word_mistakes(name, node, "take", TAKES)
    yield from _word_mistakes(name, node, "format", FORMATS)


def _is_word(word: str, value: Node) -> bool:
    if word == "key" and isinstance(value, Sequence):
        return bool(value.items) and all(
            isinstance(item, Scalar) and isinstance(item.value, str | int) and not is_template(item)
            for item in value.items
        )
    is_text = isinstance(value, Scalar) and isinstance(value.value, str) and value.value != ""
    return is_text or (word == "key" and isinstance(value, Scalar) and type(value.value) is int)


def _word_mistakes(name: str, node: Mapping, word: str, known: tuple[str, ...]) -> Iterator[Diagnostic]:
    value = node.get(word)
    if not isinstance(value, Scalar) or not isinstance(value.value, str) or value.value in known or is_template(value):
        return
    meant = FOREIGN_TYPES.get(value.value.lower()) if word == "type" else closest(value.value, known)
    help = f"did you mean `{meant}`?" if meant else did_you_mean(value.value, known, f"values of `{word}`")
    fix: Fix | None = spelling_fix(value.span, value.value, meant)
    message = f"`{word}` of the result `{name}` is `{brief(value.value)}`"
    yield codes.BAD_RESULT.at(value.span, message, help=help, fix=fix)


def _meaning_mistakes(name: str, node: Mapping) -> Iterator[Diagnostic]:
    """Yield what does not fit together in a result whose keys are sound by themselves."""
    pattern, key, file = node.get("pattern"), node.get("key"), node.get("from")
    path = file.value if isinstance(file, Scalar) and isinstance(file.value, str) else "stdout"
    if pattern is None and key is None:
        help = "add `pattern: 'residual = (\\S+)'`, or `key: a.b` for a file of JSON, YAML or CSV"
        yield codes.BAD_RESULT.at(node.span, f"the result `{name}` has neither `pattern` nor `key`", help=help)
    elif pattern is not None and key is not None:
        message = f"the result `{name}` has both `pattern` and `key`"
        help = "keep `pattern` to search the text, or `key` to read JSON, YAML or CSV"
        yield codes.BAD_RESULT.at(node.keys["pattern"].span, message, help=help)
    elif isinstance(pattern, Scalar):
        yield from _pattern_mistakes(name, pattern, node)
        if (said := node.get("format")) is not None:
            message = f"`format` is for `key`, and the result `{name}` has a `pattern`"
            yield codes.BAD_RESULT.at(said.span, message, help="remove `format`")
    elif key is not None:
        yield from _key_mistakes(name, node, key, path)
    if isinstance(file, Scalar) and not is_template(file) and (mistake := path_mistake(path)) is not None:
        why, help = mistake
        yield codes.BAD_RESULT.at(file.span, f"`from` of the result `{name}` {why}", help=help)
    yield from _unit_mistakes(name, node)


def _pattern_mistakes(name: str, pattern: Scalar, node: Mapping | None) -> Iterator[Diagnostic]:
    text = str(pattern.value)
    if node is None and is_template(pattern):
        message = f"the pattern of the result `{name}` is fixed, without templates"
        yield codes.TEMPLATE_NOT_ALLOWED.at(pattern.span, message, help="only `from` may vary by cell")
        return
    if (mistake := mistake_in(text)) is not None:
        help = "patterns are RE2's, which are matched in linear time: without lookaround and backreferences"
        message = f"the pattern of the result `{name}` cannot be read: {brief(mistake, 120)}"
        yield codes.BAD_RESULT.at(pattern.span, message, help=help)
        return
    if text.endswith("\n"):
        message = f"the pattern of the result `{name}` ends with a line break, and a match lies within one line"
        help = "write the pattern in single quotes, or `|-` in place of `|`"
        yield codes.BAD_RESULT.at(pattern.span, message, help=help)
        return
    if demands_line_break(text):
        message = f"the pattern of the result `{name}` demands a line break, and a match lies within one line"
        help = "write a pattern of the line that has the value, and let the job print its name on the same line"
        yield codes.BAD_RESULT.at(pattern.span, message, help=help)
        return
    count = groups_in(text)
    is_flag = node is not None and node.get("type") is not None and to_data(node.entries["type"]) == "boolean"
    if count > 1:
        message = f"the pattern of the result `{name}` has {count} groups, and a result is one value"
        help = "keep the parentheses around the value, and write `(?:...)` for the others"
        yield codes.BAD_RESULT.at(pattern.span, message, help=help)
    elif count == 0 and not is_flag:
        message = f"the pattern of the result `{name}` has no group, which would be its value"
        help = "put the value in parentheses: `residual = (\\S+)`; to ask whether it is found, write `type: boolean`"
        yield codes.BAD_RESULT.at(pattern.span, message, help=help)
    elif count == 0 and node is not None and (take := node.get("take")) is not None:
        message = f"the result `{name}` says whether its pattern is found, so there is nothing to take"
        yield codes.BAD_RESULT.at(take.span, message, help="remove `take`, or put a value in parentheses")


def _key_mistakes(name: str, node: Mapping, key: Node, path: str) -> Iterator[Diagnostic]:
    format = _format(node)
    if format is None:
        what = f"standard {'output' if path == 'stdout' else 'error'}" if path in STREAMS else "this file"
        message = f"`key` of the result `{name}` reads JSON, YAML or CSV, and nothing says that {what} is that"
        help = f"write `format:`, one of {', '.join(FORMATS)}; or search the text with `pattern`"
        yield codes.BAD_RESULT.at(node.keys["key"].span, message, help=help)
    elif _is_table(format) and isinstance(key, Sequence) and len(key.items) != 1:
        message = f"`key` of the result `{name}` is the name of one column of the table"
        yield codes.BAD_RESULT.at(key.span, message, help="write `key: COLUMN`")
    elif isinstance(key, Scalar) and not _is_table(format) and not all(str(key.value).split(".")):
        message = f"`key` of the result `{name}` has an empty part"
        yield codes.BAD_RESULT.at(key.span, message, help="write `key: a.b.c`, or `key: [a, b.c]` for names with dots")


def _unit_mistakes(name: str, node: Mapping) -> Iterator[Diagnostic]:
    unit, said = node.get("unit"), node.get("type")
    if unit is None:
        return
    if said is not None and to_data(said) not in NUMBERS:
        message = f"the result `{name}` is a {to_data(said)}, which has no unit"
        yield codes.BAD_RESULT.at(unit.span, message, help="remove `unit`, or write `type: number`")
    elif not UNIT.fullmatch(str(to_data(unit))):
        message = f"`unit` of the result `{name}` is the text behind its name in a table"
        yield codes.BAD_RESULT.at(unit.span, message, help="write at most 20 characters, such as `s`, `GiB` or `kg/m3`")


def other_columns(body: Mapping) -> dict[str, str]:
    """Return the names that results must not have, because other columns have them, and what each of them is."""
    matrix = body.entries["matrix"]
    parts = [matrix.get(part) for part in ("axes", "zip")] if isinstance(matrix, Mapping) else []
    axes = {name: "an axis" for part in parts if isinstance(part, Mapping) for name in part.entries}
    params = body.entries["params"]
    names = params.entries if isinstance(params, Mapping) else {}
    fixed = dict.fromkeys((*FIRST_COLUMNS, *JOB_COLUMNS), "a column of every table of results")
    return {**fixed, **dict.fromkeys(names, "a parameter"), **axes}
