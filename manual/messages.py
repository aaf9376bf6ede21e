"""What specc says to people, collected from its sources as templates for the catalogues of other languages.

`python -m manual.messages` brings the catalogue up to date: new templates get an empty translation, and those that
specc does not say any more are removed. A template is a text of the source, with a number for each value: an f-string,
a plain text, or a sum of them; a choice between two texts gives two templates. Which texts are meant for people cannot
be told from the source for certain. A text of two words is; where one is not, its translation repeats it.
"""

import ast
import re
from collections.abc import Iterator
from inspect import cleandoc
from itertools import islice, product
from json import dumps
from pathlib import Path
from typing import Any, NamedTuple

from specc.cli.dispatch import load
from specc.cli.table import COMMANDS
from specc.language.catalogue import PART, PREFIXES, Entry, read_entries

ROOT = Path(__file__).parent.parent
CATALOGUE = ROOT / "specc/language/zh_CN.po"
HEAD = """# What specc says, in Simplified Chinese. docs/translating.md says how to add a line.
msgid ""
msgstr ""
"Language: zh_CN\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"""

SILENT = (
    "specc/api/",  # for programs
    "specc/gateway/",  # answers in the API's own form
    "specc/reporters/page/",  # a page in one file, which stays English
    "specc/reporters/ci.py",
    "specc/reporters/tools.py",
    "specc/comparison/markdown.py",
    "specc/schemagen/settings.py",
    "specc/schemagen/templates.py",
    "specc/config/meanings.py",  # the manual, and a generated file
    "specc/fast_dataclass.py",
    "specc/language/",
    "specc/cli/completion_scripts.py",
)
"""Modules whose texts no person reads at the console."""
HEARD = ("specc/gateway/keys.py", "specc/gateway/process.py", "specc/gateway/server.py", "specc/gateway/store.py")
"""Exceptions from `SILENT`: what `specc serve` says when it starts."""

PROSE = re.compile(
    r"(?<![\w`./$<{\\-])[A-Za-z][a-z]+(?:'s|,)? (?:`|[a-z]{2}|\{|a |\d)|\} [a-z]{3,}|^[a-z]{3,}: \{|^an? [A-Za-z]"
)
SCRIPT = re.compile(r"#!/bin/bash|\$\{?#?_[a-z]")
"""Lines of the scripts that schedulers get."""
QUERY = re.compile(
    r"\s*(?:SELECT|INSERT|CREATE|UPDATE|DELETE|PRAGMA|BEGIN|ALTER|DROP|WITH|AND|WHERE|ORDER|CASE)\b|\w+(?:, \w+){6,}$"
)
FORMATTED = re.compile(r"\{(\d)\}")
MOST_CHOICES = 16
LIBRARY = [
    "Usage: ",
    *"""\
Arguments
Options
Commands
Example:
Show this message and exit.
Install completion for the current shell.
Show completion for the current shell, to copy it or customize the installation.
[default: {1}]
[required]
No such option: {1}
No such option: {1} (Possible options: {2})
No such command {1}.
No such command {1}. Did you mean {2}?
Missing command.
Missing argument {1}.
Missing option {1}.
Got unexpected extra argument ({1})
Got unexpected extra arguments ({1})
Option {1} requires an argument.
Option {1} requires {2} arguments.
Option {1} does not take a value.
Invalid value: {1}
Invalid value for {1}: {2}
{1} is not a valid int.
{1} is not a valid float.
{1} is not in the range {2}.
""".splitlines(),
]
"""What the library of the command line says itself."""
SPEAKERS = {"translate", "translated", "did_you_mean", "at", "Diagnostic", "Label", "Fix", "Missing", "Refusal"}
SPEAKERS |= {"SpeccError", "say", "tell"}
SPOKEN = {"message", "help", "label", "title"}
"""Functions whose arguments are said, be they of one word, and names of what is said."""
NOT_SAID = {"ValueError", "TypeError", "AssertionError", "KeyError", "RuntimeError", "LookupError"}
NOT_SAID |= {"compile", "match", "fullmatch", "search", "sub", "split", "findall", "finditer", "execute", "executemany"}
"""Bugs, patterns and queries."""


Name = tuple[str, str]
"""What gettext knows an entry by: its context and its template."""


class Said(NamedTuple):
    """A template, with the expressions whose values it has, and the module that says it."""

    template: str
    values: tuple[str, ...]
    module: str
    context: str = ""

    @property
    def name(self) -> Name:
        return self.context, self.template


class _Text(NamedTuple):
    """A piece of a text: literal text in which `\0` stands for each value."""

    text: str
    values: tuple[str, ...] = ()
    is_part: bool = False


def said() -> dict[Name, list[Said]]:
    """Return every template, in the order of the modules, with all that say it."""
    found: dict[Name, list[Said]] = {}
    for path in sorted((ROOT / "specc").rglob("*.py")):
        name = path.relative_to(ROOT).as_posix()
        if not name.startswith(SILENT) or name in HEARD:
            for each in templates(path.read_text(encoding="utf-8"), name):
                found.setdefault(each.name, []).append(each)
    for text in (*_helps(), *LIBRARY, *PREFIXES):
        found.setdefault(("", text), []).append(Said(text, (), "specc/cli/commands"))
    return found


def templates(source: str, name: str) -> Iterator[Said]:
    """Yield the templates of a module."""
    tree = ast.parse(source)
    for each in _walk(tree, is_spoken=False):
        template = _numbered(each)
        prefix = next(filter(template.startswith, PREFIXES), "")
        if _is_said(each) and template != prefix:
            yield Said(template.removeprefix(prefix), each.values, name, PART if each.is_part else "")


def _numbered(text: _Text) -> str:
    first, *others = text.text.split("\0")
    return first + "".join(f"{{{number}}}{other}" for number, other in enumerate(others, 1))


def _is_said(text: _Text) -> bool:
    return not QUERY.match(text.text) and not SCRIPT.search(text.text) and any(char.isalpha() for char in text.text)


def _walk(node: ast.AST, *, is_spoken: bool) -> Iterator[_Text]:
    """Yield the texts below a node. `is_spoken`: it is an argument that is a message, be it of one word."""
    texts = _texts(node) if isinstance(node, ast.expr) else None
    if texts is not None:
        yield from (each for each in texts if is_spoken or PROSE.search(each.text.replace("\0", "{}")))
        for value in _values_in(node):
            yield from _walk(value, is_spoken=False)
        return
    for child in _children(node):
        yield from _walk(child, is_spoken=_speaks(node, child))


def _speaks(node: ast.AST, child: ast.AST) -> bool:
    if isinstance(node, ast.keyword):
        return node.arg in SPOKEN
    if isinstance(node, ast.Assign):
        return any(isinstance(each, ast.Name) and each.id in SPOKEN for each in node.targets)
    return isinstance(node, ast.Call) and child in node.args and _name(node.func) in SPEAKERS


def _children(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes below a node that may hold texts for people: no docstrings, patterns and bugs."""
    for _, value in ast.iter_fields(node):
        for child in value if isinstance(value, list) else [value]:
            is_docstring = isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant)
            is_call = isinstance(child, ast.Call) and _name(child.func) in NOT_SAID
            if isinstance(child, ast.AST) and not is_docstring and not is_call:
                yield child


def _name(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _texts(node: ast.expr) -> list[_Text] | None:
    """Return the texts that an expression can make; None where nothing of it is written here."""
    match node:
        case ast.Constant(value=str(text)):
            return [_Text(FORMATTED.sub("\0", text), tuple(FORMATTED.findall(text)))]
        case ast.JoinedStr(values=parts):
            return _joined([_part(each) for each in parts])
        case ast.BinOp(op=ast.Add(), left=left, right=right):
            before, behind = _texts(left), _texts(right)
            if before is None and behind is None:
                return None
            return _joined([before or [_value(left)], behind or [_value(right)]])
        case ast.IfExp(body=body, orelse=orelse):
            first, second = _texts(body), _texts(orelse)
            return None if first is None or second is None else [*first, *second]
        case ast.Call(func=ast.Name(id="counted"), args=[number, ast.Constant(value=str(text)), *plural]):
            many = str(plural[0].value) if plural and isinstance(plural[0], ast.Constant) else f"{text}s"
            value = (ast.unparse(number),)
            return [_Text(f"\0 {text}", value, is_part=True), _Text(f"\0 {many}", value, is_part=True)]
    return None


def _part(node: ast.expr) -> list[_Text]:
    if isinstance(node, ast.FormattedValue):
        is_plain = node.format_spec is None and node.conversion < 0
        texts = _texts(node.value) if is_plain and not isinstance(node.value, ast.Call) else None
        return texts or [_value(node.value)]
    written = node.value if isinstance(node, ast.Constant) else None
    return [_Text(written)] if isinstance(written, str) else [_value(node)]


def _value(node: ast.expr) -> _Text:
    return _Text("\0", (ast.unparse(node),))


def _joined(parts: list[list[_Text]]) -> list[_Text]:
    return [
        _Text("".join(each.text for each in choice), tuple(value for each in choice for value in each.values))
        for choice in islice(product(*parts), MOST_CHOICES)
    ]


def _values_in(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the expressions of a text's values, in which other texts may stand."""
    if isinstance(node, ast.JoinedStr):
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                yield from _values_in(part.value) if _is_choice(part) else (part.value,)
    elif isinstance(node, ast.BinOp):
        for side in (node.left, node.right):
            yield from _values_in(side) if _texts(side) is not None else (side,)
    elif isinstance(node, ast.IfExp):
        yield node.test
        yield from _values_in(node.body)
        yield from _values_in(node.orelse)
    elif isinstance(node, ast.Call):
        yield node.args[0]


def _is_choice(part: ast.FormattedValue) -> bool:
    is_plain = part.format_spec is None and part.conversion < 0
    return is_plain and not isinstance(part.value, ast.Call) and _texts(part.value) is not None


def _helps() -> Iterator[str]:
    """Yield the paragraphs of the help of every command."""
    for command in COMMANDS:
        yield from _help_of(load(command))


def _help_of(command: Any) -> Iterator[str]:
    yield from filter(None, cleandoc(command.help or "").split("\n\n"))
    for each in getattr(command, "commands", {}).values():
        yield from _help_of(each)


def updated(text: str, wanted: dict[Name, list[Said]]) -> str:
    """Return a catalogue with the templates that are wanted: known translations are kept, new ones are empty.

    Entries with a context are also made by hand, and kept: the tool cannot know how the code puts texts together.
    """
    known = {(each.context, each.template): each for each in read_entries(text)}
    blocks = [_block(known.get(name, Entry(name[1], "", name[0])), uses) for name, uses in wanted.items()]
    by_hand = [_block(each, []) for name, each in sorted(known.items()) if each.context and name not in wanted]
    return "\n".join([HEAD, *blocks, *by_hand])


def _block(entry: Entry, uses: list[Said]) -> str:
    lines = [f"#: {module}" for module in dict.fromkeys(each.module for each in uses)]
    if uses and uses[0].values:
        lines.append("#. " + ", ".join(f"{{{n}}} {_short(value)}" for n, value in enumerate(uses[0].values, 1)))
    if entry.context:
        lines.append(f"msgctxt {_quoted(entry.context)}")
    return "\n".join([*lines, f"msgid {_quoted(entry.template)}", f"msgstr {_quoted(entry.translation)}", ""])


def _short(value: str) -> str:
    line = " ".join(value.split())
    return line if len(line) <= 60 else f"{line[:57]}..."


def _quoted(text: str) -> str:
    return dumps(text, ensure_ascii=False)


def main() -> None:
    """Bring the catalogue up to date, and say how many templates have no translation."""
    before = CATALOGUE.read_text(encoding="utf-8") if CATALOGUE.exists() else ""
    after = updated(before, said())
    if after != before:
        CATALOGUE.write_text(after, encoding="utf-8")
        print(CATALOGUE.relative_to(ROOT))
    missing = sum(not each.translation for each in read_entries(after))
    if missing:
        print(f"{missing} templates have no translation")


if __name__ == "__main__":
    main()
