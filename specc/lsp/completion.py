"""What can be written at the cursor: keys, values, names in templates, filters, files, codes, snippets."""

import json
import os
import re
from collections.abc import Iterable, Iterator
from enum import StrEnum
from itertools import chain
from pathlib import Path

from specc.app.editing import EditedProject, Snapshot
from specc.compiler import Request
from specc.config import is_optional
from specc.diagnostics.codes import CODES, UNREADABLE
from specc.disk import SHIPPED, SKIPPED
from specc.disk.contents import shipped_names
from specc.fast_dataclass import dataclass
from specc.formatter import quoted
from specc.language import translated
from specc.lsp.cursor import ITEM, Cursor, Part, cursor_at, template_at
from specc.lsp.hover import api_of, code, field_page, flow, kind_of, shown_value, values_by_name
from specc.lsp.language import (
    FILTERS,
    MEMBERS,
    NAMESPACES,
    OPERATOR,
    TESTS,
    keys_at,
    values_at,
)
from specc.nodes import Mapping, Node, Scalar, Sequence, Style, to_data
from specc.parser import SECTIONS
from specc.resolver import Param, ResolvedSpec, resolve
from specc.rules.queues import QUEUE_NAMES
from specc.rules.uses import TEMPLATE_SUFFIX
from specc.source import Source, Span
from specc.targets.slurm.options import FLAGS, OF_JOBS, WITH_VALUE
from specc.units import DURATION_UNITS, MEMORY_UNITS
from specc.visible import visible

MOST_FILES = 500
SNIPPETS = {
    "params": (
        "a parameter",
        "params:\n  ${1:name}: {type: ${2|string,integer,number,boolean,list|}, default: ${3:value}}\n",
    ),
    "vars": ("a variable", "vars:\n  ${1:name}: ${2:value}\n"),
    "matrix": ("a sweep", "matrix:\n  axes:\n    ${1:name}: [${2:first}, ${3:second}]\n"),
    "profiles": ("a profile", "profiles:\n  ${1:smoke}:\n    job: {${2:core_limit}: ${3:1}}\n"),
    "job": ("the job", "job:\n  name: ${1:name}\n  cmd_line: |\n    ${2:command}\n"),
    "results": ("a result", "results:\n  ${1:name}: {from: ${2:stdout}, pattern: '${3:(.+)}', type: ${4:number}}\n"),
}  # fmt: skip
IGNORING = "specc: ignore"
AMOUNT = re.compile(r"""["']?((?:\d+(?:\.\d+)?[A-Za-z]+)*)(\d+(?:\.\d+)?)[A-Za-z]*""")
"""An amount whose unit is typed, and the amounts with units before it, as in `1h30`."""
REST_OF_KEY = re.compile(r"[^\s:,{}\[\]#]*+")
REST_OF_WORD = re.compile(r"[\w-]*+")
REST_OF_VALUE = re.compile(r"(?:[^\s]|[ \t]+(?=[^\s#]))*+")
REST_IN_FLOW = re.compile(r"(?:[^\s,\[\]{}]|[ \t]+(?=[^\s#,\[\]{}]))*+")
"""What may stand behind the cursor of the thing that is typed there, and goes with it."""
REST_IN_QUOTES = {
    '"': re.compile(r"""(?:[^"\\\n]|\\[^\n])*+"(?=[ \t]*(?:[,:\]}#\r\n]|$))"""),
    "'": re.compile(r"""(?:[^'\n]|'')*+'(?=[ \t]*(?:[,:\]}#\r\n]|$))"""),
}
"""The rest of what is in quotes, with the quote that ends it."""
COLON = re.compile(r"[ \t]*:(?=\s|$)")


class Kind(StrEnum):
    """What an offer is, which editors show by a sign."""

    KEY = "key"
    FIELD = "field"
    NAME = "name"
    VALUE = "value"
    FUNCTION = "function"
    FILE = "file"
    OPERATOR = "operator"
    UNIT = "unit"
    CODE = "code"
    SNIPPET = "snippet"


@dataclass(frozen=True, slots=True)
class Offer:
    """Something that can be written over `span`: the key, value or word that the cursor is in, also what is behind it.

    `insert` is the text, or a snippet with places to fill in.
    """

    label: str
    kind: Kind
    span: Span
    insert: str
    detail: str = ""
    documentation: str = ""
    is_snippet: bool = False


def complete_at(project: EditedProject, snapshot: Snapshot, offset: int) -> list[Offer]:
    """Return what can be written at an offset of a spec, the likeliest first."""
    cursor = cursor_at(snapshot.text.text, offset)
    return list(_Completion(project, snapshot, cursor, offset).offers())


def complete_script(project: EditedProject, name: str, text: Source, offset: int) -> list[Offer]:
    """Return what can be written in a script that a spec includes: names in a template, and codes in a comment."""
    line = text.text.rfind("\n", 0, offset) + 1
    comment = text.text.find("#", line, offset)
    cursor = template_at(text.text, offset) if name.endswith(TEMPLATE_SUFFIX) else None
    if cursor is None and comment >= 0:
        cursor = Cursor(Part.COMMENT, (), text.text[comment:offset], comment)
    users = project.dependents(name) if cursor is not None else []
    if cursor is None or not users:
        return []
    using = project.snapshot(users[0])
    snapshot = Snapshot(using.project, using.name, text, using.document)
    return list(_Completion(project, snapshot, cursor, offset).offers())


class _Completion:
    """The offers at one cursor."""

    def __init__(self, project: EditedProject, snapshot: Snapshot, cursor: Cursor, offset: int) -> None:
        self._project = project
        self._snapshot = snapshot
        self._cursor = cursor
        self._offset = offset
        self._siblings = {*cursor.siblings, *self._written()}

    def _written(self) -> Iterator[str]:
        """Yield the keys that the mapping had when it could be read last, those behind the cursor among them."""
        node: Node | None = self._snapshot.document.root if self._snapshot.document is not None else None
        for step in self._cursor.path:
            node = node.get(step) if isinstance(node, Mapping) else None
        if isinstance(node, Mapping):
            is_in_key = self._cursor.typed or self._rest(REST_OF_KEY) > self._offset
            at = self._snapshot.in_tree(self._cursor.start) if is_in_key else -1
            for name, key in node.keys.items():
                if not key.span.start <= at <= key.span.end and self._is_still_there(key):
                    yield name

    def _is_still_there(self, key: Scalar) -> bool:
        """Return whether a key of the last tree that could be read is in the text, as it is typed now."""
        return key.span.text in self._snapshot.in_text(key.span).text

    def offers(self) -> Iterator[Offer]:
        match self._cursor.part:
            case Part.COMMENT:
                return self._codes()
            case Part.TEMPLATE:
                return self._of_template()
            case Part.KEY if self._cursor.path[-1:] == (ITEM,):
                return chain(self._values(), self._keys())
            case Part.KEY:
                return self._keys()
            case Part.VALUE:
                return self._values()
            case _:
                return iter(())

    def _offer(
        self, label: str, kind: Kind, insert: str | None = None, *, start: int | None = None, detail: str = "",
        documentation: str = "", is_snippet: bool = False,
    ) -> Offer:  # fmt: skip
        text = label if insert is None else insert
        end = self._rest(self._rest_of(text, is_word=start is not None))
        if text.endswith(": ") and COLON.match(self._snapshot.text.text, end):
            text = text.removesuffix(": ")
        elif text.endswith(": ") and self._quote and self._snapshot.text.text.startswith(":", end):
            end += 1  # behind quotes, a colon needs no blank
        if text.endswith("=") and self._snapshot.text.text.startswith("=", end):
            end += 1
        begin = self._cursor.start if start is None else start
        if self._cursor.part is Part.VALUE and self._snapshot.text.text[begin - 1 : begin] == ":":
            text = f" {text}"  # without a blank behind it, the colon would be of the key
        span = self._snapshot.text.span(begin, end)
        return Offer(label, kind, span, text, detail, documentation, is_snippet)

    @property
    def _quote(self) -> str:
        """The quote that begins what is typed; nothing where none does."""
        first = self._cursor.typed[:1]
        return first if first in REST_IN_QUOTES else ""

    def _rest(self, pattern: re.Pattern[str]) -> int:
        """Return where the thing ends that the cursor is in."""
        found = pattern.match(self._snapshot.text.text, self._offset)
        return found.end() if found is not None else self._offset

    def _rest_of(self, insert: str, *, is_word: bool) -> re.Pattern[str]:
        """Return what goes, behind the cursor, with the thing that an offer is written over."""
        if is_word:
            return REST_OF_WORD
        if self._quote and REST_IN_QUOTES[self._quote].match(self._snapshot.text.text, self._offset):
            return REST_IN_QUOTES[self._quote]
        if insert.endswith(": ") or (self._cursor.part is Part.KEY and self._cursor.path[-1:] != (ITEM,)):
            return REST_OF_KEY
        return REST_IN_FLOW if self._cursor.is_flow else REST_OF_VALUE

    def _as_written(self, value: str) -> str:
        """Return a text as a value of YAML, with quotes where it would be something else without them."""
        return quoted(json.dumps(value, ensure_ascii=False), value, Style.DOUBLE, in_flow=self._cursor.is_flow)

    # keys

    def _keys(self) -> Iterator[Offer]:
        path, siblings = self._cursor.path, self._siblings
        inner = path[2:] if path[:1] == ("profiles",) and len(path) > 1 else path
        if inner == ("job",):
            yield from self._fields()
        elif inner in (("params",), ("vars",), ("matrix", "axes"), ("matrix", "zip")):
            yield from self._inherited_names(inner)
        elif inner[:1] == ("matrix",) and inner[1:2] in (("exclude",), ("include",)) and inner[2:] == (ITEM,):
            for name, (values, _) in self._members("matrix").items():
                if name not in siblings:
                    yield self._offer(name, Kind.NAME, f"{name}: ", detail=values)
        known = keys_at(path)
        takes_operators = not siblings or all(name.startswith(OPERATOR) for name in siblings)
        for name, meaning in known.items():
            is_operator = name.startswith(OPERATOR)
            if name in siblings or (inner == ("job",) and not is_operator) or (is_operator and not takes_operators):
                continue
            if name in ("env", "args") and "$file" in known and not {"$file", "$command"} & set(siblings):
                continue
            kind = Kind.OPERATOR if is_operator else Kind.KEY
            yield self._offer(name, kind, f"{name}: ", documentation=translated(meaning))
        if len(path) == 0:
            yield from self._sections()

    def _fields(self) -> Iterator[Offer]:
        """Yield the fields of the job, in the order of the API's table."""
        api = api_of(self._snapshot)
        for field in api.fields.values() if api is not None else ():
            if field.name not in self._siblings and not field.filled_by_transport and api is not None:
                page = field_page(field, api, self._snapshot)
                insert = f"{field.name}: "
                yield self._offer(field.name, Kind.FIELD, insert, detail=kind_of(field), documentation=page)

    def _inherited_names(self, path: tuple[str, ...]) -> Iterator[Offer]:
        """Yield the names that parents declare, which this file may set anew; in a profile, those of the file, too."""
        spec, is_of_profile = self._spec(), self._cursor.path[:1] == ("profiles",)
        section = spec.section(path[0]) if spec is not None else None
        node = section.get(path[1]) if section is not None and len(path) > 1 else section
        for name, value in node.entries.items() if isinstance(node, Mapping) else ():
            is_of_other = value.span.source.name != self._snapshot.name or is_of_profile
            if name not in self._siblings and is_of_other:
                detail = translated(f"from {visible(value.span.source.name)}")
                yield self._offer(name, Kind.NAME, f"{name}: ", detail=detail, documentation=code(flow(to_data(value))))

    def _sections(self) -> Iterator[Offer]:
        if COLON.match(self._snapshot.text.text, self._rest(REST_OF_KEY)):
            return
        for name in SECTIONS:
            if name not in self._siblings and name in SNIPPETS:
                what, text = translated(SNIPPETS[name][0]), SNIPPETS[name][1]
                yield self._offer(f"{name}: {what}", Kind.SNIPPET, text, detail=what, is_snippet=True)

    # values

    def _values(self) -> Iterator[Offer]:
        path = self._cursor.path
        inner = path[2:] if path[:1] == ("profiles",) and len(path) > 1 else path
        if path[:1] == ("extends",):
            yield from self._parents()
        elif path[-1:] == ("$file",):
            yield from self._files()
        elif inner[:1] == ("job",) and len(inner) == 2:
            yield from self._of_field(inner[1])
        elif inner[:1] == ("matrix",) and inner[2:3] == (ITEM,) and len(inner) == 4:
            yield from self._of_axis(inner[3])
        elif inner[:1] == ("results",) and inner[2:] == ("from",):
            yield from (self._offer(stream, Kind.VALUE) for stream in ("stdout", "stderr"))
        for value in values_at(path):
            yield self._offer(value, Kind.VALUE)

    def _of_axis(self, name: str) -> Iterator[Offer]:
        """Yield the values that are listed of an axis."""
        spec = self._spec()
        matrix = spec.section("matrix") if spec is not None else None
        for part in ("axes", "zip"):
            axes = matrix.get(part) if matrix is not None else None
            values = axes.get(name) if isinstance(axes, Mapping) else None
            for value in values.items if isinstance(values, Sequence) else ():
                if isinstance(value, Scalar) and isinstance(value.raw, str) and "{{" not in value.raw:
                    yield self._offer(value.raw, Kind.VALUE, self._as_written(value.raw))

    def _of_field(self, name: str) -> Iterator[Offer]:
        api, settings = api_of(self._snapshot), self._snapshot.project.settings
        field = api.fields.get(name) if api is not None else None
        for value in field.allowed if field is not None else ():
            yield self._offer(flow(value), Kind.VALUE)
        if field is not None and field.quantity is not None:
            yield from self._quantities(MEMORY_UNITS if field.quantity == "memory" else DURATION_UNITS)
        target = settings.targets.get(settings.target)
        if name in QUEUE_NAMES and target is not None:
            for queue in target.hpcqueues if name == "hpcqueue_id" and target.hpcqueues else target.queues:
                limits = ", ".join(f"{limit} {value}" for limit, value in target.queues.get(queue, {}).items())
                yield self._offer(
                    queue, Kind.VALUE, self._as_written(queue), detail=limits or translated(f"a queue of {target.name}")
                )
        if name == "resource_limit" and target is not None:
            yield from self._resources(target.resource_limits, has_words=target.traits.has_layout)
        if name == "cmd_line":
            if not self._cursor.is_flow:
                text = "|\n  ${1:command}"
                yield self._offer(
                    "script", Kind.SNIPPET, text, detail=translated("the lines of a script"), is_snippet=True
                )
            text = "{\\$file: ${1:run.sh}}"
            yield self._offer("$file", Kind.SNIPPET, text, detail=translated("the text of a file"), is_snippet=True)

    def _quantities(self, units: dict[str, int]) -> Iterator[Offer]:
        amount = AMOUNT.fullmatch(self._cursor.typed)
        if amount is not None and (units is DURATION_UNITS or not amount[1]):
            for unit in units:
                yield self._offer(f"{amount[1]}{amount[2]}{unit}", Kind.UNIT)

    def _resources(self, mapped: Iterable[str], *, has_words: bool) -> Iterator[Offer]:
        """Yield the words of a field that says options of the scheduler, and the texts that the target maps."""
        typed = self._cursor.typed.removeprefix(self._quote)
        if not typed:
            for text in mapped:
                yield self._offer(text, Kind.VALUE, self._as_written(text), detail=translated("of the target"))
        word = typed.rpartition(" ")[2]
        for name in sorted(WITH_VALUE | FLAGS | OF_JOBS) if has_words else ():
            insert = name if name in FLAGS else f"{name}="
            yield self._offer(
                name, Kind.VALUE, insert, start=self._offset - len(word), detail=translated("an option of sbatch")
            )

    def _parents(self) -> Iterator[Offer]:
        """Yield what the spec can inherit from: bases of the project, by the path to them, and those that ship."""
        own = self._snapshot.name
        for name in self._snapshot.project.site.spec_names:
            if name == own or os.path.isabs(name):
                continue
            parsed = self._snapshot.project.library.document(name) if _may_be_base(name, self._snapshot) else None
            document = getattr(parsed, "document", None)
            if document is not None and document.abstract:
                path = f"//{name}" if self._cursor.typed.lstrip("\"'").startswith("//") else relative(own, name)
                yield self._offer(path, Kind.FILE, self._as_written(path), detail=translated("a base of this project"))
        for name in shipped_names():
            yield self._offer(f"{SHIPPED}{name}", Kind.FILE, detail=translated("a base that ships with specc"))

    def _files(self) -> Iterator[Offer]:
        """Yield the scripts and other texts of the project, by the path to them from the spec."""
        root, own = self._snapshot.project.root, self._snapshot.name
        typed_folder = os.path.dirname(self._cursor.typed.lstrip("\"'"))
        start = root if typed_folder.startswith("//") else root / os.path.dirname(own)
        folder = os.path.normpath(start / typed_folder.lstrip("/"))
        if not _is_inside(Path(folder), root):
            return
        for entry in sorted(_entries(folder), key=lambda entry: entry.name)[:MOST_FILES]:
            if entry.name in SKIPPED or entry.name.endswith((".job.yaml", ".job.yml")) or not entry.name.isprintable():
                continue
            is_folder = entry.is_dir(follow_symlinks=False)
            path = os.path.join(typed_folder, entry.name)
            path += "/" if is_folder else ""
            yield self._offer(path, Kind.FILE, self._as_written(path))

    # templates

    def _of_template(self) -> Iterator[Offer]:
        typed = self._cursor.typed
        calling = re.search(r"\|\s*(\w*)$", typed)
        testing = re.search(r"\bis\s+(?:not\s+)?(\w*)$", typed)
        naming = re.search(r"(?<![\w.\]])((?:\w+\.)*)(\w*)$", typed)
        if calling is not None:
            for name, meaning in FILTERS.items():
                yield self._called(name, translated(meaning), calling[1])
        elif testing is not None:
            for name, meaning in TESTS.items():
                yield self._called(name, translated(meaning), testing[1])
        elif naming is not None and not re.search(r"[\"'][^\"']*$", re.sub(r"([\"'])[^\"']*\1", "", typed)):
            yield from self._names(naming[1].rstrip("."), naming[2])

    def _called(self, name: str, meaning: str, typed: str) -> Offer:
        start = self._offset - len(typed)
        return self._offer(name, Kind.FUNCTION, start=start, documentation=meaning)

    def _names(self, parent: str, typed: str) -> Iterator[Offer]:
        start = self._offset - len(typed)
        if not parent:
            for name, meaning in NAMESPACES.items():
                yield self._offer(name, Kind.NAME, start=start, detail=translated(meaning))
            return
        for name, (detail, documentation) in self._members(parent).items():
            if name.isidentifier():
                yield self._offer(name, Kind.NAME, start=start, detail=detail, documentation=documentation)

    def _members(self, parent: str) -> dict[str, tuple[str, str]]:
        """Return the names below a name, each with its value and what it is."""
        root, *rest = parent.split(".")
        if root in MEMBERS and not rest:
            return {name: (translated(meaning), "") for name, meaning in MEMBERS[root].items()}
        if root == "env":
            return dict.fromkeys(self._snapshot.project.settings.env, (translated("a variable of the environment"), ""))
        spec = self._spec()
        if spec is None or root not in ("params", "vars", "matrix", "job"):
            return {}
        if root == "matrix":
            matrix = spec.section("matrix")
            axes = [node for part in ("axes", "zip") if isinstance(node := matrix.get(part), Mapping)]
            names = {name: flow(to_data(node)) for axis in axes for name, node in axis.entries.items()}
            return {name: (text, "") for name, text in names.items()} if not rest else {}
        if root == "params":
            return {name: _declared(param) for name, param in spec.params.items()} if not rest else {}
        node = spec.section(root)
        for part in rest:
            below = node.get(part)
            if not isinstance(below, Mapping):
                return {}
            node = below
        values = self._values_now([f"{parent}.{name}" for name in node.entries]) if not rest else {}
        return {name: (values.get(f"{parent}.{name}", ""), "") for name in node.entries}

    def _values_now(self, names: list[str]) -> dict[str, str]:
        return {name: shown_value(explained) for name, explained in values_by_name(self._snapshot, names).items()}

    def _spec(self) -> ResolvedSpec | None:
        snapshot = self._snapshot
        if snapshot.document is None:
            return None
        context = snapshot.project.context()
        return resolve(snapshot.document, context.library, context.overlays(Request()))[0]

    # comments

    def _codes(self) -> Iterator[Offer]:
        found = re.search(r"specc:\s*+ignore\[(?:[\w\s-]*+,)*+\s*+([\w-]*+)$", self._cursor.typed)
        opening = re.search(r"#\s*([\w:\s]*)$", self._cursor.typed)
        if found is not None:
            for known in filter(is_optional, CODES.values()):
                start = self._offset - len(found[1])
                by_slug = (bool(found[1]) and not found[1].upper().startswith("S")) or found[1].islower()
                label = known.slug if by_slug else known.code
                other = known.code if by_slug else known.slug
                yield self._offer(label, Kind.CODE, start=start, detail=f"{other}: {translated(known.summary)}")
        elif opening is not None and IGNORING.startswith(opening[1]):
            start = self._offset - len(opening[1])
            text = f"{IGNORING}[${{1:code}}] ${{2:reason}}"
            yield self._offer("specc: ignore[...]", Kind.SNIPPET, text, start=start, is_snippet=True)


def _declared(param: Param) -> tuple[str, str]:
    """Return the type of a parameter with its default, and its description."""
    described = param.node.get("description")
    text = str(described.value) if isinstance(described, Scalar) else ""
    if param.default is None:
        return param.type, visible(text)
    return translated(f"{param.type}, default {flow(to_data(param.default))}"), visible(text)


def _may_be_base(name: str, snapshot: Snapshot) -> bool:
    """Return whether a file holds the word that makes it a base; most specs do not, and need not be parsed."""
    data = snapshot.project.site.contents.data(name, UNREADABLE)
    return isinstance(data, bytes) and b"abstract" in data


def relative(origin: str, name: str) -> str:
    """Return the reference by which the file `origin` means another one of the project."""
    return os.path.relpath(name, os.path.dirname(origin) or ".").replace(os.sep, "/")


def _is_inside(folder: Path, root: Path) -> bool:
    real, base = os.path.realpath(folder), os.path.realpath(root)
    return real == base or real.startswith(base.rstrip("/") + "/")


def _entries(folder: str) -> list[os.DirEntry[str]]:
    try:
        return list(os.scandir(folder))
    except (OSError, ValueError):  # no folder, or no name of one
        return []
