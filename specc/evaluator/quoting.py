"""Template expressions in a shell command: where each one is, and whether the shell would change its value there.

One pass over the text keeps a stack of what is open. It tells words, quotes, here-documents and comments apart, which
is what the help depends on. The whole syntax of the shell is the business of `specc.shell`.
"""

import re
from collections.abc import Callable
from dataclasses import field
from enum import StrEnum

from specc.diagnostics import codes
from specc.expressions import Judge, Quoted, Raw, TemplateMistake, Unknown
from specc.fast_dataclass import dataclass
from specc.source import BLANKS
from specc.wording import brief

HERE_DOCUMENT = re.compile(r"<<(-?)[ \t]*((?:\\.|'[^'\n]*'|\"[^\"\n]*\"|[\w.@%+,:/-])+)")
PLAIN = re.compile(r"[^'\"`$\\(){}#<\n]+")
"""Characters that open and close nothing, whatever is open."""
PLAIN_INSIDE = re.compile(r"[^'\"()\[\]{}%]+")
BEFORE_COMMENT = frozenset(" \t\n;&|()")
ENDRAW = re.compile(r"\{%[-+]?\s*+endraw\b")
RAW = re.compile(r"\{%[-+]?\s*raw\s*[-+]?%\}(.*?)\{%[-+]?\s*endraw\b", re.DOTALL)
DELIMITERS = {"{{": "}}", "{%": "%}"}
BRACKETS = {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}


class Context(StrEnum):
    WORD = "not quoted"
    SINGLE = "inside single quotes"
    ESCAPED = "inside `$'...'`"
    DOUBLE = "inside double quotes"
    HERE = "inside a here-document"
    QUOTED_HERE = "inside a quoted here-document"
    COMMENT = "in a comment"
    BRACES = "inside `${...}`"
    ARITHMETIC = "in arithmetic"


@dataclass(frozen=True, slots=True)
class Open:
    """Something that was opened: the context of a template in it, and the character that closes it.

    A comment ends with its line instead, and a here-document with the line that is its `word`.
    """

    context: Context
    closer: str = ""
    word: str = ""
    is_arithmetic: bool = False
    strips_tabs: bool = False


@dataclass(slots=True)
class Scan:
    """The pass. `waiting` are here-documents whose text begins on the next line, `heres` the depths of open ones."""

    text: str
    at: int = 0
    stack: list[Open] = field(default_factory=lambda: [Open(Context.WORD)])
    waiting: list[Open] = field(default_factory=list)
    heres: list[int] = field(default_factory=list)
    raw_until: int = 0
    contexts: dict[int, Context] = field(default_factory=dict)
    last_endraw: int = -1
    """The offset of the last `{% endraw %}`. No `{% raw %}` behind it has an end, so none is searched for."""

    def run(self) -> dict[int, Context]:
        self.last_endraw = max((match.start() for match in ENDRAW.finditer(self.text)), default=-1)
        while self.at < len(self.text):
            if plain := PLAIN.match(self.text, self.at):
                self.at = plain.end()
                continue
            opener = self.text[self.at : self.at + 2]
            if opener in DELIMITERS and self.at >= self.raw_until:
                self._template()
            elif self.text[self.at] == "\n":
                self._line_break()
            else:
                self._step(self.text[self.at], self.stack[-1])
        return self.contexts

    def _template(self) -> None:
        """Note the context of an expression or statement, and pass over it; after `{% raw %}` up to `{% endraw %}`."""
        top = self.stack[-1]
        self.contexts[self.at] = Context.ARITHMETIC if top.is_arithmetic else top.context
        raw = RAW.match(self.text, self.at) if self.at < self.last_endraw else None
        self.raw_until = raw.end(1) if raw else 0
        self.at = raw.start(1) if raw else end_of_template(self.text, self.at)

    def _step(self, char: str, top: Open) -> None:
        if char == top.closer:
            self.stack.pop()
            self.at += 1
            return
        match top.context:
            case Context.SINGLE | Context.COMMENT | Context.QUOTED_HERE:
                self.at += 1
            case Context.ESCAPED:
                self.at += 2 if char == "\\" else 1
            case Context.DOUBLE | Context.HERE | Context.BRACES:
                self._expansion(char, top.context)
            case Context.WORD:
                self._word(char)

    def _word(self, char: str) -> None:
        if char == "'":
            self._open(Open(Context.SINGLE, "'"), 1)
        elif char == '"':
            self._open(Open(Context.DOUBLE, '"'), 1)
        elif char == "(":
            is_arithmetic = self.text.startswith("((", self.at)
            self._open(Open(Context.WORD, ")", is_arithmetic=is_arithmetic or self.stack[-1].is_arithmetic), 1)
        elif char == "#" and self._begins_word() and not self.stack[-1].is_arithmetic:
            self._open(Open(Context.COMMENT), 1)
        elif self.text.startswith("<<", self.at) and not self.stack[-1].is_arithmetic:
            self._here_document()
        else:
            self._expansion(char, Context.WORD)

    def _expansion(self, char: str, around: Context) -> None:
        """Read what is special in words, double quotes and here-documents alike: escapes, `$(`, `${` and backticks."""
        following = self.text[self.at + 1 : self.at + 3]
        if char == "\\":
            self._escape()
        elif char == "`":
            self._open(Open(Context.WORD, "`"), 1)
        elif char == "$" and following.startswith("("):
            self._open(Open(Context.WORD, ")", is_arithmetic=following == "(("), 2)
        elif char == "$" and following.startswith("{") and following not in DELIMITERS:
            self._open(Open(Context.BRACES, "}"), 2)
        elif char == "$" and following.startswith("'") and around is Context.WORD:
            self._open(Open(Context.ESCAPED, "'"), 2)
        else:
            self.at += 1

    def _open(self, opened: Open, length: int) -> None:
        self.stack.append(opened)
        self.at += length

    def _escape(self) -> None:
        """Pass over a backslash and the next character, but not over a template, or a line break of a here-document."""
        is_template = self.text[self.at + 1 : self.at + 3] in DELIMITERS
        is_line_break = self.text.startswith("\n", self.at + 1) and bool(self.heres)
        self.at += 1 if is_template or is_line_break else 2

    def _begins_word(self) -> bool:
        return self.at == 0 or self.text[self.at - 1] in BEFORE_COMMENT

    def _here_document(self) -> None:
        if self.text.startswith("<<<", self.at):
            self.at += 3
            return
        match = HERE_DOCUMENT.match(self.text, self.at)
        if match is None:
            self.at += 2
            return
        word = re.sub(r"\\(.)|['\"]", r"\1", match[2])
        context = Context.HERE if word == match[2] else Context.QUOTED_HERE
        self.waiting.append(Open(context, word=word, strips_tabs=bool(match[1])))
        self.at = match.end()

    def _line_break(self) -> None:
        """End a comment, begin the here-documents that wait, and end them at the line that has their word."""
        self.at += 1
        if self.stack[-1].context is Context.COMMENT:
            self.stack.pop()
        if self.waiting and self.stack[-1].context is Context.WORD:
            self.heres.extend(range(len(self.stack), len(self.stack) + len(self.waiting)))
            self.stack.extend(reversed(self.waiting))
            self.waiting.clear()
        while self.heres and self._ends(self.stack[self.heres[-1]]):
            del self.stack[self.heres.pop() :]
            self.at = self._end_of_line() + 1

    def _end_of_line(self) -> int:
        end = self.text.find("\n", self.at)
        return len(self.text) if end < 0 else end

    def _ends(self, here: Open) -> bool:
        """Return whether this line ends a here-document. Whatever is open inside of it ends, too."""
        line = self.text[self.at : self._end_of_line()]
        return (line.lstrip("\t") if here.strips_tabs else line) == here.word


def contexts_of(text: str) -> dict[int, Context]:
    """Return the context of each `{{` and `{%` in the template of a command, by its offset."""
    return Scan(text).run()


def end_of_template(text: str, start: int) -> int:
    """Return the end of the expression or statement at `start`. Its closer does not count in quotes or in brackets."""
    closer, at, depth = DELIMITERS[text[start : start + 2]], start + 2, 0
    while at < len(text):
        if plain := PLAIN_INSIDE.match(text, at):
            at = plain.end()
            continue
        if depth <= 0 and text.startswith(closer, at):
            return at + 2
        if text[at] in "'\"":
            at = _end_of_string(text, at)
            continue
        depth += BRACKETS.get(text[at], 0)
        at += 1
    return len(text)


def _end_of_string(text: str, start: int) -> int:
    at = start + 1
    while at < len(text) and text[at] != text[start]:
        at += 2 if text[at] == "\\" else 1
    return at + 1


SAFE = r"[^\x00-$&-*;<>?\[-^`{-\x7f]"
"""A character of `A-Za-z0-9_@%+=:,./-`, or not of ASCII. The complement of the set compiles ten times as fast."""
SAFE_WORD = re.compile(rf"{SAFE}*+")
CHANGED: dict[Context, re.Pattern[str]] = {
    Context.SINGLE: re.compile(r"'"),
    Context.ESCAPED: re.compile(r"['\\]"),
    Context.DOUBLE: re.compile(r'["$`]|\\(?=[$`"\\\n]|\Z)'),
    Context.HERE: re.compile(r"[$`]|\\(?=[$`\\\n]|\Z)"),
    Context.COMMENT: re.compile(r"[\n\r]"),
}
EXPANDED = re.compile(
    r"(?=~|[^$\n]*+\$)(?:~[\w.-]*+(?=/|\Z))?" rf"(?:{SAFE}++|\$\{{[A-Za-z_]\w*+\}}|\$[A-Za-z_]\w*+)*+"
)
"""A path that the shell is surely meant to expand, such as `~/data` and `$HOME/data`."""
WITHIN_A_WORD = "write `$HOME` for the `~`, which the shell expands at the beginning of a word alone"
SUM = re.compile(r"(?!.*\w\s+\w)[\w\s+*/%()!=?:,^~-]*", re.DOTALL)
"""A text that arithmetic takes as it is, whatever it means."""
EXPRESSION = re.compile(r"\{\{[-+]?(.*?)[-+]?\}\}", re.DOTALL)
QUOTED = re.compile(r"'(?:\\.|[^'\\])*+(?:'|\\?\Z)|\"(?:\\.|[^\"\\])*+(?:\"|\\?\Z)", re.DOTALL)
OPERATOR = re.compile(r"\b(?:if|and|or|not|in|is)\b|[-~+*/%<>=]")
MAX_SHOWN = 60
CHOICE = re.compile(r"^(?>.*?\bif\b).*\belse\b", re.MULTILINE)
LAST_FILTER = re.compile(r"(?<!\s)\s*+\|\s*+(?:raw|sh)\s*+\Z")


def judge_of(text: str) -> Judge:
    """Return the judge of the expressions in a command: it gives a mistake for a value that the shell would change."""
    contexts = contexts_of(text)

    def judge(value: object, start: int, end: int) -> TemplateMistake | None:
        context = contexts.get(start, Context.WORD)
        if isinstance(value, Quoted):
            return _quoted_again(value, context, start, end)
        if isinstance(value, Raw | Unknown | bool | int | float):
            return None
        if not _is_changed(value, context, is_alone=_is_alone(text, start, end)):
            return None
        message = f"the shell would {_verb(value, context)} this value, {_shown(value)}, which is {context}"
        way_out = _way_out(context, text[start:end], is_list=not isinstance(value, str))
        written = text[start:end]
        trims = written[2:3] in ("-", "+") or written[-3:-2] in ("-", "+")
        filter = "sh"
        if isinstance(value, str) and context is Context.WORD and EXPANDED.fullmatch(value):
            filter, way_out = "raw", _expansion_meant(written)
            if value.startswith("~") and text[start - 1 : start].strip():
                filter, way_out = (
                    "",
                    "write `$HOME` for the `~`, which the shell expands at the beginning of a word alone",
                )
        has_fix = context is Context.WORD and not trims and filter
        instead = f"{{{{ {_expression(written)} | {filter} }}}}" if has_fix else None
        return TemplateMistake(codes.UNQUOTED_SHELL_VALUE, start, end, message, way_out, instead)

    return judge


def _quoted_again(value: Quoted, context: Context, start: int, end: int) -> TemplateMistake | None:
    """Return the mistake of quotes of `sh` inside single quotes. Inside double quotes they may be for another shell."""
    if context not in (Context.SINGLE, Context.ESCAPED) or CHANGED[context].search(value) is None:
        return None
    message = f"`sh` has quoted this value, {_shown(value)}, and it is {context}, which its quotes would end"
    help = "remove the quotes around it, or give the value to a shell variable first"
    return TemplateMistake(codes.UNQUOTED_SHELL_VALUE, start, end, message, help)


def surroundings(text: str) -> Callable[[int, int], tuple[Context, bool]]:
    """Return a function from the span of an expression to its context, and whether it is a word of its own."""
    contexts = contexts_of(text)
    return lambda start, end: (contexts.get(start, Context.WORD), _is_alone(text, start, end))


def _is_alone(text: str, start: int, end: int) -> bool:
    """Return whether an expression is between blanks, or ends of the text."""
    return not (text[start - 1 : start] + text[end : end + 1]).strip(BLANKS)


def _is_changed(value: object, context: Context, *, is_alone: bool) -> bool:
    """Return whether the shell would change a value. An empty value is lost only if it is a word of its own."""
    if not isinstance(value, str) or context is Context.QUOTED_HERE:
        return context is not Context.QUOTED_HERE
    if context in (Context.WORD, Context.BRACES):
        is_lost = not value and context is Context.WORD and is_alone
        return is_lost or SAFE_WORD.fullmatch(value) is None
    if context is Context.ARITHMETIC:
        return SUM.fullmatch(value) is None
    return CHANGED[context].search(value) is not None


def _verb(value: object, context: Context) -> str:
    if context is Context.COMMENT:
        return "end the comment within"
    return "drop" if value == "" else "split or expand" if context is Context.WORD else "change"


def _shown(value: object) -> str:
    if not isinstance(value, str):
        return "a list"
    if not value:
        return "an empty text"
    text = brief(value, MAX_SHOWN)
    return f'"{text}"' if "`" in text else f"`{text}`"


def _way_out(context: Context, written: str, *, is_list: bool) -> str:
    """Return the help. `sh` quotes a value that is a word; inside quotes it would add quotes to quotes."""
    expression = _expression(written)
    text = f"{expression} | join(' ')" if is_list else expression
    reads = "split and expand it" if context is Context.WORD else "read it as it is"
    raw = f"`{{{{ {text} | raw }}}}` to let the shell {reads}"
    passed = "its items as words" if is_list else "it as one word"
    match context:
        case Context.WORD:
            return f"write `{{{{ {expression} | sh }}}}` to pass {passed}, or {raw}"
        case Context.SINGLE | Context.DOUBLE | Context.ESCAPED:
            return f"remove the quotes and write `{{{{ {expression} | sh }}}}`, or write {raw}"
        case Context.BRACES | Context.ARITHMETIC:
            return f"give the value to a shell variable first: `name={{{{ {expression} | sh }}}}`"
        case Context.COMMENT:
            return "remove it from the comment"
        case _:
            return f"quote the here-document's word (`<<'EOF'`), or write {raw}"


def _expansion_meant(written: str) -> str:
    """Return the advice for a value with a `~` or a `$NAME`, which quotes would keep as it is."""
    expression = _expression(written)
    raw, sh = (f"`{{{{ {expression} | {name} }}}}`" for name in ("raw", "sh"))
    return f"write {raw} for the shell to expand it, or {sh} for the text itself"


def _expression(written: str) -> str:
    """Return an expression without its braces, in a form that a filter can follow.

    A filter `raw` or `sh` that is applied to the last value of a choice only was meant for the whole choice.
    """
    match = EXPRESSION.fullmatch(written)
    expression = match[1].strip() if match else written
    if CHOICE.search(QUOTED.sub("", expression)) and (last := LAST_FILTER.search(expression)):
        expression = expression[: last.start()]
    # a filter binds closer than any operator
    return f"({expression})" if OPERATOR.search(QUOTED.sub("", expression)) else expression
