"""`$1`, `$2`: what was written behind the script's name becomes a parameter of the spec."""

import re
from collections.abc import Iterator

from specc.fast_dataclass import dataclass
from specc.migration.environment import Numbers, Ranges, more
from specc.migration.writing import Note, scalar
from specc.shell import Reading

ARGUMENT = re.compile(r"#?([1-9][0-9]?)")
DEFAULT = re.compile(r"\$\{[0-9]+:?[-=]([^${}`\"'\\]*)\}")
IN_DOCUMENT = re.compile(r"(?<!\\)\$(?:([1-9])|\{([1-9][0-9]?)(?:(:?-)([^${}`\\]*))?\})")
GIVES_OWN = re.compile(r"--|[^-+].*", re.DOTALL)
ALL = re.compile(r"(?<!\\)\$[@*]|(?<!\\)\$\{[@*]|\bgetopts?\b|\bshift\b")
COUNT = re.compile(r"(?<!\\)\$#|(?<!\\)\$\{#[@*]?\}")
IDENTIFIER = re.compile(r"[a-z_][a-z0-9_]{0,40}")
TAKEN = frozenset(
    [
        "and",
        "or",
        "not",
        "in",
        "is",
        "if",
        "else",
        "elif",
        "for",
        "true",
        "false",
        "none",
        "recursive",
        "import",
        "include",
    ]
)
"""Words that mean something in a template."""


@dataclass(frozen=True, slots=True)
class Use:
    """One place where the script reads an argument. `default` is what it takes instead, where this is a plain text."""

    number: int
    at: int
    has_default: bool
    default: str | None = None


@dataclass(frozen=True, slots=True)
class Argument:
    """An argument of the script as a parameter. Without a `default` it must be given with each submission."""

    number: int
    name: str
    default: str | None
    lines: tuple[int, ...]

    @property
    def parameter(self) -> str:
        """Return the entry of `params`, as YAML."""
        default = "" if self.default is None else f", default: {scalar(self.default)}"
        return f'{self.name}: {{type: string{default}, description: "${self.number} of the script"}}'

    def note(self) -> Note:
        """Return what became of the argument, and how it is given now."""
        way = f"give it with `-p {self.name}=VALUE`"
        if self.default is not None:
            shown = f"`{self.default}`" if self.default else "empty"
            way += f"; without a value it is {shown}"
        text = f"`${self.number}`{more(list(self.lines))} is the parameter `{self.name}`: {way}"
        return Note(self.lines[0], text)


def read_arguments(reading: Reading) -> list[Argument]:
    """Return a parameter for each argument of the script, up to the last one that it reads."""
    uses = list(_uses(reading))
    if not uses:
        return []
    numbers = Numbers(reading.text)
    names: dict[str, int] = {}
    found = []
    for number in range(1, max(use.number for use in uses) + 1):
        own = [use for use in uses if use.number == number]
        lines = sorted({numbers.of(use.at) for use in own}) or [numbers.of(uses[0].at)]
        name = _name(reading.text, number, names)
        found.append(Argument(number, name, _default(own, reading.text, number), tuple(lines)))
    return found


def all_arguments(reading: Reading, arguments: list[Argument]) -> Iterator[Note]:
    """Yield a note where the script takes any number of arguments."""
    if not reading.is_whole:
        return
    numbers = Numbers(reading.text)
    places = (match.start() for match in ALL.finditer(reading.text))
    spared = Ranges((*reading.functions, *reading.comments))
    first = next((at for at in places if not spared.have(at)), None)
    if first is not None:
        also = "more of them" if arguments else "them"
        text = f"takes any number of arguments: write {also} under `args` of cmd_line, as in `args: [first, second]`"
        yield Note(numbers.of(first), f"the script {text}")


def _uses(reading: Reading) -> Iterator[Use]:
    """Yield what the script itself reads. In a function `$1` is the function's, behind `set --` the script's own."""
    text = reading.text
    end = min((call[0][0] for call in reading.calls if _gives_own(call, text)), default=len(text))
    functions = Ranges(reading.functions)
    for variable in sorted(reading.variables, key=lambda each: each.start):
        match = ARGUMENT.fullmatch(variable.name)
        if match is not None and variable.start < end and not functions.have(variable.start):
            default = DEFAULT.fullmatch(text, variable.start, variable.end)
            yield Use(int(match[1]), variable.start, variable.has_default, default[1] if default else None)
    for start, stop in _documents(reading):
        for found in IN_DOCUMENT.finditer(text, start, stop):
            if found.start() < end and not functions.have(found.start()):
                yield Use(int(found[1] or found[2]), found.start(), found[3] is not None, found[4])


def _gives_own(call: tuple[tuple[int, int], ...], text: str) -> bool:
    words = [text[start:end] for start, end in call[:2]]
    return len(words) == 2 and words[0] == "set" and GIVES_OWN.fullmatch(words[1]) is not None


def _documents(reading: Reading) -> Iterator[tuple[int, int]]:
    """Yield the places of here-documents whose variables the shell fills in."""
    text = reading.text
    for here in reading.heres:
        if any(sign in text[here.start : here.end] for sign in "\"'\\"):
            continue
        start = text.find("\n", here.end) + 1
        word = re.escape(here.word)
        tabs = r"\t*" if here.strips_tabs else ""
        last = re.compile(rf"^{tabs}{word}$", re.MULTILINE).search(text, start)
        if start and last is not None:
            yield start, last.start()


def _default(uses: list[Use], text: str, number: int) -> str | None:
    """Return what an argument is where nobody gives it; None where the script needs it.

    It is optional where each use says what to take instead, or the script asks whether it is empty.
    """
    if not uses or all(use.has_default for use in uses):
        given = {use.default for use in uses if use.default}
        return given.pop() if len(given) == 1 else ""
    asks = re.search(rf"(?:\[|\btest)\s+(?:!\s+)?-[nz]\s+[\"']?\$\{{?{number}\b", text)
    return "" if asks is not None and COUNT.search(text) is None else None


def _name(text: str, number: int, names: dict[str, int]) -> str:
    """Return the name of the variable that the script puts the argument into, else `arg1`."""
    assigned = re.search(
        rf"^[ \t]*(?:export[ \t]+|readonly[ \t]+)?(\w+)=[\"']?\$\{{?{number}\b[^\n;&|/]*?[\"']?[ \t]*(?:[;#&|]|$)",
        text,
        re.MULTILINE,
    )
    name = assigned[1].lower() if assigned else ""
    name += "_" if name in TAKEN else ""
    if IDENTIFIER.fullmatch(name) is None or name in names:
        name = f"arg{number}"
    while name in names:
        name += "_"
    names[name] = number
    return name
