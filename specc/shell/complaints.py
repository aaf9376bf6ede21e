"""What can be wrong with a script at one place in it, in words for its author."""

import re
from typing import NamedTuple, NoReturn

from specc.shell.faults import Broken, ShellFault
from specc.shell.words import Words

CLOSERS = {"fi": "if", "then": "if", "elif": "if", "else": "if", "do": "for", "done": "do", "esac": "case", "}": "{"}
OPERATORS = re.compile(r"\|\||&&|;;&|;;|;&|\|&|[;&|()<>]")
TOKEN = re.compile(r"[^ \t\n;&|()<>]+")
GLUED = re.compile(r"(?:^|[\s;])(if|elif|while|until)(\[\[?|!|\()")
"""A keyword that is none, because no blank follows it."""


class Opener(NamedTuple):
    """What a compound began with, where, and the word that ends it."""

    start: int
    word: str
    closer: str

    @property
    def place(self) -> tuple[int, int]:
        return self.start, self.start + len(self.word)


class Complaints:
    """A place in a script, and all that can be said about what stands there."""

    def __init__(self, words: Words) -> None:
        self.words = words
        self.text = words.text

    def close(self, opener: Opener, word: str) -> None:
        """Passes over a word that must stand here."""
        if self.words.literal() == word:
            self.words.take()
            return
        if self.words.is_done:
            raise self.unclosed(opener, word)
        if word in ("then", "do") and self.words.literal() in CLOSERS:
            self.fault(
                f"`{self.token()}` without `{word}`",
                self.token(),
                opener,
                f"write `; {word}`: it needs a `;` or a line break before it",
            )
        if self.words.literal() in CLOSERS:
            self.unexpected(opener)
        help = f"write `; {word}`: it needs a `;` or a line break before it" if word in ("then", "do") else None
        self.fault(f"`{word}` is missing before `{self.token()}`", self.token(), opener, help)

    def unclosed(self, opener: Opener, word: str = "") -> Broken:
        word = word or opener.closer
        message = f"`{opener.word}` without `{word}`"
        help = "write `}` on a line of its own, or behind a `;`" if word == "}" else f"write `{word}` where it belongs"
        return Broken(ShellFault(*opener.place, message, help))

    def token(self) -> str:
        """What stands here, to be shown."""
        if match := OPERATORS.match(self.text, self.words.at):
            return match.group()
        match = TOKEN.match(self.text, self.words.at)
        return match.group() if match else ""

    def unexpected(self, opener: Opener | None, message: str | None = None) -> NoReturn:
        token = self.token()
        if message is not None:
            self.fault(message, token, opener, None)
        help = None
        begins = CLOSERS.get(token, "" if token != ")" else "(")
        if begins and opener is None:
            message = f"`{token}` without `{begins}`"
            glued = GLUED.search(self.text, 0, self.words.at)
            help = f"write a blank after `{glued[1]}` in `{glued[1]}{glued[2]}`" if glued else None
        elif begins and opener is not None:
            message = f"`{token}` stands where `{opener.closer}` is expected"
        else:
            message = f"the shell does not expect `{token}` here" if token else "the shell does not expect this end"
            help = "quote it if it is part of a word" if token in ("(", ")", "|", "&", ";", "<", ">") else None
        self.fault(message, token, opener, help)

    def fault(self, message: str, token: str, opener: Opener | None, help: str | None) -> NoReturn:
        place = (self.words.at, self.words.at + len(token))
        opened = opener.place if opener is not None else None
        raise Broken(ShellFault(*place, message, help, opened, is_sure=token in CLOSERS or token == ";;"))
