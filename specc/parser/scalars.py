"""Plain scalars: their values by the core schema of YAML 1.2, and how tools of YAML 1.1 read them.

Such tools are PyYAML, and so pre-commit's `check-yaml`, Ansible and most of Python. To them, `no`, `12:00:00` and `010`
have other values. A spec that means different things to different tools gets a warning; a scalar with the same value in
both versions needs none.
"""

import re
from functools import lru_cache
from math import isfinite

from specc.diagnostics import Diagnostic, codes, quoting_fix
from specc.fast_dataclass import dataclass
from specc.nodes import Atom
from specc.source import Span
from specc.wording import brief

MAX_DIGITS = 1000
"""The longest number of a spec. Python itself refuses to read decimal numbers of more than 4300 digits."""

WORDS: dict[str, Atom] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), float("inf")),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), float("-inf")),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
}

NUMBER = re.compile(
    r"""(?P<decimal> [-+]?[0-9]+ )
      | 0o (?P<octal> [0-7]+ )
      | 0x (?P<hex> [0-9a-fA-F]+ )
      | (?P<float> [-+]?(?: \.[0-9]+ | [0-9]+(?:\.[0-9]*)? )(?: [eE][-+]?[0-9]+ )? )""",
    re.VERBOSE,
)


def plain_value(raw: str) -> Atom:
    """Return the value of a plain scalar. A number of more than `MAX_DIGITS` characters stays text (`is_overlong`)."""
    return raw if len(raw) > MAX_DIGITS else _resolved(raw)


@lru_cache(maxsize=4096)
def _resolved(raw: str) -> Atom:
    if raw in WORDS:
        return WORDS[raw]
    if raw[0] not in "-+.0123456789":
        return raw
    match = NUMBER.fullmatch(raw)
    if match is None:
        return raw
    digits = match[match.lastgroup or 0]
    match match.lastgroup:
        case "decimal":
            return int(digits)
        case "octal":
            return int(digits, 8)
        case "hex":
            return int(digits, 16)
        case _:
            return float(digits)


def is_overlong(raw: str) -> bool:
    """Return whether this is a number of more than `MAX_DIGITS` characters."""
    return len(raw) > MAX_DIGITS and NUMBER.fullmatch(raw) is not None


@dataclass(frozen=True, slots=True)
class Other:
    """A value that YAML 1.2 does not have, by its name in a message."""

    name: str


Value11 = Atom | Other

REFUSED = Other("an error")

TRUE, FALSE = ("yes", "true", "on"), ("no", "false", "off")
BOOLEANS = {spelling: word in TRUE for word in TRUE + FALSE for spelling in (word, word.capitalize(), word.upper())}
NULLS = ("", "~", "null", "Null", "NULL")

INTEGER = re.compile(
    r"""(?P<sign> [-+]? )
        (?: 0b (?P<binary> [01_]+ )
          | 0x (?P<hex> [0-9a-fA-F_]+ )
          | 0 (?P<octal> [0-7_]+ )
          | (?P<decimal> 0 | [1-9][0-9_]* )
          | (?P<sexagesimal> [1-9][0-9_]*(?: :[0-5]?[0-9] )+ ) )""",
    re.VERBOSE,
)
FLOAT = re.compile(
    r"""[-+]?[0-9][0-9_]*\.[0-9_]*(?: [eE][-+][0-9]+ )?
      | \.[0-9][0-9_]*(?: [eE][-+][0-9]+ )?""",
    re.VERBOSE,
)
SEXAGESIMAL = re.compile(r"(?P<sign>[-+]?)(?P<parts>[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*)")
INFINITY = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
TIME = re.compile(
    r"""[0-9]{4}-[0-9]{1,2}-[0-9]{1,2} (?: [Tt] | [ \t]+ )
        [0-9]{1,2}:[0-9]{2}:[0-9]{2} (?: \.[0-9]* )?
        (?: [ \t]* (?: Z | [-+][0-9]{1,2}(?: :[0-9]{2} )? ) )?""",
    re.VERBOSE,
)
BASES = {"binary": 2, "octal": 8, "decimal": 10, "hex": 16}


def read_1_1(raw: str) -> Value11:
    """Return the value of a plain scalar in YAML 1.1, as PyYAML constructs it."""
    if raw in BOOLEANS:
        return BOOLEANS[raw]
    if raw in NULLS:
        return None
    if raw in ("=", "<<"):
        return REFUSED
    if raw[0] not in "-+.0123456789":
        return raw
    return read_number(raw)


def read_number(raw: str) -> Value11:
    if INFINITY.fullmatch(raw):
        return float(raw.replace(".", "", 1))
    if FLOAT.fullmatch(raw):
        return float(raw.replace("_", ""))
    if match := SEXAGESIMAL.fullmatch(raw):
        return sixties(match["sign"], [float(part) for part in match["parts"].replace("_", "").split(":")])
    if match := INTEGER.fullmatch(raw):
        return read_integer(match)
    if DATE.fullmatch(raw):
        return Other(f"the date {raw}")
    if TIME.fullmatch(raw):
        return Other(f"the time {raw}")
    return raw


def read_integer(match: re.Match[str]) -> Value11:
    kind = match.lastgroup or ""
    digits = match[kind].replace("_", "")
    if len(digits) > MAX_DIGITS:
        return Other("a number")
    if kind == "sexagesimal":
        return sixties(match["sign"], [int(part) for part in digits.split(":")])
    if kind == "octal":
        digits = "0" + digits  # the first zero is a digit: `0_` is 0
    if not digits:
        return REFUSED  # `0x_` has the form of a number and no digits
    number = int(digits, BASES[kind])
    return -number if match["sign"] == "-" else number


def sixties(sign: str, parts: list[int] | list[float]) -> Atom:
    """Return the value of a number in base 60: `1:30` is 90."""
    total: int | float = 0
    for part in parts:
        total = total * 60 + part
    return -total if sign == "-" else total


def differs(ours: Atom, theirs: Value11) -> bool:
    if isinstance(ours, float) and isinstance(theirs, float):
        return ours != theirs and not (ours != ours and theirs != theirs)  # nan is nan
    return type(ours) is not type(theirs) or ours != theirs


def is_short_and_alike(raw: str) -> bool:
    """Return whether a plain scalar, no longer than a number can be, has one value in both versions."""
    return len(raw) <= MAX_DIGITS and _is_read_alike(raw)


@lru_cache(maxsize=4096)
def _is_read_alike(raw: str) -> bool:
    """Return what `is_short_and_alike` does, remembered: most scalars are keys, which are the same in all specs."""
    return not differs(plain_value(raw), read_1_1(raw))


def warn_1_1(raw: str, span: Span) -> Diagnostic | None:
    """Return the warning for a plain scalar that YAML 1.1 reads as another value, or None."""
    if is_short_and_alike(raw):
        return None
    ours, theirs = plain_value(raw), read_1_1(raw)
    if not differs(ours, theirs):
        return None
    shown = brief(raw)
    if isinstance(theirs, bool):
        help = f'write `{described(theirs).split()[-1]}` for the boolean, or `"{shown}"` for the text'
    elif isinstance(ours, str):
        help = f'write `"{shown}"`'
    else:
        help = f'write `{spelled(ours)}` for the number, or `"{shown}"` for the text'
    return codes.YAML_1_1.at(
        span,
        f"`{shown}` is {described(ours)} here, but {described(theirs)} for tools that read YAML 1.1",
        help=help,
        fix=quoting_fix(span, raw) if isinstance(ours, str) else None,
    )


def described(value: Value11) -> str:
    match value:
        case Other(name):
            return name
        case bool():
            return f"the boolean {str(value).lower()}"
        case int() | float():
            return f"the number {spelled(value)}"
        case _:
            return "text"


def spelled(value: Atom) -> str:
    """Return a number as both versions of YAML read it: a float has a point, and its exponent a sign."""
    if not isinstance(value, float):
        return str(value)
    if value in (float("inf"), float("-inf")):
        return str(value).replace("inf", ".inf")
    mantissa, exponent, power = repr(value).partition("e")
    return (mantissa if "." in mantissa else mantissa + ".0") + exponent + power


SURROGATE = re.compile("[\ud800-\udfff]")
ESCAPE = re.compile(r"\\\\|\\(?:u|U0000)(?=[dD][89a-fA-F])([0-9a-fA-F]{4})")


def without_surrogates(text: str, span: Span) -> tuple[str, list[Diagnostic]]:
    """Return the text with U+FFFD for each half of a surrogate pair, and a diagnostic for each of their escapes."""
    if not SURROGATE.search(text):
        return text, []
    diagnostics = [
        codes.YAML_SYNTAX.at(
            Span(span.source, span.start + match.start(), span.start + match.end()),
            f"`{match.group()}` is an unpaired surrogate, which is not a character",
            help="write the character that is meant, or `\\U` with eight hexadecimal digits",
        )
        for match in ESCAPE.finditer(span.text)
        if match[1]
    ]
    return SURROGATE.sub("\ufffd", text), diagnostics


EXPONENT = r"(?:[eE][+-]?[0-9]{1,4})?"
JSON_NUMBER = re.compile(rf"[+-]?(?:(?:0|[1-9][0-9]*)(?:\.[0-9]*)?|\.[0-9]+){EXPONENT}")


def json_number(text: str) -> int | float | None:
    """Return the number that a text is written as, as JSON writes numbers; None for any other text.

    `+5`, `.5` and `1.` are numbers, too. `007` and `1_000` are texts, and so is a number that a float cannot hold.
    """
    if not JSON_NUMBER.fullmatch(text):
        return None
    number = to_number(text)
    fits = isfinite(number) if isinstance(number, float) else abs(number) < 1 << 63
    return number if fits else None


def to_number(text: str) -> int | float:
    """Return the number of a text that is written as one."""
    return int(text) if text.lstrip("+-").isdecimal() and len(text) < 400 else float(text)
