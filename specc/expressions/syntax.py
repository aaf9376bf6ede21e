"""From text to Jinja2's syntax tree, in which every node knows its span in the text.

Jinja2 itself counts only lines. Here the `lineno` of a token is the offset where it begins, and Jinja2's parser copies
it to the nodes. Mistakes that its parser words badly are reported before it sees them.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from math import isinf

from jinja2 import nodes
from jinja2.environment import Environment
from jinja2.exceptions import TemplateSyntaxError
from jinja2.lexer import Token, TokenStream
from jinja2.parser import Parser

from specc.diagnostics import codes, did_you_mean, one_of
from specc.expressions.run import MAX_TEXT
from specc.expressions.values import TemplateMistake, TemplateSpan
from specc.fast_dataclass import dataclass

TOKENS = {
    "begin of print statement": "`{{`",
    "end of print statement": "`}}`",
    "begin of statement block": "`{%`",
    "end of statement block": "`%}`",
    "end of template": "the end of the text",
    "template data / text": "text",
    "name": "a name",
    "integer": "a number",
    "float": "a number",
    "string": "a text in quotes",
}

VALUE = re.compile(r"\{([0-9])\}")
"""A piece of Jinja2's message within the words for it."""

PATTERNS = (
    (r"expected token '(.+)', got '(.*)'", "found {1}, expected {0}"),
    (r"Expected an expression, got '(.*)'", "found {0}, expected a value"),
    (r"unexpected char (['\"].*['\"]) at \d+", "the character {0} has no meaning in a template"),
    (r"unexpected '(.+)', expected '(.+)'", "found {0}, expected {1}"),
    (r"unexpected '(})'", "{0} does not fit here: a template ends with `}}`"),
    (r"unexpected '([)\]])'", "{0} does not fit here"),
    (r"unexpected '(.*)'", "found {0}, expected a value"),
    (r"unexpected end of template, expected '(.*)'\.", "the text ends here, expected {0}"),
    (r"can't assign to '(.*)'", "nothing can be assigned to this"),
    (r"tag name expected", "found no statement after `{%`, expected a name such as `if`"),
    (r"Missing end of raw directive", "`{% raw %}` is never closed"),
    (r"Invalid character in identifier", "a name has a character that names cannot have"),
    (r"You cannot chain multiple tests with is", "`is` cannot follow another `is` without `and` or `or`"),
    (r"invalid syntax for function call expression", "these arguments are in the wrong order"),
    (r"expected name or number", "found no name after `.`"),
)


def worded(message: str) -> str:
    """Return a message of Jinja2's lexer or parser in words for people who write specs; others stay as they are."""
    for pattern, words in PATTERNS:
        match = re.fullmatch(pattern, message, re.DOTALL)
        if match is not None:
            return _filled(words, [_token(each) for each in match.groups()])
    return message[:1].lower() + message[1:].rstrip(".")


def _filled(words: str, tokens: list[str]) -> str:
    """Return words with their tokens. Other braces in them are those of templates."""
    return VALUE.sub(lambda value: tokens[int(value[1])], words)


def _token(name: str) -> str:
    return TOKENS.get(name) or f"`{_unquoted(name)}`"


def _unquoted(name: str) -> str:
    """Return an unexpected character, which Jinja2 shows as Python prints it."""
    return name[1:-1] if len(name) > 2 and name[0] == name[-1] and name[0] in "'\"" else name


# Comments are off: `{#` is text, because bash writes `${#array[@]}`. The lexer reads line breaks as "\n", so that no
# text can hold these delimiters.
SYNTAX = Environment(comment_start_string="\r{", comment_end_string="}\r", keep_trailing_newline=True)

MAX_TOKENS = 10_000
MAX_DIGITS = 300

CHARACTER = re.compile(r"\r\n|.", re.DOTALL)
ESCAPE = re.compile(r"\\([4-7][0-7]{2}|.)", re.DOTALL)
KNOWN_ESCAPES = frozenset("\n\\'\"abfnrtvxuUN01234567")

OPENERS = {"variable_begin": "variable_end", "block_begin": "block_end", "lparen": "rparen"} | {
    "lbracket": "rbracket",
    "lbrace": "rbrace",
}
CLOSERS = frozenset(OPENERS.values())
NAME_OF_STATEMENT = re.compile(r"[-+]?\s*(\w+)")


class Unreadable(Exception):
    """The text is not a template, or is too large for one."""

    def __init__(self, mistake: TemplateMistake) -> None:
        super().__init__(mistake)
        self.mistake = mistake


def too_large(message: str, at: TemplateSpan) -> Unreadable:
    return Unreadable(at.mistake(codes.TEMPLATE_LIMIT, message))


def misread(message: str, at: TemplateSpan, help: str | None = None) -> Unreadable:
    """Return the exception for a mistake of syntax. The message may be Jinja2's own."""
    return Unreadable(at.mistake(codes.TEMPLATE_SYNTAX, worded(message), help))


@dataclass(frozen=True, slots=True)
class Tokens:
    """The tokens of one text. `partner` leads from each opening bracket, `{{` or `{%` to the closing one, and back."""

    tokens: tuple[Token, ...]
    starts: list[int]
    ends: list[int]
    partner: dict[int, int]

    def index(self, offset: int) -> int:
        """Return the index of the token at an offset, or of the last token before it."""
        return max(bisect_right(self.starts, offset) - 1, 0)

    def token_span(self, index: int) -> TemplateSpan:
        return TemplateSpan(self.starts[index], self.ends[index])

    def span(self, index: int) -> TemplateSpan:
        """Return the span from an opening token to its partner, or of the token alone if it has none."""
        return TemplateSpan(self.starts[index], self.ends[self.partner.get(index, index)])

    @property
    def statements(self) -> tuple[TemplateSpan, ...]:
        """Return the spans of the template statements, without those around raw text."""
        return tuple(self.span(index) for index, token in enumerate(self.tokens) if token.type == "block_begin")


def read_tokens(text: str) -> Tokens:
    """Return the tokens of a text. Raises `Unreadable`."""
    if len(text) > MAX_TEXT:
        message = f"a template of {len(text):,} characters is too long: the limit is {MAX_TEXT:,}"
        raise too_large(message, TemplateSpan(0, 1))
    ends: dict[int, int] = {}
    try:
        tokens = tuple(SYNTAX.lexer.wrap(_raw_tokens(text, ends)))
    except TemplateSyntaxError as error:
        raise misread(error.message or "", TemplateSpan(error.lineno, ends[error.lineno])) from None
    starts = [token.lineno for token in tokens]
    return Tokens(tokens, starts, [ends[start] for start in starts], _partners(tokens))


def _raw_tokens(text: str, ends: dict[int, int]) -> Iterator[tuple[int, str, str]]:
    """Yield offset, type and text of each token. `ends` gets its end, without the blanks that `-}}` removes."""
    source = text.replace("\r\n", "\n").replace("\r", "\n")
    offsets: Sequence[int] = range(len(text) + 1)
    if len(source) < len(text):
        offsets = [*(match.start() for match in CHARACTER.finditer(text)), len(text)]
    start = end = 0
    opened: TemplateSpan | None = None
    try:
        for count, (_, kind, value) in enumerate(SYNTAX.lexer.tokeniter(source, None)):
            # Only blanks before `{{-` can lie between two tokens.
            start = source.index(value, end)
            at = TemplateSpan(offsets[start], offsets[start + len(value.rstrip() or value)])
            if count >= MAX_TOKENS:
                raise too_large("the template is too long", at)
            end = start + len(value)
            opened = at if kind == "block_begin" else None if kind == "block_end" else opened
            ends[at.start] = at.end if kind in CLOSERS else offsets[end]
            yield at.start, kind, _clean(kind, value, at)
    except TemplateSyntaxError as error:
        is_raw = (error.message or "").startswith("Missing end of raw")
        here = TemplateSpan(offsets[start if is_raw else end], offsets[end if is_raw else min(end + 1, len(source))])
        raise _not_read(text, error.message or "", here, opened) from None


def _not_read(text: str, message: str, at: TemplateSpan, opened: TemplateSpan | None) -> Unreadable:
    """Return the exception for a text that is not made of tokens. `opened` is the `{%` of the statement around it.

    A text such as `{%s}` has no statement, and is reported at its `{%`, not where reading it ends.
    """
    if opened is None:
        return misread(message, at)
    name = NAME_OF_STATEMENT.match(text, opened.end)
    if name is None or name[1] not in {*ENDS, *ENDS.values(), *MIDDLES, *WITHOUT_END, *EXTENSIONS}:
        return misread("`{%` begins a template statement, expected a name such as `if` after it", opened)
    if message == "unexpected '}'":
        return misread("`}` does not fit here: a template statement ends with `%}`", at)
    return misread(message, at)


def _clean(kind: str, value: str, at: TemplateSpan) -> str:
    """Return the text of a token in a form that Jinja2's lexer reads without a warning or an error of Python's."""
    if kind == "string":
        return ESCAPE.sub(_escape, value)
    if kind in ("integer", "float"):
        if not value.isascii():
            raise misread("a number is written with the digits 0 to 9", at)
        if len(value) > MAX_DIGITS or (kind == "float" and isinf(float(value.replace("_", "")))):
            raise misread("the number is too large", at)
    return value


def _escape(match: re.Match[str]) -> str:
    """Return an escape that Python reads without a warning: it warns of unknown ones, and of octal ones over 377."""
    escape = match[1]
    if len(escape) == 3:
        return f"\\u{int(escape, 8):04x}"
    return match[0] if escape in KNOWN_ESCAPES or not escape.isascii() else "\\" + match[0]


def _partners(tokens: tuple[Token, ...]) -> dict[int, int]:
    partner: dict[int, int] = {}
    open_: list[int] = []
    for index, token in enumerate(tokens):
        if token.type in OPENERS:
            open_.append(index)
        elif token.type in CLOSERS and open_:
            partner[index] = open_.pop()
            partner[partner[index]] = index
    return partner


class NodeSpans:
    """The spans of the nodes of one template. The `lineno` of every node is an offset."""

    def __init__(self, tokens: Tokens) -> None:
        self.tokens = tokens
        self._known: dict[int, TemplateSpan] = {}

    def of(self, node: nodes.Node) -> TemplateSpan:
        """Return the span that a node of an expression was read from, with balanced brackets."""
        span = self._known.get(id(node))
        if span is None:
            span = self._known[id(node)] = self._balanced(self._extent(node))
        return span

    def enclosing(self, offset: int) -> TemplateSpan:
        """Return the span of the template expression or statement that holds an offset."""
        index = self.tokens.index(offset)
        while index > 0 and self.tokens.tokens[index].type not in ("variable_begin", "block_begin"):
            index -= 1
        return self.tokens.span(index)

    def is_tag(self, offset: int, name: str) -> bool:
        """Return whether the token at an offset is the name of a statement."""
        index = self.tokens.index(offset)
        return index > 0 and self.tokens.tokens[index - 1].type == "block_begin" and self._is_name(index, name)

    def name_at(self, offset: int) -> str:
        """Return the token that begins at an offset: the name of a statement."""
        return str(self.tokens.tokens[self.tokens.index(offset)].value)

    def _extent(self, node: nodes.Node) -> TemplateSpan:
        """Return the span from the first to the last part. Without a token of its own, it is that of its parts."""
        parts = [self.of(child) for child in node.iter_child_nodes()]
        if node.lineno is not None:
            first = self.tokens.index(node.lineno)
            # The parser gives some nodes the offset of the token behind them, which is not one of their parts.
            if not parts or not isinstance(node, nodes.BinExpr | nodes.Compare | nodes.CondExpr | nodes.Tuple):
                parts.append(TemplateSpan(self.tokens.starts[first], self.tokens.ends[self._last(node, first)]))
        return TemplateSpan(min(part.start for part in parts), max(part.end for part in parts))

    def _last(self, node: nodes.Node, first: int) -> int:
        """Return the index of the last token of a node that is not part of a child."""
        match node:
            case nodes.List() | nodes.Dict() | nodes.Call():
                return self.tokens.partner[first]
            case nodes.Getitem() if first in self.tokens.partner:
                return self.tokens.partner[first]
            case nodes.Getitem() | nodes.Getattr():
                return first + 1
            case nodes.Const():
                return self._end_of_strings(first)
            case nodes.Filter():
                return self._end_of_call(first)
            case nodes.Test():
                return self._end_of_call(first + (2 if self._is_name(first + 1, "not") else 1))
            case _:
                return first

    def _end_of_strings(self, index: int) -> int:
        """Return the last of strings that follow each other, which are one constant."""
        tokens = self.tokens.tokens
        while tokens[index].type == "string" and index + 1 < len(tokens) and tokens[index + 1].type == "string":
            index += 1
        return index

    def _end_of_call(self, index: int) -> int:
        """Return the last token of `name`, `name.name` or `name(...)`."""
        tokens = self.tokens.tokens
        while tokens[index + 1].type == "dot":
            index += 2
        return self.tokens.partner[index + 1] if tokens[index + 1].type == "lparen" else index

    def _is_name(self, index: int, name: str) -> bool:
        token = self.tokens.tokens[index]
        return token.type == "name" and token.value == name

    def _balanced(self, span: TemplateSpan) -> TemplateSpan:
        """Return the span with both halves of every bracket: the parser drops parentheses."""
        start, end = span
        first, last = self.tokens.index(start), self.tokens.index(end - 1)
        index = first
        while index <= last:
            partner = self.tokens.partner.get(index, index)
            if partner < first:
                first = index = partner
            last = max(last, partner)
            index += 1
        return TemplateSpan(min(start, self.tokens.starts[first]), max(end, self.tokens.ends[last]))


MAX_NESTING = 12
"""Brackets in brackets, statements in statements: the parser goes down some 14 calls for each."""
MAX_REPEATED = 30
"""`not not ...`, `- - ...` and `... else ... else ...`: one call each."""
MAX_DEPTH = 50
"""The depth of the tree, and so of Python's stack while a template is evaluated."""

STATEMENTS = ("if", "for", "set", "with")
ENDS = {name: f"end{name}" for name in (*STATEMENTS, "macro", "call", "filter", "block", "autoescape")}
MIDDLES = {"elif": ("if",), "else": ("if", "for")}
# Statements that Jinja2's parser reads, so that the builder can forbid them with all else that is forbidden.
WITHOUT_END = ("include", "import", "from", "extends", "print")
# Statements of Jinja2's extensions, which the parser does not know.
EXTENSIONS = ("do", "break", "continue", "debug", "trans")

INSTEAD = f"statements here: {', '.join(f'`{name}`' for name in STATEMENTS)}"


@dataclass(frozen=True, slots=True)
class Syntax:
    """A template's tree. `depth` is that of the tree, `size` the number of its nodes."""

    root: nodes.Template
    spans: NodeSpans
    is_expression: bool
    depth: int
    size: int


def parse(text: str) -> Syntax:
    """Return the syntax tree of a template. Raises `Unreadable`."""
    tokens = read_tokens(text)
    _check_tags_closed(tokens)
    _check_statements(tokens)
    _check_nesting(tokens)
    parser = Parser(SYNTAX, "")
    parser.stream = TokenStream(tokens.tokens, None, None)
    try:
        root = parser.parse()
    except TemplateSyntaxError as error:
        raise misread(error.message or "", tokens.token_span(tokens.index(error.lineno))) from None
    depth, size = _measure(root, tokens)
    return Syntax(root, NodeSpans(tokens), _is_expression(text, tokens), depth, size)


def _is_expression(text: str, tokens: Tokens) -> bool:
    """Return whether the text is exactly one template expression."""
    if not tokens.tokens or tokens.tokens[0].type != "variable_begin":
        return False
    return tokens.span(0) == TemplateSpan(0, len(text))


def _check_tags_closed(tokens: Tokens) -> None:
    for index, token in enumerate(tokens.tokens):
        if token.type in ("variable_begin", "block_begin") and index not in tokens.partner:
            closer = "}}" if token.type == "variable_begin" else "%}"
            raise misread(f"`{token.value}` is never closed", tokens.token_span(index), f"write `{closer}` after it")


def _check_statements(tokens: Tokens) -> None:
    """Check that every `{% if %}` has its `{% endif %}`. The stack holds the statements that are open."""
    stack: list[tuple[str, TemplateSpan]] = []
    for index, token in enumerate(tokens.tokens):
        if token.type != "block_begin" or tokens.tokens[index + 1].type != "name":
            continue
        name, at = str(tokens.tokens[index + 1].value), tokens.span(index)
        if name in MIDDLES or name in ENDS.values():
            _check_fits(name, at, stack)
        elif name in ENDS and not (name == "set" and _assigns(tokens, index)):
            stack.append((name, at))
            if len(stack) > MAX_NESTING:
                raise too_large("statements are nested too deeply", at)
        elif name in EXTENSIONS:
            raise Unreadable(at.mistake(codes.FORBIDDEN_TEMPLATE, f"templates have no statement `{name}`", INSTEAD))
        elif name not in ENDS and name not in WITHOUT_END:
            raise misread(f"there is no statement `{name}`", at, did_you_mean(name, STATEMENTS, "statements"))
    if stack:
        name, at = stack[-1]
        raise misread(f"`{{% {name} %}}` is never closed", at, f"write `{{% {ENDS[name]} %}}` where it ends")


def _check_fits(name: str, at: TemplateSpan, stack: list[tuple[str, TemplateSpan]]) -> None:
    """Check that `elif`, `else` or an end belongs to the innermost open statement."""
    inner = stack[-1][0] if stack else None
    if name in MIDDLES:
        if inner not in MIDDLES[name]:
            raise misread(f"`{name}` is outside of {one_of(MIDDLES[name])}", at)
    elif inner is None:
        raise misread(f"`{name}` closes nothing", at)
    elif name != ENDS[inner]:
        raise misread(f"found `{name}`, expected `{ENDS[inner]}`", at)
    else:
        stack.pop()


def _assigns(tokens: Tokens, index: int) -> bool:
    """Return whether this is `{% set x = ... %}`, which has no end."""
    return any(token.type == "assign" for token in tokens.tokens[index : tokens.partner[index]])


def _check_nesting(tokens: Tokens) -> None:
    """Check that the parser does not call itself more often than Python's stack allows."""
    brackets = repeated = elses = 0
    for index, token in enumerate(tokens.tokens):
        match token.type:
            case "lparen" | "lbracket" | "lbrace":
                brackets += 1
            case "rparen" | "rbracket" | "rbrace":
                brackets -= 1
            case "variable_begin" | "block_begin":
                elses = 0
        is_prefix = token.type in ("sub", "add") or (token.type == "name" and token.value == "not")
        repeated = repeated + 1 if is_prefix else 0
        elses += token.type == "name" and token.value == "else"
        if brackets > MAX_NESTING or max(repeated, elses) > MAX_REPEATED:
            raise too_large("the expression is nested too deeply", tokens.token_span(index))


def _measure(root: nodes.Node, tokens: Tokens) -> tuple[int, int]:
    """Return the depth and the number of nodes, without recursion: `a.b.c...` is as deep as it is long."""
    todo, deepest, count = [(root, 1)], 1, 0
    while todo:
        node, depth = todo.pop()
        count += 1
        if depth > MAX_DEPTH:
            raise too_large("the expression is nested too deeply", tokens.token_span(tokens.index(node.lineno or 0)))
        deepest = max(deepest, depth)
        todo.extend((child, depth + 1) for child in node.iter_child_nodes())
    return deepest, count
