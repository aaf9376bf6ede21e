"""Words of the shell's language: quotes, expansions, substitutions and here-documents, character by character."""

import re
from collections.abc import Callable
from dataclasses import field

from specc.fast_dataclass import dataclass
from specc.shell.model import GivenUp, Here, Variable, never_closed

MAX_DEPTH = 60
MAX_REREAD = 300_000
"""How many characters of a text may be read twice, because parentheses or brackets were not what they look like."""
BLANKS = re.compile(r"(?:[ \t]|\\\n)*")
BARE = re.compile(r"[^\s;&|()<>'\"$`\\]+|\r")
LITERAL = re.compile(r"(?:[^ \t\n;&|()<>'\"$`\\]|\\\n)+")
META = frozenset(" \t\n;&|()<>")
ENDS_WORD = frozenset(["", *" \t\n;&|)"])
"""The characters that end a word in every context. The end of the text (an empty text) does, too."""
BEFORE_BLANKS = frozenset(" \t\\#")
EXTENDED = frozenset("?*+@!")
DIGITS = frozenset("123456789")
SPECIAL = frozenset("#$!?*@-0123456789")
NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)
PARAMETER = re.compile(r"[!#]?(?:\w+|[-@*#?$!])")
SUBSCRIPT = re.compile(r"\[[^\[\]\"'`$\\]*+\]")
"""A subscript with nothing in it that could hold a bracket of its own, as most are."""
KEEPS_QUOTES = re.compile(r":?[-=?+]")
"""After these operators, single quotes within double quotes are characters like others."""
HERE_WORD = re.compile(r"(?:\\.|'[^'\n]*'|\"[^\"\n]*\"|[^\s;&|()<>'\"\\])+")


@dataclass(slots=True)
class Words:
    """A text, how far it was read, and what was found in it. `commands` reads the commands in `$( )`, to its `)`."""

    text: str
    commands: Callable[[int], None]
    at: int = 0
    depth: int = 0
    reread: int = 0
    no_arithmetic: set[int] = field(default_factory=set)
    waiting: list[Here] = field(default_factory=list)
    heres: dict[int, Here] = field(default_factory=dict)
    unended: list[Here] = field(default_factory=list)
    comments: dict[int, int] = field(default_factory=dict)
    variables: dict[int, Variable] = field(default_factory=dict)
    escaped_blanks: set[int] = field(default_factory=set)
    odd_quote: tuple[int, int] | None = None
    """The first quote that spans several lines and ends right before a letter: often its own closer is missing."""
    _literal: tuple[int, str] = (-1, "")
    """The offset at which `literal` was last called, and its answer: it is called several times for each command."""

    def looking_at(self, *openers: str) -> bool:
        return self.text.startswith(openers, self.at)

    @property
    def is_done(self) -> bool:
        return self.at >= len(self.text)

    def skip_blanks(self) -> None:
        """Pass over spaces, tabs, joined lines and a comment, but not over the end of the line."""
        if self.text[self.at : self.at + 1] not in BEFORE_BLANKS:
            return
        match = BLANKS.match(self.text, self.at)
        self.at = match.end() if match else self.at
        if self.looking_at("#"):
            end = self.text.find("\n", self.at)
            end = len(self.text) if end < 0 else end
            self.comments[self.at] = end
            self.at = end

    def literal(self) -> str:
        """Return the word here if no part of it is quoted or expanded, else an empty text. Does not move."""
        at, known = self._literal
        if at == self.at:
            return known
        match = LITERAL.match(self.text, self.at)
        is_one = match is not None and (match.end() == len(self.text) or self.text[match.end()] in META)
        found = match.group().replace("\\\n", "") if match is not None and is_one else ""
        self._literal = self.at, found
        return found

    def take(self) -> None:
        """Pass over the plain word here."""
        match = LITERAL.match(self.text, self.at)
        self.at = match.end() if match else self.at

    def word(self) -> bool:
        """Read one word. Return whether one is here."""
        start = self.at
        while not self.is_done and self._piece(start):
            pass
        return self.at > start

    def _piece(self, start: int) -> bool:
        if bare := BARE.match(self.text, self.at):
            self.at = bare.end()
        elif self.text[self.at : self.at + 1] in ENDS_WORD:
            return False
        elif self.looking_at("<(", ">("):
            self.substitution(2)
        elif self.looking_at("(") and self.at > start and self.text[self.at - 1] in EXTENDED:
            self._pattern()
        elif self.looking_at("\\"):
            if self.looking_at("\\ ", "\\\t"):
                self.escaped_blanks.add(self.at)
            self.at = min(self.at + 2, len(self.text))
        elif self.looking_at("'"):
            self._single()
        elif self.looking_at('"'):
            self._double()
        elif self.looking_at("`"):
            self._backquotes()
        elif self.looking_at("$"):
            self.expansion(in_quotes=False)
        elif not self.is_done and self.text[self.at] not in META:
            self.at += 1  # a character that only others take for a blank, such as a form feed
        else:
            return False
        return True

    def _pattern(self) -> None:
        """Read `@(a|b)`, which `shopt -s extglob` allows."""
        opener, self.at = self.at, self.at + 1
        self.enter()
        while not self.looking_at(")"):
            if self.is_done:
                raise never_closed(opener - 1, opener + 1, "the pattern opened here", ")")
            if not self.word():
                self.at += 1
        self.at += 1
        self.depth -= 1

    def _single(self) -> None:
        end = self.text.find("'", self.at + 1)
        if end < 0:
            raise never_closed(self.at, self.at + 1, "the single quote opened here", "'", self.odd_quote)
        self._closed(self.at, end)

    def _closed(self, opener: int, end: int) -> None:
        self.at = end + 1
        is_odd = "\n" in self.text[opener:end] and self.text[self.at : self.at + 1].isalpha()
        if is_odd and self.odd_quote is None:
            self.odd_quote = (opener, opener + 1)

    def _escaped(self) -> None:
        """Read `$'...'`, in which a backslash escapes a quote."""
        opener, self.at = self.at, self.at + 2
        while not self.looking_at("'"):
            if self.is_done:
                raise never_closed(opener, opener + 2, "the quote opened here", "'")
            self.at += 2 if self.looking_at("\\") else 1
        self.at += 1

    def _double(self) -> None:
        opener, self.at = self.at, self.at + 1
        while not self.looking_at('"'):
            if self.is_done:
                raise never_closed(opener, opener + 1, "the double quote opened here", '"', self.odd_quote)
            self._quoted()
        self._closed(opener, self.at)

    def _quoted(self) -> None:
        """Read one character or expansion inside double quotes."""
        if self.looking_at("\\"):
            self.at += 2
        elif self.looking_at("`"):
            self._backquotes()
        elif self.looking_at("$"):
            self.expansion(in_quotes=True)
        else:
            self.at += 1

    def _backquotes(self) -> None:
        """Pass over backquotes: bash reads the commands between them only when it runs them."""
        opener, self.at = self.at, self.at + 1
        while not self.looking_at("`"):
            if self.is_done:
                raise never_closed(opener, opener + 1, "the backquote opened here", "`")
            self.at += 2 if self.looking_at("\\") else 1
        self.at += 1

    def expansion(self, *, in_quotes: bool) -> None:
        """Read what begins with the `$` that is here."""
        if self.looking_at("$(("):
            self._arithmetic_or_commands()
        elif self.looking_at("$("):
            self.substitution(2)
        elif self.looking_at("${"):
            self._braces(in_quotes=in_quotes)
        elif self.looking_at("$["):
            raise GivenUp
        elif self.looking_at("$'") and not in_quotes:
            self._escaped()
        elif name := NAME.match(self.text, self.at + 1):
            self._note(self.at, name.end(), name.group(), has_default=False)
            self.at = name.end()
        else:
            special = self.text[self.at + 1 : self.at + 2]
            if special in DIGITS:
                self._note(self.at, self.at + 2, special, has_default=False)
            self.at += 2 if special in SPECIAL else 1

    def _note(self, start: int, end: int, name: str, *, has_default: bool) -> None:
        self.variables[start] = Variable(start, end, name, has_default)

    def _arithmetic_or_commands(self) -> None:
        start = self.at
        if not self.arithmetic(3):
            self.at = start
            self.substitution(2)

    def substitution(self, length: int) -> None:
        """Read commands up to the `)` that closes them. The opener has `length` characters."""
        opener, self.at = self.at, self.at + length
        self.enter()
        waiting = len(self.waiting)
        self.commands(opener)
        if len(self.waiting) != waiting:
            raise GivenUp  # a here-document that was begun inside and whose text follows outside
        self.depth -= 1

    def enter(self) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH or self.reread > MAX_REREAD:
            raise GivenUp

    def arithmetic(self, length: int) -> bool:
        """Read up to the `))`. Return False when the parentheses close one by one, and so began commands."""
        if self.at in self.no_arithmetic:
            return False
        opener, self.at = self.at, self.at + length
        self.enter()
        inner = 0
        while inner or not self.looking_at("))"):
            if self.is_done:
                raise never_closed(opener, opener + length, f"the `{self.text[opener : opener + length]}` here", "))")
            if self.looking_at(")") and not inner:
                self.depth -= 1
                self.reread += self.at - opener
                self.no_arithmetic.add(opener)
                return False
            inner += self.looking_at("(") - self.looking_at(")")
            self._inside(in_quotes=False)
        self.at += 2
        self.depth -= 1
        return True

    def _braces(self, *, in_quotes: bool) -> None:
        opener, self.at = self.at, self.at + 2
        self.enter()
        name = PARAMETER.match(self.text, self.at)
        if name is not None:
            self.at = name.end()
            self.subscript(in_quotes=in_quotes)
        end = self.at
        has_default = KEEPS_QUOTES.match(self.text, self.at) is not None
        keeps = in_quotes and has_default
        while not self.looking_at("}"):
            if self.is_done:
                raise never_closed(opener, opener + 2, "the `${` here", "}")
            self._inside(in_quotes=keeps)
        self.at += 1
        self.depth -= 1
        if name is not None:
            self._note(opener, self.at, self.text[name.start() : end], has_default=has_default)

    def subscript(self, *, in_quotes: bool = False) -> None:
        """Pass over the subscript of an array, `[...]`, if one is here. An unclosed bracket is a plain character."""
        if simple := SUBSCRIPT.match(self.text, self.at):
            self.at = simple.end()
            return
        if not self.looking_at("["):
            return
        opener, self.at = self.at, self.at + 1
        self.enter()
        inner = 0
        while inner or not self.looking_at("]"):
            if self.is_done:
                self.reread += self.at - opener
                self.at = opener
                break
            inner += self.looking_at("[") - self.looking_at("]")
            self._inside(in_quotes=in_quotes)
        else:
            self.at += 1
        self.depth -= 1

    def _inside(self, *, in_quotes: bool) -> None:
        """Read one character, quote or expansion inside `(( ))`, `${ }` or `[ ]`."""
        if self.looking_at('"'):
            self._double()
        elif self.looking_at("'") and not in_quotes:
            self._single()
        else:
            self._quoted()

    def here_document(self, length: int) -> bool:
        """Read the word behind `<<`, and return whether there is one. The text follows at the end of the line."""
        start, self.at = self.at, self.at + length
        self.skip_blanks()
        match = HERE_WORD.match(self.text, self.at)
        if match is None:
            if not self.looking_at("'", '"'):
                return False
            if self.text.find(self.text[self.at], self.at + 1) < 0:
                raise never_closed(self.at, self.at + 1, "the quote opened here", self.text[self.at])
            raise GivenUp  # a word of several lines
        word = re.sub(r"\\(.)|['\"]", r"\1", match.group())
        self.at = match.end()
        here = Here(start, self.at, word, strips_tabs=length == len("<<-"))
        self.heres[start] = here
        self.waiting.append(here)
        return True

    def line_break(self) -> None:
        """Pass over the end of a line, and over the here-documents that begin there."""
        self.at += 1
        for here in self.waiting:
            if not self._text_of(here):
                self.unended.append(here)
        self.waiting.clear()

    def _text_of(self, here: Here) -> bool:
        """Pass over the text of a here-document. Return whether a line ends it."""
        while not self.is_done:
            end = self.text.find("\n", self.at)
            end = len(self.text) if end < 0 else end
            line = self.text[self.at : end]
            self.at = min(end + 1, len(self.text))
            if (line.lstrip("\t") if here.strips_tabs else line) == here.word:
                return True
        return False

    def lines(self) -> None:
        """Pass over blanks, comments and the ends of lines."""
        self.skip_blanks()
        while self.looking_at("\n"):
            self.line_break()
            self.skip_blanks()
