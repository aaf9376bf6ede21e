"""Words -> options, by the rules of getopt_long that sbatch goes by: abbreviations, bundles, the last one wins."""

from collections.abc import Iterator

from specc.diagnostics import Diagnostic, closest, codes, one_of
from specc.fast_dataclass import dataclass
from specc.migration.directives import Word
from specc.migration.flags import ABBREVIATED, KNOWN, SHORT, Flag
from specc.migration.notes import Note
from specc.source import Span


@dataclass(frozen=True, slots=True)
class Option:
    """One option as given; `value` is None where it has none. `directive` is that of another scheduler."""

    flag: Flag
    value: str | None
    span: Span
    line: int
    directive: str | None = None

    @property
    def shown(self) -> str:
        if self.directive is not None:
            return f"`{self.directive}`"
        value = "" if self.value is None else f"={self.value}"
        return f"`--{self.flag.name}{value}`"


def read_options(words: list[Word]) -> Iterator[Option | Diagnostic]:
    """Every option in the order written, and every word that sbatch would refuse."""
    rest = list(reversed(words))
    while rest:
        word = rest.pop()
        if word.text == "--":
            yield from (_no_option(each) for each in rest[-1:])
            return
        if word.text.startswith("--"):
            yield _long(word, rest)
        elif word.text.startswith("-") and word.text != "-":
            yield from _bundle(word, rest)
        else:
            yield _no_option(word)


def last_of_each(options: list[Option]) -> tuple[dict[str, Option], list[Note]]:
    """The options that count, by name, and a note on each that a later one replaces."""
    chosen = {option.flag.name: option for option in options}
    notes = [
        Note(option.line, f"{option.shown} has no effect: line {chosen[option.flag.name].line} sets it again")
        for option in options
        if chosen[option.flag.name] is not option
    ]
    return chosen, notes


def _long(word: Word, rest: list[Word]) -> Option | Diagnostic:
    name, equals, value = word.text[2:].partition("=")
    matches = {flag.name: flag for known, flag in ABBREVIATED.items() if known.startswith(name)}
    flag = KNOWN.get(name) or (next(iter(matches.values())) if len(matches) == 1 else None)
    if flag is None:
        if len(matches) > 1:
            message = f"`--{name}` can be the start of {len(matches)} options"
            ways = f"write out {one_of('--' + full for full in matches)}"
            return codes.BAD_DIRECTIVE.at(word.span, message, help=ways)
        near = closest(name, KNOWN)
        help = f"did you mean `--{near}`?" if near else "`man sbatch` lists the options"
        return codes.BAD_DIRECTIVE.at(word.span, f"sbatch has no option `--{name}`", help=help)
    if equals and flag.takes == "nothing":
        message = f"`--{flag.name}` takes no value"
        return codes.BAD_DIRECTIVE.at(word.span, message, help=f"write `--{flag.name}`")
    if equals or flag.takes != "value":
        return Option(flag, value if equals else None, word.span, word.line)
    return _with_next(flag, f"--{name}", word, rest)


def _bundle(word: Word, rest: list[Word]) -> Iterator[Option | Diagnostic]:
    """`-n4`, `-n 4`, `-Hn4`."""
    letters = word.text[1:]
    for at, letter in enumerate(letters):
        flag = SHORT.get(letter)
        if flag is None:
            yield codes.BAD_DIRECTIVE.at(word.span, f"sbatch has no option `-{letter}`")
            return
        value = letters[at + 1 :]
        if flag.takes == "nothing":
            yield Option(flag, None, word.span, word.line)
        elif value or flag.takes == "maybe":
            yield Option(flag, value or None, word.span, word.line)
            return
        else:
            yield _with_next(flag, f"-{letter}", word, rest)


def _with_next(flag: Flag, written: str, word: Word, rest: list[Word]) -> Option | Diagnostic:
    """The value is the next word, even one on the next line."""
    if not rest:
        return codes.BAD_DIRECTIVE.at(word.span, f"`{written}` lacks its value")
    return Option(flag, rest.pop().text, word.span, word.line)


def _no_option(word: Word) -> Diagnostic:
    help = "put quotes around a value that has spaces in it"
    return codes.BAD_DIRECTIVE.at(word.span, f"`{word.text}` is no option, so sbatch refuses the script", help=help)
