"""Text -> Jinja2's syntax tree with offsets, and the mistakes that are better told before its parser sees them."""

from specc.diagnostics import codes, did_you_mean, one_of
from specc.expressions.faults import Place
from specc.expressions.jinja import Parser, TemplateSyntaxError, TokenStream, nodes
from specc.expressions.places import Places
from specc.expressions.tokens import SYNTAX, Tokens, Unreadable, misread, read_tokens, too_large
from specc.fast_dataclass import dataclass

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
    places: Places
    is_expression: bool
    depth: int
    size: int


def parse(text: str) -> Syntax:
    """The syntax tree of a template; raises `Unreadable`."""
    tokens = read_tokens(text)
    _check_tags_closed(tokens)
    _check_statements(tokens)
    _check_nesting(tokens)
    parser = Parser(SYNTAX, "")
    parser.stream = TokenStream(tokens.tokens, None, None)
    try:
        root = parser.parse()
    except TemplateSyntaxError as error:
        raise misread(error.message or "", tokens.place(tokens.index(error.lineno))) from None
    depth, size = _measure(root, tokens)
    return Syntax(root, Places(tokens), _is_expression(text, tokens), depth, size)


def _is_expression(text: str, tokens: Tokens) -> bool:
    """Is the text exactly one `{{ }}`?"""
    if not tokens.tokens or tokens.tokens[0].type != "variable_begin":
        return False
    return tokens.span(0) == Place(0, len(text))


def _check_tags_closed(tokens: Tokens) -> None:
    for index, token in enumerate(tokens.tokens):
        if token.type in ("variable_begin", "block_begin") and index not in tokens.partner:
            closer = "}}" if token.type == "variable_begin" else "%}"
            raise misread(f"`{token.value}` is never closed", tokens.place(index), f"write `{closer}` after it")


def _check_statements(tokens: Tokens) -> None:
    """Every `{% if %}` has its `{% endif %}`. The stack holds the tags that are open."""
    stack: list[tuple[str, Place]] = []
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
            raise Unreadable(at.fault(codes.FORBIDDEN_TEMPLATE, f"templates have no statement `{name}`", INSTEAD))
        elif name not in ENDS and name not in WITHOUT_END:
            raise misread(f"there is no statement `{name}`", at, did_you_mean(name, STATEMENTS, "statements"))
    if stack:
        name, at = stack[-1]
        raise misread(f"`{{% {name} %}}` is never closed", at, f"write `{{% {ENDS[name]} %}}` where it ends")


def _check_fits(name: str, at: Place, stack: list[tuple[str, Place]]) -> None:
    """`elif`, `else` or an end: it must belong to the innermost open statement."""
    inner = stack[-1][0] if stack else None
    if name in MIDDLES:
        if inner not in MIDDLES[name]:
            raise misread(f"`{name}` stands outside of {one_of(MIDDLES[name])}", at)
    elif inner is None:
        raise misread(f"`{name}` closes nothing", at)
    elif name != ENDS[inner]:
        raise misread(f"found `{name}`, expected `{ENDS[inner]}`", at)
    else:
        stack.pop()


def _assigns(tokens: Tokens, index: int) -> bool:
    """Is this `{% set x = ... %}`, which has no end?"""
    return any(token.type == "assign" for token in tokens.tokens[index : tokens.partner[index]])


def _check_nesting(tokens: Tokens) -> None:
    """Holds what makes the parser call itself below what Python's stack can bear."""
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
            raise too_large("the expression is nested too deeply", tokens.place(index))


def _measure(root: nodes.Node, tokens: Tokens) -> tuple[int, int]:
    """Depth and number of nodes, without recursion: `a.b.c...` is as deep as it is long."""
    todo, deepest, count = [(root, 1)], 1, 0
    while todo:
        node, depth = todo.pop()
        count += 1
        if depth > MAX_DEPTH:
            raise too_large("the expression is nested too deeply", tokens.place(tokens.index(node.lineno or 0)))
        deepest = max(deepest, depth)
        todo.extend((child, depth + 1) for child in node.iter_child_nodes())
    return deepest, count
