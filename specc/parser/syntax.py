"""Mistakes of YAML syntax, in the words of the person who wrote the text instead of those of ruamel.yaml."""

import re

from specc.diagnostics import Diagnostic, Label, codes
from specc.fast_dataclass import dataclass
from specc.parser.events import NotYaml
from specc.source import BLANKS, Source, Span

WORD = re.compile(r"\S+")
ESCAPE = re.compile(r"\\[uUx]?[0-9a-zA-Z]*")
COLON = re.compile(r":[ \t]")
REST_OF_LINE = re.compile(r"[^\r\n]*")


@dataclass(frozen=True, slots=True)
class Phrase:
    """A pattern of ruamel.yaml's words, and specc's message and help instead. `{0}` is the first group of the pattern.

    `begins` is set if the mistake is where the value began, and not where ruamel.yaml noticed it. `back` is how far
    before that offset an escape begins.
    """

    problem: str
    message: str
    help: str | None = None
    begins: re.Pattern[str] | None = None
    back: int = 0


QUOTE_IT = "put the text in quotes"
ONE_CHARACTER = re.compile(r".?")

NO_COLON = Phrase(
    r"could not find expected ':'",
    "expected `key: value`, found a line without `:`",
    "a text of several lines needs quotes, or `|` behind its key",
    REST_OF_LINE,
)
NO_COMMA = Phrase(
    r"expected ',' or '(.)'",
    "expected `,` or `{0}`",
    "is a bracket not closed? a text that contains any of `[]{},` needs quotes",
)
WIDE_COMMA = "，"
TEXT_ABOVE = Phrase(
    r"mapping values are not allowed here",
    "a `:` in a text that begins in a line above",
    "give the keys of one mapping the same indentation; does a key above lack its `:`?",
)
WIDE_COLON = re.compile(r"([^\s：]+)：(.*)")
TIGHT_COLON = re.compile(r"([A-Za-z_][\w-]*):(\S.*)")
BLOCK_BEGINS = re.compile(r"[ \t]*(?:- +)?([^\s#:][^:#]*):[ \t]+([|>][-+0-9]*)[ \t]*(?:#.*)?")

PHRASES = (
    NO_COLON,
    TEXT_ABOVE,
    Phrase(
        r"found character '\\t'",
        "a tab where YAML wants spaces",
        "indent and align with spaces",
    ),
    Phrase(r"found character '(.+)' that cannot", "an unquoted value cannot begin with `{0}`", QUOTE_IT),
    Phrase(
        r"sequence entries are not allowed here",
        "a list cannot begin here",
        "put each `- ` on a line of its own below the key; put a text that begins with `- ` in quotes",
    ),
    Phrase(r"mapping keys are not allowed here", "a `? ` is not allowed here", QUOTE_IT),
    Phrase(
        r"found unexpected end of stream|found unexpected document separator",
        "this quote is never closed",
        None,
        ONE_CHARACTER,
    ),
    Phrase(
        r"found unknown escape character '(.+)'",
        "`\\{0}` is not an escape in double quotes",
        "write `\\\\` for a backslash, or use single quotes",
        back=1,
    ),
    Phrase(
        r"expected escape sequence of (\d+)",
        "expected {0} hexadecimal digits in this escape",
        "write `\\\\` for a backslash, or use single quotes",
        back=2,
    ),
    Phrase(r"no such character", "an escape for a character that does not exist", back=2),
    Phrase(
        r"expected chomping or indentation|expected a comment or a line break",
        "text on the line of `|` or `>`",
        "begin the text on the next line, indented",
    ),
    Phrase(r"expected indentation indicator", "expected an indentation from 1 to 9 behind `|` or `>`"),
    Phrase(
        r"more indented follow up line",
        "a blank line above this text is indented more than its first line",
        "remove the spaces from the blank line",
    ),
    Phrase(
        r"expected alphabetic or numeric character",
        "`&` and `*` need a name of letters and digits",
        "put a text that begins with `&` or `*` in quotes",
    ),
    Phrase(r"found unexpected ':'", "a `:` inside of an unquoted text", QUOTE_IT),
    Phrase(
        r"expected <block end>, but found '<block (?:mapping|sequence) start>'",
        "this line is indented like nothing above it",
        "give the keys of one mapping, and the items of one list, the same indentation",
    ),
    Phrase(
        r"block collection: expected <block end>, but found '\?'",
        "a key among the items of a list",
        "indent the key below the item that it belongs to, or begin the line with `- `",
    ),
    Phrase(
        r"expected <block end>, but found '(?:-|\?)'",
        "a list item among the keys of a mapping",
        "indent the list below the key that it belongs to",
    ),
    Phrase(
        r"expected <block end>, but found '(?:<scalar>|<alias>|<anchor>|<tag>|,|[\[\]{}])'",
        "text behind the end of a value",
        "put the whole value in quotes",
    ),
    Phrase(r"expected <block end>", "this line does not fit the lines above it", "check the indentation"),
    Phrase(
        r"expected ',' or '(.)', but got '<stream end>'",
        "expected `{0}`: this is never closed",
        None,
        ONE_CHARACTER,
    ),
    NO_COMMA,
    Phrase(r"expected the node content, but found '<stream end>'", "the text ends where a value is expected"),
    Phrase(r"expected the node content, but found '(.+)'", "expected a value, found `{0}`", QUOTE_IT),
    Phrase(
        r"expected '<document start>'|found non-comment content after document end",
        "text behind the end of the document",
        "a spec is one mapping: `key: value` in every line that is not indented",
    ),
    Phrase(
        r"found a directive",
        "a line that begins with `%`",
        "specs have no YAML directives; remove the line",
    ),
)


SECOND_COLON = Phrase(
    r"mapping values are not allowed here",
    "a second `: ` in one line",
    "put the value in quotes if the `:` belongs to it",
)


def syntax_error(source: Source, problem: NotYaml) -> Diagnostic:
    """Return the diagnostic for a text that could not be read further."""
    for phrase in (SECOND_COLON, *PHRASES) if follows_colon(source, problem.at) else PHRASES:
        match = re.search(phrase.problem, problem.problem)
        if match is not None:
            return explained(source, problem, phrase, match)
    return codes.YAML_SYNTAX.at(spot(source, problem.at, WORD), problem.problem, labels=begun(source, problem))


def explained(source: Source, problem: NotYaml, phrase: Phrase, match: re.Match[str]) -> Diagnostic:
    message = phrase.message.format(*match.groups())
    if phrase.begins is not None and problem.context_at is not None:
        span = spot(source, problem.context_at, phrase.begins)
        help = (_without_colon(source, span) if phrase is NO_COLON else None) or phrase.help
        return codes.YAML_SYNTAX.at(span, message, help=help)
    span = spot(source, problem.at - phrase.back, ESCAPE if phrase.back else WORD)
    if phrase is TEXT_ABOVE and (help := _without_colon(source, _line_above(source, problem.at))):
        return codes.YAML_SYNTAX.at(span, message, labels=begun(source, problem), help=help)
    help = phrase.help
    if phrase is NO_COMMA and WIDE_COMMA in source.text[problem.context_at or problem.at : problem.at]:
        help = f"`{WIDE_COMMA}` is a full-width comma; write `,` and a blank"
    return codes.YAML_SYNTAX.at(span, message, labels=begun(source, problem), help=help)


def _line_above(source: Source, at: int) -> Span:
    """Return the text of the line above an offset, without its indentation."""
    end = source.line_starts[source.position(at).line - 1]
    start = source.text.rfind("\n", 0, max(end - 1, 0)) + 1
    line = source.text[start:end]
    return source.span(start + len(line) - len(line.lstrip()), start + len(line.rstrip()))


def _without_colon(source: Source, span: Span) -> str | None:
    """Return the help for a line without `: `, if the line shows what was meant."""
    if wide := WIDE_COLON.fullmatch(span.text):
        return f"`：` is a full-width colon; write `{wide[1]}: {wide[2].strip()}`".rstrip(" `") + "`"
    if tight := TIGHT_COLON.fullmatch(span.text):
        return f"write a blank behind the `:`: `{tight[1]}: {tight[2]}`"
    before = source.text[: span.start].rstrip().rsplit("\n", 1)[-1]
    if block := BLOCK_BEGINS.fullmatch(before):
        return f"indent the text below `{block[1]}: {block[2]}`: it begins further to the right than its key"
    return None


def follows_colon(source: Source, at: int) -> bool:
    """Return whether there is a `: ` earlier on the line."""
    line_start = source.line_starts[source.position(at).line - 1]
    return COLON.search(source.text, line_start, at) is not None


def spot(source: Source, at: int, pattern: re.Pattern[str]) -> Span:
    match = pattern.match(source.text, at)
    return source.span(at, at + len(match.group().rstrip(BLANKS)) if match else min(at + 1, len(source.text)))


def second_document(source: Source, first: Span, start: int) -> Diagnostic:
    return codes.SECOND_DOCUMENT.at(
        rest_of_line(source, start),
        "a second document begins here; a spec file holds only one",
        labels=(Label(rest_of_line(source, first.start), "the first document"),) if first.text else (),
        help="move it to a file of its own",
    )


def rest_of_line(source: Source, at: int) -> Span:
    return spot(source, at, REST_OF_LINE)


def begun(source: Source, problem: NotYaml) -> tuple[Label, ...]:
    """Return a label where the value began, if it does not begin where ruamel.yaml noticed the mistake."""
    if problem.context_at is None or problem.context_at == problem.at:
        return ()
    return (Label(spot(source, problem.context_at, WORD), "in what begins here"),)
