"""Characters that are not what they look like: quotes, signs, blanks."""

import re
from collections.abc import Iterator

from specc.diagnostics import Diagnostic, replacing_fix
from specc.diagnostics.codes import FOREIGN_QUOTES, LOOK_ALIKE_CHARACTER, UNSEEN_END
from specc.nodes import Scalar, Style
from specc.rules.commands import Command, commands
from specc.rules.rule import Job, JobRule
from specc.wording import brief

PAIRS = ("‘’", "“”", "「」", "『』", "＂＂", "＇＇", "„“", "‚‘", "’’", "””")
QUOTES = frozenset("".join(PAIRS))


def foreign_quotes(job: Job) -> Iterator[Diagnostic]:
    """A name or path in quotes that YAML does not recognise.

    ## What
    Finds texts of one line that begin or end with `‘`, `’`, `“`, `”`, `「`, `」`, `＂` or `＇`, in the fields of the
    job that are not commands.

    ## Why
    YAML knows `'` and `"`. Any other quotes, as word processors and Chinese input methods write them, are part of the
    text.

    ## Bad
    ```yaml
    specc: 1
    job:
      name: ‘cavity’
      cmd_line: ./solver
      core_limit: 4
    ```

    ## Good
    ```yaml
    specc: 1
    job:
      name: cavity
      cmd_line: ./solver
      core_limit: 4
    ```
    """
    fields = job.project.apis[job.evaluated.spec.api].fields
    for name, value in job.evaluated.job.items():
        node, text = value.node, value.data
        if not isinstance(text, str) or not isinstance(node, Scalar) or (name in fields and fields[name].shell):
            continue
        if len(text) > 1 and not text.isascii() and "\n" not in text and (text[0] in QUOTES or text[-1] in QUOTES):
            takes_text = name not in fields or fields[name].type not in NUMBERS
            yield _odd_quotes(name, text, node, takes_text=takes_text)


def _odd_quotes(field: str, text: str, node: Scalar, *, takes_text: bool) -> Diagnostic:
    odd = text[0] if text[0] in QUOTES else text[-1]
    message = f"`{odd}` is part of `{field}`: YAML's quotes are `'` and `\"`"
    plain = text[1:-1] if text[0] + text[-1] in PAIRS else text.strip("".join(QUOTES))
    is_whole = node.style is Style.PLAIN and node.span.text == text and plain.isalnum()
    if not takes_text:
        fix = replacing_fix(node.span, text, plain) if is_whole and plain.isdecimal() and plain.isascii() else None
        return FOREIGN_QUOTES.at(node.span, message, help=f"write `{field}: {brief(plain)}`", fix=fix)
    fix = replacing_fix(node.span, text, f'"{plain}"') if is_whole else None
    return FOREIGN_QUOTES.at(node.span, message, help=f'write `{field}: "{brief(plain)}"`', fix=fix)


NUMBERS = ("integer", "number")
"""Types of fields whose values are never in quotes."""
SHELL_BLANKS = "\u00a0\u1680\u2000-\u200b\u202f\u205f\u3000\ufeff"
OTHERS = "\x85\xad\u200c-\u200f\u2028-\u202e\u2060-\u206f"
UNSEEN = re.compile(f"^[{SHELL_BLANKS}{OTHERS}]|[{SHELL_BLANKS}{OTHERS}](?=\n?\\Z)")
UNSEEN_IN_COMMAND = re.compile(f"^[{OTHERS}]|[{OTHERS}](?=\n?\\Z)")
COMMAND = "cmd_line"


def unseen_end(job: Job) -> Iterator[Diagnostic]:
    r"""A value begins or ends with a character that nobody sees.

    ## What
    Finds texts in `job` that begin or end with the non-breaking or the full-width space (U+00A0, U+3000) or another
    blank that is not the plain one, with a line separator (U+0085, U+2028, U+2029), or with a character of no width,
    such as U+200B. In a `cmd_line` the blanks are left to `look-alike-character`, which knows the shell.

    ## Why
    YAML cuts off plain spaces alone. These characters become part of the value: a job that no search finds by its name,
    a queue that the cluster does not know, a file whose name nobody can type. They come with text that is copied from a
    web page or a chat, and from Chinese input methods.

    ## Bad
    ```yaml
    specc: 1
    job:
      name: "cavity\u00a0"
      cmd_line: ./run
      core_limit: 4
    ```

    ## Good
    ```yaml
    specc: 1
    job:
      name: cavity
      cmd_line: ./run
      core_limit: 4
    ```
    """
    for field, value in job.evaluated.job.items():
        text = value.data
        if not isinstance(text, str) or text.isascii():
            continue
        match = (UNSEEN_IN_COMMAND if field == COMMAND else UNSEEN).search(text)
        if match is None:
            continue
        where = "begins" if match.start() == 0 else "ends"
        message = f"`{field}` {where} with U+{ord(match[0]):04X}, which cannot be seen"
        node = value.node
        fix = None
        if isinstance(node, Scalar) and node.value == text:
            written = node.span.text
            fix = replacing_fix(node.span, written, UNSEEN.sub("", written)) if written == text else None
        yield UNSEEN_END.at(node.span, message, help="remove it", fix=fix)


QUOTED = re.compile(r"""\\.|'[^']*'|"(?:\\.|[^"\\])*"|\$'(?:\\.|[^'\\])*'""")
SUBSTITUTION = r"\$\(|`"
BLANK = r"[\u00a0\u1680\u2000-\u200b\u202f\u205f\u3000\ufeff]"
BEGIN, END = rf"(?:^|(?<==)|(?<={BLANK}))", rf"(?=$|{BLANK})"
ODD = rf"{BLANK}|{BEGIN}[“”„‘’＂＇]|[“”‘’＂＇]{END}|{BEGIN}[–—－−](?=[\w–—－−-])|[；｜＆＜＞]{END}|[；｜](?=\./)"
PLAIN = {
    **dict.fromkeys("“”„＂", '"'),
    **dict.fromkeys("‘’＇", "'"),
    **dict.fromkeys("–—－−", "-"),
    "；": ";",
    "｜": "|",
    "＆": "&",
    "＜": "<",
    "＞": ">",
}
WIDER = 0xFEE0
"""How far full-width characters lie behind the plain ones."""
FULL_WIDTH = re.compile(r"[！-～]+")
TEXT = r"[！（），：；？｜＆＜＞＂＇]"
"""Full-width signs that also stand in names of files and in texts."""
NUMBER = r"[0-9０-９.．]+"
PLAIN_NAME = re.compile(r"[\w.－-]+", re.ASCII)
MIXED = r"(?a:\w)[０-９Ａ-Ｚａ-ｚ]|[０-９Ａ-Ｚａ-ｚ](?a:\w)"
SIGN = r"[！-～](?<![０-９Ａ-Ｚａ-ｚ．])"
PART = r"[^=＝]+|＝"
"""An option or a name, and what it is set to, have a say of their own."""
PRINTS = frozenset({"echo", "printf"})


def look_alike_character(job: Job) -> Iterator[Diagnostic]:
    """A command has a character that only looks like one of the shell's.

    ## What
    Finds, outside of quotes, what word processors, web pages and Chinese input methods write in place of plain
    characters: blanks such as the full-width and the non-breaking space, quotes `“ ”` and `‘ ’` around a word, a long
    dash before an option, and `；`, `｜`, `＆`, `＜`, `＞` at the end of a word; `；` and `｜` before `./`, too.
    Full-width digits, letters and signs are found in a number, an option, the name of a command, an assignment, and a
    path that is otherwise plain: `-np １２`, `--in＝a`, `out／log`. What `echo` and `printf` write is text, and is not
    looked at.

    ## Why
    To the shell they are letters like any other. The words do not end where they seem to, and the program gets an
    argument that it does not know, or a file with a strange name appears.

    ## Bad
    ```yaml
    specc: 1
    job:
      name: cavity
      cmd_line: mpirun –np 4 ./solver
      core_limit: 4
    ```

    ## Good
    ```yaml
    specc: 1
    job:
      name: cavity
      cmd_line: mpirun -np 4 ./solver
      core_limit: 4
    ```
    """
    for command in commands(job):
        # Nearly all commands are plain.
        if not command.text.isascii():
            yield from _look_alikes(command)


def _look_alikes(command: Command) -> Iterator[Diagnostic]:
    for start, end in _places(command):
        text = command.text[start:end]
        plain = PLAIN.get(text) or _plain(text)
        verb = "is a letter" if end - start == 1 else "are letters"
        name = f"`{text}`" if plain else f"the blank U+{ord(text):04X}"
        help = f"write `{plain}`" if plain else "write a plain space, or quote the word that it belongs to"
        message = f"{name} {verb} like any other to the shell"
        span = command.span(start, end)
        fix = replacing_fix(span, text, plain) if plain else None
        yield LOOK_ALIKE_CHARACTER.at(span, message, labels=command.labels(start), help=help, fix=fix)


def _plain(text: str) -> str:
    """Return the plain characters for full-width ones; nothing for others."""
    return "".join(chr(ord(char) - WIDER) for char in text) if FULL_WIDTH.fullmatch(text) else ""


def _places(command: Command) -> Iterator[tuple[int, int]]:
    """Yield their positions in words that are not part of another word: those in `$( )` are calls of their own."""
    for call in command.reading.calls:
        words = [(start, command.text[start:end]) for start, end in call]
        printed = bool(words) and words[0][1] in PRINTS
        for number, (start, word) in enumerate(words[:1] if printed else words):
            if not word.isascii() and not re.search(SUBSTITUTION, word):
                yield from _in_word(start, word, is_command=number == 0)
    for path in command.reading.redirections:
        word = command.text[path.start : path.end]
        if not word.isascii() and not re.search(SUBSTITUTION, word):
            yield from _in_word(path.start, word, is_command=False)


def _in_word(start: int, word: str, *, is_command: bool) -> Iterator[tuple[int, int]]:
    blanked = QUOTED.sub(lambda match: "_" * len(match.group()), word)
    wide = {at for part in re.finditer(PART, blanked) for at in _wide(part, is_command=is_command)}
    shown = "".join(char if at in wide else " " for at, char in enumerate(blanked))
    runs = [match.span() for match in FULL_WIDTH.finditer(shown)]
    odd = [match.span() for match in re.finditer(ODD, blanked) if match.start() not in wide]
    yield from ((start + begin, start + end) for begin, end in sorted([*runs, *odd]))


def _wide(part: re.Match[str], *, is_command: bool) -> Iterator[int]:
    """Yield full-width characters in a part of a word that is hardly meant as text.

    The rest of it is plain. A name of a file in full-width letters is left alone; a number, an option, the name of a
    command, and letters of both kinds side by side are not.
    """
    text = part.group()
    if text == "＝":
        is_meant = PLAIN_NAME.fullmatch(_with_plain(part.string[: part.start()])) is not None
    elif not FULL_WIDTH.sub("", text).isascii() or re.search(TEXT, text):
        is_meant = False
    elif is_command or text[0] in "-－" or re.fullmatch(NUMBER, text) or re.search(MIXED, text):
        is_meant = True
    else:
        is_meant = re.search(SIGN, text) is not None and FULL_WIDTH.fullmatch(text) is None
    if is_meant:
        for match in FULL_WIDTH.finditer(text):
            yield from range(part.start() + match.start(), part.start() + match.end())


def _with_plain(text: str) -> str:
    return FULL_WIDTH.sub(lambda match: _plain(match.group()), text)


RULES = (
    JobRule(FOREIGN_QUOTES, foreign_quotes),
    JobRule(UNSEEN_END, unseen_end),
    JobRule(LOOK_ALIKE_CHARACTER, look_alike_character),
)
