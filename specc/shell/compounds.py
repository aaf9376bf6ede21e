"""Compound commands: groups, conditions, loops and choices, each with what must close it."""

from specc.shell.complaints import CLOSERS, Complaints, Opener
from specc.shell.faults import Broken, GivenUp, ShellFault, never_closed
from specc.shell.words import Words

COMPOUNDS = frozenset(["{", "[[", "if", "while", "until", "for", "select", "case"])
REGEX_WORD = "=~"


class Compounds(Complaints):
    """Reads compounds. Whoever inherits says what a list of commands is."""

    def __init__(self, text: str) -> None:
        super().__init__(Words(text, self.to_parenthesis))

    def list_(self, most: int | None = None) -> int:
        """Reads commands up to a word or an operator that none can begin with. Returns how many there were."""
        raise NotImplementedError

    def compound(self) -> bool:
        """Reads a compound command. False when none stands here."""
        start = self.words.at
        if self.words.looking_at("(("):
            if self.words.arithmetic(2):
                return True
            self.words.at = start
        if self.words.looking_at("("):
            self.words.at += 1
            self.to_parenthesis(start, is_subshell=True)
            return True
        word = self.words.literal()
        if word not in COMPOUNDS:
            return False
        self.words.take()
        match word:
            case "{":
                self._group(start)
            case "[[":
                self._test(start)
            case "if":
                self._if(start)
            case "while" | "until":
                self._while(start, word)
            case "for" | "select":
                self._for(start, word)
            case _:
                self._case(start)
        return True

    def to_parenthesis(self, start: int, *, is_subshell: bool = False) -> None:
        opener = Opener(start, self.text[start : self.words.at], ")")
        if is_subshell:
            self._body(opener, "(")
        else:
            self.list_()
        if self.words.is_done:
            raise never_closed(*opener.place, f"the `{opener.word}` here", ")")
        if not self.words.looking_at(")"):
            self.unexpected(opener)
        self.words.at += 1

    def _body(self, opener: Opener, after: str) -> None:
        """A list that must not be empty; `after` is the word that it stands behind."""
        if self.list_() or self.words.is_done:
            return
        if self.words.looking_at(")") and opener.closer == ")":
            self.fault("there is no command between `(` and `)`", self.token(), opener, "write `:` to do nothing")
        if self.words.literal() in CLOSERS:
            message = f"there is no command between `{after}` and `{self.token()}`"
            self.fault(message, self.token(), opener, "write `:` to do nothing")
        self.unexpected(opener)

    def _group(self, start: int) -> None:
        opener = Opener(start, "{", "}")
        self._body(opener, "{")
        self.close(opener, "}")

    def _if(self, start: int) -> None:
        opener = Opener(start, "if", "fi")
        self._body(opener, "if")
        self.close(opener, "then")
        self._body(opener, "then")
        while self.words.literal() == "elif":
            self.words.take()
            self._body(opener, "elif")
            self.close(opener, "then")
            self._body(opener, "then")
        if self.words.literal() == "else":
            self.words.take()
            self._body(opener, "else")
        self.close(opener, "fi")

    def _while(self, start: int, word: str) -> None:
        opener = Opener(start, word, "done")
        self._body(opener, word)
        self._do(opener)

    def _do(self, opener: Opener) -> None:
        self.close(opener, "do")
        self._body(opener, "do")
        self.close(opener, "done")

    def _for(self, start: int, word: str) -> None:
        opener = Opener(start, word, "done")
        self.words.skip_blanks()
        if word == "for" and self.words.looking_at("(("):
            if not self.words.arithmetic(2):
                raise GivenUp
        elif not self.words.word():
            self.unexpected(opener, f"a name is missing after `{word}`")
        else:
            self._items(opener)
        self.words.skip_blanks()
        if self.words.looking_at(";") and not self.words.looking_at(";;"):
            self.words.at += 1
        self.words.lines()
        if self.words.literal() == "{":
            group = self.words.at
            self.words.at += 1
            self._group(group)
            return
        self._do(opener)

    def _items(self, opener: Opener) -> None:
        self.words.lines()
        if self.words.literal() != "in":
            return
        self.words.take()
        self.words.skip_blanks()
        while self.words.word():
            self.words.skip_blanks()
        if not self.words.is_done and not self.words.looking_at("\n", ";"):
            self.unexpected(opener)

    def _case(self, start: int) -> None:
        opener = Opener(start, "case", "esac")
        self.words.skip_blanks()
        if not self.words.word():
            self.unexpected(opener, "a word is missing after `case`")
        self.words.lines()
        self.close(opener, "in")
        self.words.lines()
        while self.words.literal() != "esac":
            self._clause(opener)
        self.words.take()

    def _clause(self, opener: Opener) -> None:
        if self.words.is_done:
            raise self.unclosed(opener)
        if self.words.looking_at("("):
            self.words.at += 1
        self._pattern(opener)
        self.list_()
        if self.words.is_done:
            raise self.unclosed(opener)
        if self.words.looking_at(";;&"):
            self.words.at += 3
        elif self.words.looking_at(";;", ";&"):
            self.words.at += 2
        elif self.words.literal() != "esac":
            self.unexpected(opener)
        self.words.lines()

    def _pattern(self, opener: Opener) -> None:
        """`a | b)`"""
        while True:
            self.words.skip_blanks()
            if not self.words.word():
                self.unexpected(opener)
            self.words.skip_blanks()
            if self.words.is_done:
                raise self.unclosed(opener)
            if self.words.looking_at(")"):
                self.words.at += 1
                return
            if not self.words.looking_at("|") or self.words.looking_at("||"):
                self.unexpected(opener)
            self.words.at += 1

    def _test(self, start: int) -> None:
        """`[[ ... ]]`: only its end is looked for."""
        opener = Opener(start, "[[", "]]")
        self.words.lines()
        while (word := self.words.literal()) != "]]":
            if self.words.is_done:
                message = "`[[` is never closed"
                raise Broken(ShellFault(*opener.place, message, "close it with ` ]]`, a blank before it"))
            if word == REGEX_WORD:
                self.words.take()
                self.words.skip_blanks()
                self._regex()
            elif self.words.looking_at(";"):
                self.unexpected(opener, "`]]` is missing before `;`")
            elif not self.words.word():
                self.words.at += 1
            self.words.lines()
        self.words.take()

    def _regex(self) -> None:
        """A regular expression, in which parentheses and bars are plain characters."""
        inner = 0
        while not self.words.is_done and (inner or not self.words.looking_at(" ", "\t", "\n")):
            if self.words.looking_at("(", ")"):
                inner += 1 if self.words.looking_at("(") else -1
                self.words.at += 1
            elif not self.words.word():
                self.words.at += 1
