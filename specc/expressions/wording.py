"""The messages of Jinja2's lexer and parser, in words for people who write specs."""

import re

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

PATTERNS = (
    (r"expected token '(.+)', got '(.*)'", "found {1}, expected {0}"),
    (r"Expected an expression, got '(.*)'", "found {0}, expected a value"),
    (r"unexpected char (['\"].*['\"]) at \d+", "the character {0} has no meaning in a template"),
    (r"unexpected '(.+)', expected '(.+)'", "found {0}, expected {1}"),
    (r"unexpected '(})'", "{0} does not fit here: a template ends with `}}}}`"),
    (r"unexpected '([)\]])'", "{0} does not fit here"),
    (r"unexpected '(.*)'", "found {0}, expected a value"),
    (r"unexpected end of template, expected '(.*)'\.", "the text ends here, expected {0}"),
    (r"can't assign to '(.*)'", "nothing can be assigned to this"),
    (r"tag name expected", "found no statement after `{{%`, expected a name such as `if`"),
    (r"Missing end of raw directive", "`{{% raw %}}` is never closed"),
    (r"Invalid character in identifier", "a name has a character that names cannot have"),
    (r"You cannot chain multiple tests with is", "`is` cannot follow another `is` without `and` or `or`"),
    (r"invalid syntax for function call expression", "these arguments are in the wrong order"),
    (r"expected name or number", "found no name after `.`"),
)


def worded(message: str) -> str:
    """Jinja2's message as one line without a full stop; a message that it does not know stays as it is."""
    for pattern, words in PATTERNS:
        match = re.fullmatch(pattern, message, re.DOTALL)
        if match is not None:
            return words.format(*map(_token, match.groups()))
    return message[:1].lower() + message[1:].rstrip(".")


def _token(name: str) -> str:
    return TOKENS.get(name) or f"`{_unquoted(name)}`"


def _unquoted(name: str) -> str:
    """An unexpected character comes as Python prints it."""
    return name[1:-1] if len(name) > 2 and name[0] == name[-1] and name[0] in "'\"" else name
