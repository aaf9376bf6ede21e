"""The grammar of the shell's language, as `bash -n` has it: lists, pipelines, commands, functions, compounds.

One class reads all of it, because each part calls the others; it is long because the grammar is. A person who reads a
mistake wants to know what was opened and not closed, so every compound keeps its opener.
"""

import re
from functools import lru_cache
from typing import NamedTuple, NoReturn

from specc.shell.model import Broken, GivenUp, Reading, Redirection, ShellMistake, Statement, never_closed
from specc.shell.words import Words

MAX_LENGTH = 1_000_000
REDIRECTION = re.compile(r"(?:\d+|\{\w+\})?(&>>|&>|<<-|<<<|<<|<&|<>|>>|>&|>\||<(?!\()|>(?!\())")
ASSIGNMENT = re.compile(r"\w+(?:\[(?:[^\[\]]|\[[^\]]*\])*\])?\+?=")
PLAIN = re.compile(r"[\w./,:@%+-]++(?=[ \t\n]|\Z)")
"""A plain word, as most are, which cannot be anything else."""
FUNCTION = re.compile(r"[^\s;&|()<>'\"$`\\=]+[ \t]*\([ \t]*\)")
PARENTHESES = re.compile(r"\([ \t]*\)")


CLOSERS = {"fi": "if", "then": "if", "elif": "if", "else": "if", "do": "for", "done": "do", "esac": "case", "}": "{"}
OPERATORS = re.compile(r"\|\||&&|;;&|;;|;&|\|&|[;&|()<>]")
TOKEN = re.compile(r"[^ \t\n;&|()<>]+")
GLUED = re.compile(r"(?:^|[\s;])(if|elif|while|until)(\[\[?|!|\()")
"""What looks like a keyword, and is not read as one because no blank follows."""


COMPOUNDS = frozenset(["{", "[[", "if", "while", "until", "for", "select", "case"])
REGEX_WORD = "=~"


class Opener(NamedTuple):
    """The word that began a compound, its offset, and the word that closes the compound."""

    start: int
    word: str
    closer: str

    @property
    def span(self) -> tuple[int, int]:
        return self.start, self.start + len(self.word)


@lru_cache(maxsize=8)
def read(text: str) -> Reading:
    """Return what a text holds. A text that is too long, or that is not understood, has no mistakes."""
    if len(text) > MAX_LENGTH:
        return Reading(text)
    grammar, mistake, is_whole = Grammar(text), None, False
    try:
        grammar.script()
        is_whole = True
    except Broken as broken:
        mistake = broken.mistake
    except GivenUp:
        pass
    words = grammar.words
    return Reading(
        text,
        is_whole,
        mistake,
        tuple(words.heres.values()),
        tuple(dict.fromkeys(words.unended)),
        tuple(words.comments.items()),
        tuple(words.variables.values()),
        tuple(call for call in grammar.calls.values() if call),
        tuple(grammar.functions),
        tuple(grammar.redirections.values()),
        tuple(sorted(words.escaped_blanks)),
        tuple(grammar.statements),
    )


class Grammar:
    """Reads a whole script. Raises `Broken` at the first mistake. `calls` are simple commands, word by word.

    `statements` are those of the script itself, not those inside of compounds and substitutions.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.words = Words(text, self._to_parenthesis)
        self.calls: dict[int, tuple[tuple[int, int], ...]] = {}
        self.functions: list[tuple[int, int]] = []
        self.redirections: dict[int, Redirection] = {}
        self.statements: list[Statement] = []
        self._stages: list[int] = []
        self._is_background = False
        self._is_ended = True

    def script(self) -> None:
        """Read the text to its end."""
        while True:
            self.words.lines()
            start = self.words.at
            self._stages = []
            if not self._list(most=1):
                break
            self.statements.append(Statement(start, self.words.at, tuple(self._stages), self._is_background))
            if not self._is_ended:
                break
        if not self.words.is_done:
            self._unexpected(None)
        self.words.unended.extend(self.words.waiting)

    def _list(self, most: int | None = None) -> int:
        """Read commands, up to a word or an operator that cannot begin one. Return how many there were."""
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
        """Pass over one of the operators, and over the line breaks before its command. Return whether one is here."""
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
            raise Broken(ShellMistake(start, start + len(operator), message, "remove it, or write the command"))

    def _prefixes(self) -> bool:
        """Pass over `!` and `time`. Return whether they end the pipeline, because nothing follows."""
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
        if self._compound():
            self._redirections()
        elif (word := self.words.literal()) == "function":
            self._function(word)
        elif word == "coproc":
            self._coprocess(word)
        elif word in CLOSERS:
            self._unexpected(None)
        elif FUNCTION.match(self.text, self.words.at):
            self._definition()
        else:
            self._simple()
        self.words.depth -= 1

    def _function(self, word: str) -> None:
        self.words.take()
        self.words.skip_blanks()
        if not self.words.word():
            self._unexpected(None, "a name is missing after `function`")
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
        if not self._compound():
            self._unexpected(None, "the body of a function begins with `{`")
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
        """Read assignments, words and redirections in any order, at least one of them."""
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
            self._unexpected(None)
        if self.words.looking_at("("):
            self._unexpected(None)

    def _argument(self) -> bool:
        """Read a word, or an array as `declare` takes it. Return whether one is here."""
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
                raise never_closed(*opener.span, "the array opened here", ")")
            at = self.words.at
            self.words.subscript()
            if not self._assignment() and not self.words.word() and self.words.at == at:
                self._unexpected(opener)
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
            raise Broken(ShellMistake(start, start + len(operator), message))
        return True

    # compound commands

    def _compound(self) -> bool:
        """Read a compound command. Return whether one is here."""
        start = self.words.at
        if self.words.looking_at("(("):
            if self.words.arithmetic(2):
                return True
            self.words.at = start
        if self.words.looking_at("("):
            self.words.at += 1
            self._to_parenthesis(start, is_subshell=True)
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

    def _to_parenthesis(self, start: int, *, is_subshell: bool = False) -> None:
        opener = Opener(start, self.text[start : self.words.at], ")")
        if is_subshell:
            self._body(opener, "(")
        else:
            self._list()
        if self.words.is_done:
            raise never_closed(*opener.span, f"the `{opener.word}` here", ")")
        if not self.words.looking_at(")"):
            self._unexpected(opener)
        self.words.at += 1

    def _body(self, opener: Opener, after: str) -> None:
        """Read a list that must not be empty. `after` is the word before the list."""
        if self._list() or self.words.is_done:
            return
        if self.words.looking_at(")") and opener.closer == ")":
            self._reject("there is no command between `(` and `)`", self._token(), opener, "write `:` to do nothing")
        if self.words.literal() in CLOSERS:
            message = f"there is no command between `{after}` and `{self._token()}`"
            self._reject(message, self._token(), opener, "write `:` to do nothing")
        self._unexpected(opener)

    def _group(self, start: int) -> None:
        opener = Opener(start, "{", "}")
        self._body(opener, "{")
        self._close(opener, "}")

    def _if(self, start: int) -> None:
        opener = Opener(start, "if", "fi")
        self._body(opener, "if")
        self._close(opener, "then")
        self._body(opener, "then")
        while self.words.literal() == "elif":
            self.words.take()
            self._body(opener, "elif")
            self._close(opener, "then")
            self._body(opener, "then")
        if self.words.literal() == "else":
            self.words.take()
            self._body(opener, "else")
        self._close(opener, "fi")

    def _while(self, start: int, word: str) -> None:
        opener = Opener(start, word, "done")
        self._body(opener, word)
        self._do(opener)

    def _do(self, opener: Opener) -> None:
        self._close(opener, "do")
        self._body(opener, "do")
        self._close(opener, "done")

    def _for(self, start: int, word: str) -> None:
        opener = Opener(start, word, "done")
        self.words.skip_blanks()
        if word == "for" and self.words.looking_at("(("):
            if not self.words.arithmetic(2):
                raise GivenUp
        elif not self.words.word():
            self._unexpected(opener, f"a name is missing after `{word}`")
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
            self._unexpected(opener)

    def _case(self, start: int) -> None:
        opener = Opener(start, "case", "esac")
        self.words.skip_blanks()
        if not self.words.word():
            self._unexpected(opener, "a word is missing after `case`")
        self.words.lines()
        self._close(opener, "in")
        self.words.lines()
        while self.words.literal() != "esac":
            self._clause(opener)
        self.words.take()

    def _clause(self, opener: Opener) -> None:
        if self.words.is_done:
            raise self._unclosed(opener)
        if self.words.looking_at("("):
            self.words.at += 1
        self._pattern(opener)
        self._list()
        if self.words.is_done:
            raise self._unclosed(opener)
        if self.words.looking_at(";;&"):
            self.words.at += 3
        elif self.words.looking_at(";;", ";&"):
            self.words.at += 2
        elif self.words.literal() != "esac":
            self._unexpected(opener)
        self.words.lines()

    def _pattern(self, opener: Opener) -> None:
        """Read the pattern of a clause, `a | b)`."""
        while True:
            self.words.skip_blanks()
            if not self.words.word():
                self._unexpected(opener)
            self.words.skip_blanks()
            if self.words.is_done:
                raise self._unclosed(opener)
            if self.words.looking_at(")"):
                self.words.at += 1
                return
            if not self.words.looking_at("|") or self.words.looking_at("||"):
                self._unexpected(opener)
            self.words.at += 1

    def _test(self, start: int) -> None:
        """Pass over `[[ ... ]]`, of which only the end is looked for."""
        opener = Opener(start, "[[", "]]")
        self.words.lines()
        needs_operand = True
        while (word := self.words.literal()) != "]]":
            if self.words.is_done:
                message = "`[[` is never closed"
                raise Broken(ShellMistake(*opener.span, message, "close it with ` ]]`, a blank before it"))
            is_first, needs_operand = needs_operand, word == "!" or self.words.looking_at("&&", "||", "<", ">")
            if word == REGEX_WORD and not is_first:
                self.words.take()
                self.words.skip_blanks()
                self._regex()
            elif self.words.looking_at(";"):
                self._unexpected(opener, "`]]` is missing before `;`")
            elif not self.words.word():
                self.words.at += 2 if self.words.looking_at("&&", "||") else 1
            self.words.lines()
        if needs_operand:
            raise GivenUp  # bash may take this `]]` for an operand, and looks for another one
        self.words.take()

    def _regex(self) -> None:
        """Pass over a regular expression, in which parentheses and bars are plain characters."""
        inner = 0
        while not self.words.is_done and (inner or not self.words.looking_at(" ", "\t", "\n")):
            if self.words.looking_at("(", ")"):
                inner += 1 if self.words.looking_at("(") else -1
                self.words.at += 1
            elif not self.words.word():
                self.words.at += 1

    # mistakes

    def _close(self, opener: Opener, word: str) -> None:
        """Pass over a word that must be here, or report what is here instead."""
        if self.words.literal() == word:
            self.words.take()
            return
        if self.words.is_done:
            raise self._unclosed(opener, word)
        if word in ("then", "do") and self.words.literal() in CLOSERS:
            self._reject(
                f"`{self._token()}` without `{word}`",
                self._token(),
                opener,
                f"write `; {word}`: it needs a `;` or a line break before it",
            )
        if self.words.literal() in CLOSERS:
            self._unexpected(opener)
        help = f"write `; {word}`: it needs a `;` or a line break before it" if word in ("then", "do") else None
        self._reject(f"`{word}` is missing before `{self._token()}`", self._token(), opener, help)

    def _unclosed(self, opener: Opener, word: str = "") -> Broken:
        """Return the exception for a compound that ends without `word`, by default the word that closes it."""
        word = word or opener.closer
        message = f"`{opener.word}` without `{word}`"
        help = "write `}` on a line of its own, or behind a `;`" if word == "}" else f"write `{word}` where it belongs"
        return Broken(ShellMistake(*opener.span, message, help))

    def _token(self) -> str:
        """Return the word or operator that is here, for a message."""
        if match := OPERATORS.match(self.text, self.words.at):
            return match.group()
        match = TOKEN.match(self.text, self.words.at)
        return match.group() if match else ""

    def _unexpected(self, opener: Opener | None, message: str | None = None) -> NoReturn:
        """Report the word or operator that is here, by `message` or by what a person may have meant."""
        token = self._token()
        if message is not None:
            self._reject(message, token, opener, None)
        help = None
        begins = CLOSERS.get(token, "" if token != ")" else "(")
        if begins and opener is None:
            message = f"`{token}` without `{begins}`"
            glued = GLUED.search(self.text, 0, self.words.at)
            help = f"write a blank after `{glued[1]}` in `{glued[1]}{glued[2]}`" if glued else None
        elif begins and opener is not None:
            message = f"found `{token}` where `{opener.closer}` is expected"
        else:
            message = f"the shell does not expect `{token}` here" if token else "the shell does not expect this end"
            help = "quote it if it is part of a word" if token in ("(", ")", "|", "&", ";", "<", ">") else None
        self._reject(message, token, opener, help)

    def _reject(self, message: str, token: str, opener: Opener | None, help: str | None) -> NoReturn:
        opened = opener.span if opener is not None else None
        raise Broken(ShellMistake(self.words.at, self.words.at + len(token), message, help, opened))
