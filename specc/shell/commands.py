"""Commands of the shell's language: lists, pipelines, functions, simple commands. The grammar is that of `bash -n`.

Whoever reads a mistake here wants to know what was opened and never closed, so every compound keeps its opener.
"""

import re

from specc.shell.complaints import CLOSERS, Opener
from specc.shell.compounds import COMPOUNDS, Compounds
from specc.shell.faults import Broken, ShellFault, never_closed
from specc.shell.marks import Redirection, Statement

REDIRECTION = re.compile(r"(?:\d+|\{\w+\})?(&>>|&>|<<-|<<<|<<|<&|<>|>>|>&|>\||<(?!\()|>(?!\())")
ASSIGNMENT = re.compile(r"\w+(?:\[(?:[^\[\]]|\[[^\]]*\])*\])?\+?=")
PLAIN = re.compile(r"[\w./,:@%+-]++(?=[ \t\n]|\Z)")
"""A word that can be nothing else, as most are."""
FUNCTION = re.compile(r"[^\s;&|()<>'\"$`\\=]+[ \t]*\([ \t]*\)")
PARENTHESES = re.compile(r"\([ \t]*\)")


class Commands(Compounds):
    """Reads a whole script. Raises `Broken` at the first mistake. `calls` are simple commands, word by word.

    `statements` are those of the script itself, not those inside of compounds and substitutions.
    """

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.calls: dict[int, tuple[tuple[int, int], ...]] = {}
        self.functions: list[tuple[int, int]] = []
        self.redirections: dict[int, Redirection] = {}
        self.statements: list[Statement] = []
        self._stages: list[int] = []
        self._is_background = False
        self._is_ended = True

    def script(self) -> None:
        """Reads the text to its end."""
        while True:
            self.words.lines()
            start = self.words.at
            self._stages = []
            if not self.list_(most=1):
                break
            self.statements.append(Statement(start, self.words.at, tuple(self._stages), self._is_background))
            if not self._is_ended:
                break
        if not self.words.is_done:
            self.unexpected(None)
        self.words.unended.extend(self.words.waiting)

    def list_(self, most: int | None = None) -> int:
        """Reads commands up to a word or an operator that none can begin with. Returns how many there were."""
        count = 0
        while count != most:
            self.words.lines()
            if self.words.is_done or self.words.looking_at(")", ";;", ";&") or self.words.literal() in CLOSERS:
                return count
            self._and_or()
            count += 1
            self.words.skip_blanks()
            if self.words.looking_at(";;", ";&"):
                return count
            self._is_background = self.words.looking_at("&")
            self._is_ended = self.words.looking_at(";", "&", "\n")
            if self.words.looking_at(";", "&"):
                self.words.at += 1
            elif not self.words.looking_at("\n"):
                return count
        return count

    def _and_or(self) -> None:
        self._pipeline()
        while self._operator("&&", "||"):
            self._pipeline()

    def _pipeline(self) -> None:
        stages = [self.words.at]
        if not self._prefixes():
            self._command()
        while not self.words.looking_at("||") and self._operator("|&", "|"):
            stages.append(self.words.at)
            if not self._prefixes():
                self._command()
        # The outermost pipeline ends last, so of a statement the stages of its last pipeline remain.
        self._stages = stages

    def _operator(self, *operators: str) -> bool:
        """Passes over an operator, and the lines that may follow it before its command."""
        self.words.skip_blanks()
        if self.text[self.words.at : self.words.at + 1] not in ("&", "|"):
            return False
        for operator in operators:
            if self.words.looking_at(operator):
                start = self.words.at
                self.words.at += len(operator)
                self.words.lines()
                self._need_command(start, operator)
                return True
        return False

    def _need_command(self, start: int, operator: str) -> None:
        if self.words.is_done or self.words.looking_at("|", "&&", ";", ")", "& "):
            message = f"there is no command after `{operator}`"
            raise Broken(ShellFault(start, start + len(operator), message, "remove it, or write the command"))

    def _prefixes(self) -> bool:
        """`!` and `time`. True when nothing need follow them."""
        is_prefixed = False
        while (word := self.words.literal()) in ("!", "time"):
            is_prefixed = True
            self.words.take()
            self.words.skip_blanks()
            while word == "time" and self.words.literal() in ("-p", "--"):
                self.words.take()
                self.words.skip_blanks()
        return is_prefixed and (self.words.is_done or self.words.looking_at("\n", ";", "&", ")"))

    def _command(self) -> None:
        self.words.enter()
        self.words.skip_blanks()
        if self.compound():
            self._redirections()
        elif (word := self.words.literal()) == "function":
            self._function(word)
        elif word == "coproc":
            self._coprocess(word)
        elif FUNCTION.match(self.text, self.words.at):
            self._definition()
        else:
            self._simple()
        self.words.depth -= 1

    def _function(self, word: str) -> None:
        self.words.take()
        self.words.skip_blanks()
        if not self.words.word():
            self.unexpected(None, "a name is missing after `function`")
        self.words.skip_blanks()
        parentheses = PARENTHESES.match(self.text, self.words.at)
        if parentheses:
            self.words.at = parentheses.end()
        self._function_body()

    def _definition(self) -> None:
        match = FUNCTION.match(self.text, self.words.at)
        self.words.at = match.end() if match else self.words.at
        self._function_body()

    def _function_body(self) -> None:
        self.words.lines()
        start = self.words.at
        if not self.compound():
            self.unexpected(None, "the body of a function begins with `{`")
        self.functions.append((start, self.words.at))
        self._redirections()

    def _coprocess(self, word: str) -> None:
        self.words.take()
        self.words.skip_blanks()
        start = self.words.at
        if self.words.literal() not in COMPOUNDS and self.words.word():
            self.words.skip_blanks()
            if self.words.literal() not in COMPOUNDS and not self.words.looking_at("("):
                self.words.at = start
        self._command()

    def _simple(self) -> None:
        """Assignments, words and redirections in any order, at least one of them."""
        start = self.words.at
        call: list[tuple[int, int]] = []
        while True:
            at = self.words.at
            plain = PLAIN.match(self.text, at)
            if plain is not None:
                self.words.at = plain.end()
                call.append((at, self.words.at))
            elif not self._redirection() and not (not call and self._assignment()):
                if not self._argument():
                    break
                call.append((at, self.words.at))
            self.words.skip_blanks()
        self.calls[start] = tuple(call)
        if self.words.at == start:
            self.unexpected(None)
        if self.words.looking_at("("):
            self.unexpected(None)

    def _argument(self) -> bool:
        """A word, or an array that `declare` and its like take."""
        return self._assignment() or self.words.word()

    def _assignment(self) -> bool:
        match = ASSIGNMENT.match(self.text, self.words.at)
        if match is None:
            return False
        start, self.words.at = self.words.at, match.end()
        if not self.words.looking_at("("):
            self.words.word()
            return True
        opener = Opener(start, match.group() + "(", ")")
        self.words.at += 1
        self.words.enter()
        self.words.lines()
        while not self.words.looking_at(")"):
            if self.words.is_done:
                raise never_closed(*opener.place, "the array opened here", ")")
            if not self._assignment() and not self.words.word():
                self.unexpected(opener)
            self.words.lines()
        self.words.at += 1
        self.words.depth -= 1
        return True

    def _redirections(self) -> None:
        self.words.skip_blanks()
        while self._redirection():
            self.words.skip_blanks()

    def _redirection(self) -> bool:
        match = REDIRECTION.match(self.text, self.words.at)
        if match is None:
            return False
        start, self.words.at = match.start(1), match.end()
        operator = match[1]
        if operator in ("<<", "<<-"):
            self.words.at = start
            is_read = self.words.here_document(len(operator))
        else:
            self.words.skip_blanks()
            at = self.words.at
            is_read = self.words.word()
            self.redirections[start] = Redirection(operator, at, self.words.at)
        if not is_read:
            what = "the word that ends it" if operator.startswith("<<") else "a file name"
            message = f"{what} is missing after `{operator}`"
            raise Broken(ShellFault(start, start + len(operator), message))
        return True
