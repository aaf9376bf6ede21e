"""ruamel.yaml's reader and scanner with the exceptions that a spec needs.

A tag, an unquoted `{{ template }}` and a line of `{% statement %}` are recorded and read over instead of ending the
parse, so that one run reports them all. Everything else is read by ruamel.yaml.
"""

import re

from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.reader import Reader
from ruamel.yaml.scanner import Scanner
from ruamel.yaml.tokens import AliasToken, AnchorToken, ScalarToken, TagToken

from specc.parser.event import TEMPLATE
from specc.source import BLANKS

BLANK = {
    False: re.compile(r"(?:[ ]*+(?:#[^\r\n\0]*+)?(?:\r\n|\r|\n))*+[ ]*+(?:#[^\r\n\0]*+)?"),
    True: re.compile(r"(?:[ \t]*+(?:#[^\r\n\0]*+)?(?:\r\n|\r|\n))*+[ \t]*+(?:#[^\r\n\0]*+)?"),
}
"""Spaces, comments and line breaks, outside and inside of `[...]` and `{...}`."""

TAG = re.compile(r"!<[^>\s\0]*>?|![^\s\0,\[\]{}]*")
STATEMENT_LINE = re.compile(r"\{%[^\r\n\0]*%\}[ \t]*(?=[\r\n\0])")
BLOCK_END = re.compile(r"[ \t]#|:(?=[ \t\r\n\0])|[\r\n\0]|\{[{%]")
FLOW_END = re.compile(r"[ \t]#|:(?=[ \t\r\n\0])|[,\[\]{}\r\n\0]")
LINE_END = re.compile(r"[\r\n\0]")
OPENERS = ("{{", "{%")


class TooDeep(MarkedYAMLError):
    """Brackets nested so deep that no document of a spec holds them."""


class SpecReader(Reader):
    """Reads a text that is wholly in memory, which needs less care than a stream."""

    def peek(self, index: int = 0) -> str:
        return str(self.buffer[self.pointer + index])

    def prefix(self, length: int = 1) -> str:
        return str(self.buffer[self.pointer : self.pointer + length])

    def forward(self, length: int = 1) -> None:
        chunk = self.buffer[self.pointer : self.pointer + length]
        if "\n" in chunk or "\r" in chunk or "\ufeff" in chunk:
            super().forward(length)
            return
        self.pointer += length
        self.index += length
        self.column += length


class SpecScanner(Scanner):
    """`properties` maps where an anchor or a tag starts to where it ends; `tags` and `templates` are findings."""

    max_depth = 1000

    def reset_scanner(self) -> None:
        super().reset_scanner()
        self.properties: dict[int, int] = {}
        self.tags: list[tuple[int, int]] = []
        self.templates: list[tuple[int, int]] = []

    @property
    def scanner_processing_version(self) -> tuple[int, int]:
        return (1, 2)

    def scan_to_next_token(self) -> None:
        """Skip blanks and comments, and the lines of template statements that stand between the lines of YAML."""
        reader = self.reader
        if reader.index == 0 and reader.peek() == "\ufeff":
            reader.forward()
        while True:
            self.skip(BLANK[bool(self.flow_context)])
            statement = STATEMENT_LINE.match(reader.buffer, reader.pointer)
            before = reader.buffer[reader.pointer - reader.column : reader.pointer]
            if statement is None or self.flow_context or before.strip(" "):
                return
            self.templates.append((reader.index, reader.index + len(statement.group().rstrip(BLANKS))))
            self.skip(STATEMENT_LINE)

    def skip(self, pattern: re.Pattern[str]) -> None:
        match = pattern.match(self.reader.buffer, self.reader.pointer)
        if match is None or not match.group():
            return
        if not self.flow_context and ("\n" in match.group() or "\r" in match.group()):
            self.allow_simple_key = True
        self.reader.forward(len(match.group()))

    def fetch_directive(self) -> None:
        raise MarkedYAMLError(problem="found a directive", problem_mark=self.reader.get_mark())

    def fetch_flow_collection_start(self, TokenClass: type, to_push: str) -> None:
        # ruamel.yaml looks up to 1024 characters ahead for the `:` of a key, over any number of brackets
        if len(self.flow_context) > self.max_depth:
            raise TooDeep(problem="too deep", problem_mark=self.reader.get_mark())
        super().fetch_flow_collection_start(TokenClass, to_push)

    def fetch_flow_mapping_start(self) -> None:
        if self.reader.prefix(2) in OPENERS:
            self.save_possible_simple_key()
            self.allow_simple_key = False
            self.tokens.append(self.scan_template())
        else:
            super().fetch_flow_mapping_start()

    def fetch_plain(self) -> None:
        """Inside of `[...]` a plain scalar ends at a brace. One that goes on with a template is read on."""
        super().fetch_plain()
        token: ScalarToken = self.tokens[-1]
        reader = self.reader
        between = reader.buffer[reader.pointer - (reader.index - token.end_mark.index) : reader.pointer]
        if reader.prefix(2) in OPENERS and not between.strip(" "):
            template = self.scan_template()
            self.templates[-1] = (token.start_mark.index, self.templates[-1][1])
            text = f"{token.value}{between}{template.value}"
            self.tokens[-1] = ScalarToken(text, True, token.start_mark, template.end_mark)

    def scan_template(self) -> ScalarToken:
        """An unquoted template with the text around it, as the plain scalar that its writer meant."""
        reader = self.reader
        ends = FLOW_END if self.flow_context else BLOCK_END
        end = reader.pointer
        while reader.buffer.startswith(OPENERS, end):
            inside = TEMPLATE.match(reader.buffer, end)
            # the NUL that ruamel.yaml puts behind the text always matches; what is never closed takes the whole line
            after = (ends, inside.end()) if inside else (LINE_END, end)
            end = next(match.start() for match in after[0].finditer(reader.buffer, after[1]))
            if inside is None:
                break
        text = reader.buffer[reader.pointer : end].rstrip(" \t")
        start_mark = reader.get_mark()
        self.templates.append((reader.index, reader.index + len(text)))
        reader.forward(len(text))
        return ScalarToken(text, True, start_mark, reader.get_mark())

    def scan_anchor(self, TokenClass: type) -> AliasToken | AnchorToken:
        start = self.reader.index
        token: AliasToken | AnchorToken = super().scan_anchor(TokenClass)
        self.properties[start] = self.reader.index
        return token

    def scan_tag(self) -> TagToken:
        """Any tag, read as the one that changes nothing."""
        reader = self.reader
        start_mark, start = reader.get_mark(), reader.index
        match = TAG.match(reader.buffer, reader.pointer)
        reader.forward(len(match.group()) if match else 1)
        self.properties[start] = reader.index
        self.tags.append((start, reader.index))
        return TagToken((None, "!"), start_mark, reader.get_mark())
