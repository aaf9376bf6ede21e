"""A project in memory: specs as texts, compiled as the command line compiles them."""

from collections.abc import Iterable
from textwrap import dedent

from specc.compiler import Context, Request, check_document, payloads
from specc.diagnostics import Diagnostic, Missing, codes
from specc.lowering import Payload
from specc.nodes import Layer, LayerKind, Mapping
from specc.parser import Document, Parsed, parse, parse_tree
from specc.project import Apis, shipped_apis
from specc.settings import Settings, Target
from specc.source import Source
from specc.targets.kinds import traits_of

SPEC = "a.job.yaml"
HEAD = "specc: 1\n"
TARGET = "{zone: z, cluster_id: c, run_user: u}"
UNITS = {"mem_limit": "MiB", "time_limit": "min"}


class Files:
    """A library of texts by name."""

    def __init__(self, texts: dict[str, str]) -> None:
        self.sources = {name: Source(name, text, name) for name, text in texts.items()}
        self.parsed: dict[str, Parsed] = {}

    def document(self, name: str) -> Parsed | Missing:
        if name not in self.sources:
            return Missing(codes.PARENT_NOT_FOUND, f"{name} does not exist")
        if name not in self.parsed:
            self.parsed[name] = parse(self.sources[name])
        return self.parsed[name]

    def text(self, name: str) -> Source | Missing:
        return self.sources.get(name) or Missing(codes.FILE_NOT_FOUND, f"{name} does not exist")


def apis() -> Apis:
    return shipped_apis()


def context(
    files: Files,
    *,
    job: str = TARGET,
    units: dict[str, str] = UNITS,
    env: Iterable[str] = (),
    environment: dict[str, str] | None = None,
    kind: str = "ehpc",
) -> Context:
    """What to compile against; `job` is the target's, so that specs need not repeat the usual fields."""
    node, _ = parse_tree(Source("specc.toml", job), Layer(LayerKind.TARGET, "t"))
    assert isinstance(node, Mapping)
    target = Target("t", kind, traits_of(kind), job=node)
    settings = Settings("p", "t", env=tuple(env), units=units, targets={"t": target})
    return Context(files, apis(), settings, "t", environment or {})


def request(
    *, p: Iterable[str] = (), set: Iterable[str] = (), only: Iterable[str] = (), **others: tuple[str, ...]
) -> Request:
    """A command line: `p=["ranks=4"], set=["job.name=x"], profiles=("smoke",)`."""
    texts = {"-p": p, "--set": set, "--only": only}
    params, sets, chosen = (tuple(Source(name, text, name) for text in of) for name, of in texts.items())
    return Request(params=params, sets=sets, only=chosen, **others)


class Compiled:
    """What came out: payloads and findings, in their order."""

    def __init__(self, items: Iterable[Diagnostic | Payload]) -> None:
        self.items = list(items)
        self.payloads = [item for item in self.items if isinstance(item, Payload)]
        self.found = [item for item in self.items if isinstance(item, Diagnostic)]

    @property
    def body(self) -> dict[str, object]:
        """The one payload, when nothing is wrong."""
        assert not self.shown, self.shown
        (payload,) = self.payloads
        return payload.body

    @property
    def shown(self) -> list[str]:
        """Every finding on a line: `302 9:12-20 message`; the path where it is another file's."""
        return [line(finding) for finding in self.found]

    @property
    def messages(self) -> list[str]:
        return [finding.message for finding in self.found]

    @property
    def slugs(self) -> list[str]:
        return [finding.code.slug for finding in self.found]


def line(finding: Diagnostic) -> str:
    source, start, end = finding.span
    first = finding.span.first
    path = "" if source.path == SPEC else f"{source.path}:"
    return f"{finding.code.code[3:]} {path}{first.line}:{first.column}-{first.column + end - start} {finding.message}"


def document(text: str, others: dict[str, str] | None = None) -> tuple[Document, Files, tuple[Diagnostic, ...]]:
    """The spec of `text`, indented or not; `specc: 1` is put before it where it is missing."""
    text = dedent(text).lstrip("\n")
    text = text if "specc:" in text else HEAD + text
    files = Files({SPEC: text, **{name: dedent(other).lstrip("\n") for name, other in (others or {}).items()}})
    parsed = files.document(SPEC)
    assert isinstance(parsed, Parsed)
    assert parsed.document is not None, parsed.diagnostics
    return parsed.document, files, parsed.diagnostics


def check(text: str, others: dict[str, str] | None = None, asked: Request | None = None, **world: object) -> Compiled:
    spec, files, found = document(text, others)
    return Compiled([*found, *check_document(spec, context(files, **world), asked or request())])


def render(text: str, others: dict[str, str] | None = None, asked: Request | None = None, **world: object) -> Compiled:
    spec, files, found = document(text, others)
    return Compiled([*found, *payloads(spec, context(files, **world), asked or request())])
