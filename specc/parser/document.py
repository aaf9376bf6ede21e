"""The top level of a spec: its header, and the sections that are left to the later stages."""

import re
from collections.abc import Iterator
from dataclasses import replace

from specc.diagnostics import Diagnostic, Edit, Fix, closest, codes, quoting_fix, spelling_fix
from specc.fast_dataclass import dataclass
from specc.nodes import Mapping, Node, Scalar, Sequence, kind_of, locate
from specc.parser.suppressions import NO_SUPPRESSIONS, Suppressions, spec_suppressions
from specc.parser.tree import MAX_ALIKE, read, thinned
from specc.source import BLANKS, Source
from specc.wording import named

VERSION = 1
HEADER = ("specc", "id", "extends", "abstract", "api")
SECTIONS = ("params", "vars", "matrix", "profiles", "job", "results")
KNOWN = (*HEADER, *SECTIONS)
EXTENSION = "x-"
NOT_OURS = "fields of the job go below `job:`; keys for other tools begin with `x-`"

ID = re.compile(r"[\w.-]+(?:/[\w.-]+)*")
MAX_ID = 200
SCRIPT = ("#!", "#SBATCH", "#PBS", "#BSUB", "#$ -")
"""How a script begins. In YAML these are comments, so a spec may begin so, too."""

TEMPLATE_OPENER = re.compile(r"\{\{|\{%")


@dataclass(frozen=True, slots=True, eq=False)
class Document:
    """One spec as written. `body` holds the sections that the spec has, each of them a mapping.

    `has_operators`: some key begins with `$`. Most files have none, and need not be searched for any.
    """

    source: Source
    root: Mapping
    id: Scalar | None
    parents: tuple[Scalar, ...]
    abstract: bool
    api: Scalar | None
    body: Mapping
    has_operators: bool

    @property
    def has_all_parents(self) -> bool:
        """Return whether all entries of `extends` could be read."""
        node = self.root.get("extends")
        written = len(node.items) if isinstance(node, Sequence) else 0 if node is None else 1
        return len(self.parents) == written


@dataclass(frozen=True, slots=True)
class Parsed:
    """The result of reading a spec. `document` is None if the text is not YAML, exceeds a limit, or is not a mapping.

    The diagnostics of `suppressions` are apart from `diagnostics`, because they are not about the spec.
    """

    document: Document | None
    diagnostics: tuple[Diagnostic, ...]
    suppressions: Suppressions = NO_SUPPRESSIONS


def parse(source: Source) -> Parsed:
    """Read a spec file. Parts that cannot be used are reported and left out of the document."""
    if source.text.startswith(SCRIPT) and "\nspecc:" not in source.text:
        return Parsed(None, (a_script(source),))
    if source.name.endswith(".toml"):
        return Parsed(None, (settings(source),))
    root, diagnostics, scalars, has_operators = read(source)
    if isinstance(root, Mapping):
        header = Header(root)
        document = Document(
            source,
            root,
            header.identifier(),
            header.parents(),
            header.abstract(),
            header.text("api"),
            header.body(),
            has_operators,
        )
        header.check_version()
        header.check_keys()
        ordered = sorted([*diagnostics, *thinned(header.diagnostics)], key=lambda diagnostic: diagnostic.span.start)
        return Parsed(document, tuple(ordered), spec_suppressions(source, scalars))
    if not any(diagnostic.is_error for diagnostic in diagnostics):
        diagnostics.append(no_mapping(source, root))
    return Parsed(None, tuple(diagnostics))


def a_script(source: Source) -> Diagnostic:
    help = "`specc init --from SCRIPT` makes a spec of a batch script; `cmd_line: {$file: SCRIPT}` runs any script"
    return codes.NOT_A_SPEC.at(source.span(0, len(source.line(1))), "the file is a script, not a spec", help=help)


def settings(source: Source) -> Diagnostic:
    help = (
        "every check reads specc.toml; `specc check` without a path checks it with all specs, `specc config` shows it"
    )
    return codes.NOT_A_SPEC.at(source.span(0, len(source.line(1))), "the file is TOML, not a spec", help=help)


def no_mapping(source: Source, root: Node | None) -> Diagnostic:
    if root is None or (isinstance(root, Scalar) and root.value is None and not root.raw):
        return codes.EMPTY_SPEC.at(
            source.span(), "the file holds no spec", help="a spec begins with `specc: 1`; `specc init` writes one"
        )
    return codes.NOT_A_SPEC.at(root.span, f"expected a mapping with `specc: 1` in it, found {kind_of(root)}")


class Header:
    """Reads the header of one spec; `diagnostics` grows with each key that is read."""

    def __init__(self, root: Mapping) -> None:
        self.root = root
        self.diagnostics: list[Diagnostic] = []

    def check_version(self) -> None:
        node = self.root.get("specc")
        if node is None and any(closest(str(key.value), KNOWN) == "specc" for key in self.unknown()[:MAX_ALIKE]):
            return  # the misspelled key is reported, and correcting it corrects both
        if node is None:
            first = next(iter(self.root.keys.values()), None)
            span = first.span if first is not None else self.root.span
            self.diagnostics.append(
                codes.BAD_VERSION.at(
                    span,
                    "the spec does not say its language version",
                    help="add `specc: 1` as the first line",
                    fix=self.version_added(first),
                )
            )
        elif not (isinstance(node, Scalar) and type(node.value) is int and node.value == VERSION):
            message = f"expected `specc: {VERSION}`, the only language version so far, found {kind_of(node)}"
            self.diagnostics.append(codes.BAD_VERSION.at(node.span, message, help=f"write `specc: {VERSION}`"))

    @staticmethod
    def version_added(first: Scalar | None) -> Fix | None:
        """Return the fix that adds the version. It is a guess: the file may not be a spec."""
        if first is None or first.span.first.column != 1:
            return None
        start = first.span.source.span(first.span.start)
        added = f"specc: {VERSION}{start.source.line_end}"
        return Fix(f"add `specc: {VERSION}`", (Edit(start, added),), False)

    def unknown(self) -> list[Scalar]:
        """Return the keys at the top level that a spec does not have."""
        keys = self.root.keys.items()
        return [key for name, key in keys if name not in KNOWN and not name.startswith(EXTENSION)]

    def check_keys(self) -> None:
        for count, key in enumerate(self.unknown()):
            near = closest(str(key.value), KNOWN) if count < MAX_ALIKE else None  # the others are not shown
            is_there = near in self.root.entries
            help = NOT_OURS if near is None else f"did you mean `{near}`?"
            if is_there:
                help = f"did you mean `{near}`, which is there already? then remove this one"
            fix = None if is_there else spelling_fix(key.span, str(key.value), near)
            message = f"unknown key {named(str(key.value))} at the top level of a spec"
            self.diagnostics.append(codes.UNKNOWN_KEY.at(key.span, message, help=help, fix=fix))

    def identifier(self) -> Scalar | None:
        scalar = self.text("id")
        if scalar is None:
            return None
        name = str(scalar.value)
        is_path = ID.fullmatch(name) and len(name) <= MAX_ID
        if is_path and not any(part in (".", "..") for part in name.split("/")):
            return scalar
        message = "an `id` consists of letters, digits and `._-`, with `/` between its parts"
        self.diagnostics.append(codes.BAD_HEADER.at(scalar.span, message, help="write something like `cfd/cavity`"))
        return None

    def parents(self) -> tuple[Scalar, ...]:
        node = self.root.get("extends")
        if node is None:
            return ()
        items = node.items if isinstance(node, Sequence) else (node,)
        texts = (self.static_text(item, "`extends` takes a path or a list of paths") for item in items)
        return tuple(text for text in texts if text is not None)

    def abstract(self) -> bool:
        node = self.root.get("abstract")
        if node is None:
            return False
        if isinstance(node, Scalar) and isinstance(node.value, bool):
            return node.value
        if not self.reject_template(node):
            message = f"`abstract` is `true` or `false`, found {kind_of(node)}"
            self.diagnostics.append(codes.BAD_HEADER.at(node.span, message))
        return False

    def text(self, name: str) -> Scalar | None:
        node = self.root.get(name)
        return None if node is None else self.static_text(node, f"`{name}` takes a text")

    def static_text(self, node: Node, expected: str) -> Scalar | None:
        """Return the node as a text without templates, or None after reporting why it is not one."""
        if self.reject_template(node):
            return None
        if isinstance(node, Scalar) and isinstance(node.value, str) and node.value:
            return node
        found_there = "nothing" if isinstance(node, Scalar) and not node.raw else kind_of(node)
        number = isinstance(node, Scalar) and node.value is not None and node.raw
        help = f'write `"{node.raw}"` with quotes' if number and isinstance(node, Scalar) else None
        fix = quoting_fix(node.span, node.raw) if number and isinstance(node, Scalar) else None
        self.diagnostics.append(codes.BAD_HEADER.at(node.span, f"{expected}, found {found_there}", help=help, fix=fix))
        return None

    def reject_template(self, node: Node) -> bool:
        if not (isinstance(node, Scalar) and isinstance(node.value, str)):
            return False
        opener = TEMPLATE_OPENER.search(node.value)
        if opener is None:
            return False
        span = locate(node, opener.start(), len(node.value.rstrip(BLANKS)))
        message = "a template is not allowed here: the header of a spec is read before any template"
        self.diagnostics.append(
            codes.TEMPLATE_NOT_ALLOWED.at(span, message, help="write the value itself, without a template")
        )
        return True

    def body(self) -> Mapping:
        sections = dict(self.sections())
        keys = {name: self.root.keys[name] for name in sections}
        return replace(self.root, entries=dict(sections), keys=keys)

    def sections(self) -> Iterator[tuple[str, Node]]:
        for name in SECTIONS:
            node = self.root.get(name)
            match node:
                case None:
                    continue
                case Mapping():
                    yield name, node
                case Scalar(value=None):
                    yield name, Mapping({}, {}, node.span, node.layer)
                case _:
                    message = f"`{name}` takes a mapping, found {kind_of(node)}"
                    self.diagnostics.append(codes.BAD_HEADER.at(node.span, message))
