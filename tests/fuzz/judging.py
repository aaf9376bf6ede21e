"""What must hold of every input: the laws, each with the name under which a break of it is counted."""

import io
import json
import os
import resource
import shutil
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random

import rfc8785
from fuzz.generators import SPEC, Input
from support import unknown_values
from support.jinja_oracle import SCOPE, same, text_by_jinja, value_by_jinja

from specc.cli import dispatch as app
from specc.cli.exits import BUG
from specc.cli.main import run
from specc.expressions import Budget, EvaluationFailed, Template, compile_template, is_template
from specc.parser import events as libyaml
from specc.parser import parse
from specc.parser.ruamel_events import PureEvents
from specc.source import Source

SECONDS = 5.0
MEGABYTES = 300
CODES = (0, 1, 2)

# typer makes the options of a command anew for each command line of the process, which takes longer than most inputs.
app.load = cache(app.load)


@dataclass(frozen=True)
class Fault:
    """A law that an input breaks. Inputs with one `law` are taken for one fault."""

    law: str
    detail: str


class _Broken(Exception):
    def __init__(self, law: str, detail: str) -> None:
        super().__init__(law)
        self.fault = Fault(law, detail)


@dataclass(frozen=True)
class Ran:
    """What one command line came to."""

    code: int
    out: str
    err: str


def judge(tried: Input, folder: Path) -> Fault | None:
    """The first law that the input breaks, or None."""
    began = time.process_time()
    try:
        JUDGES[tried.kind](tried, folder)
    except _Broken as broken:
        return broken.fault
    except Exception as error:
        return Fault(f"raised {_where(error)}", traceback.format_exc())
    return _cost(began)


def _cost(began: float) -> Fault | None:
    seconds, megabytes = time.process_time() - began, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    if seconds > SECONDS:
        return Fault("time", f"{seconds:.1f} s of processor time")
    return Fault("memory", f"{megabytes:.0f} MB") if megabytes > MEGABYTES else None


def _where(error: BaseException) -> str:
    """The kind of an exception and the innermost function of specc that it came through."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if "/specc/" in frame.filename]
    last = frames[-1] if frames else None
    return (
        f"{type(error).__name__} in {last.filename.split('/specc/')[-1]}:{last.name}" if last else type(error).__name__
    )


def command(*arguments: str, stdin: bytes = b"") -> Ran:
    """One command line, through the program's own entry, held to what holds of all of them."""
    before = sys.stdin, sys.stdout, sys.stderr
    out, err = io.BytesIO(), io.BytesIO()
    sys.stdin = io.TextIOWrapper(io.BytesIO(stdin))
    sys.stdout, sys.stderr = (io.TextIOWrapper(to, "utf-8", "backslashreplace", "\n") for to in (out, err))
    streams = sys.stdout, sys.stderr  # kept, as what is thrown away closes what it writes to
    began = time.process_time()
    try:
        code = run(list(arguments))
        for stream in streams:
            stream.flush()
    finally:
        sys.stdin, sys.stdout, sys.stderr = before
    ran = Ran(code, out.getvalue().decode(), err.getvalue().decode())
    said = f"specc {' '.join(arguments)}\n{ran.err[-4000:]}"
    if code == BUG:
        raise _Broken(f"exit 101: {_of_report(ran.err)}", said)
    if code not in CODES:
        raise _Broken(f"exit {code}", said)
    if "Traceback (most recent call last)" in ran.err:
        raise _Broken("traceback", said)
    if (cost := _cost(began)) is not None:
        raise _Broken(f"{cost.law} of {arguments[0]}", f"{cost.detail}: specc {' '.join(arguments)}")
    return ran


def _of_report(report: str) -> str:
    """The exception of a bug report, and the innermost line of specc in it."""
    lines = report.rstrip().splitlines()
    places = [line.strip() for line in lines if "/specc/" in line and line.strip().startswith("File")]
    error = next((line for line in reversed(lines) if line[:1].isalpha()), "")
    place = places[-1].split("/specc/")[-1].replace('"', "") if places else ""
    return f"{error.partition(':')[0]} in {place}"


def hold(is_so: bool, law: str, detail: str) -> None:
    if not is_so:
        raise _Broken(law, detail)


def put(tried: Input, folder: Path) -> None:
    """The files of an input, in a folder with nothing else."""
    for entry in os.scandir(folder):
        shutil.rmtree(entry.path) if entry.is_dir(follow_symlinks=False) else os.unlink(entry.path)
    for name, data in tried.files.items():
        (folder / name).write_bytes(data)


# the judges


def _spec(tried: Input, folder: Path) -> None:
    """All are checked; then from memory, or their payloads and layout, or whatever else the input asks for."""
    put(tried, folder)
    (asked,) = tried.commands
    names = sorted(name for name in tried.files if name.endswith(".job.yaml"))
    first = command("check", "--no-cache", "--output", "json")
    _spans(first.out, folder)
    match asked:
        case ("again",):
            for _ in range(2):
                again = command("check", "--output", "json")
                hold(first == again, "cached", f"a check with memory says something else:\n{first.out}\n{again.out}")
        case ("payloads",):
            for name in names:
                _layout(name, tried.files[name], folder)
        case _:
            command(*asked)


def _spans(report: str, folder: Path) -> None:
    """Every place of every diagnostic lies in its file."""
    if not report:
        return
    there = [entry.name for entry in os.scandir(folder) if entry.is_file()]
    counted = {name: Source(name, (folder / name).read_bytes().decode("utf-8", "replace")) for name in there}
    for finding in json.loads(report)["diagnostics"]:
        edits = finding["fix"]["edits"] if finding["fix"] else []
        for place in (finding, *finding["labels"], *edits):
            source = counted.get(place["path"])
            if source is not None and "\ufffd" not in source.text:
                for end in (place["start"], place["end"]):
                    _lies_in(source, end["line"], end["column"], finding)


def _lies_in(source: Source, line: int, column: int, finding: object) -> None:
    is_line = 1 <= line <= len(source.line_starts)
    is_there = is_line and 1 <= column <= len(source.line(line).rstrip("\r\n")) + 3
    hold(is_there, "span", f"{source.path} has no {line}:{column}: {json.dumps(finding)}")


def _layout(name: str, text: bytes, folder: Path) -> None:
    """All payloads or none, in canonical form; fmt is done once, and changes none of them."""
    rendered = command("render", name)
    hold(rendered.code == 0 or not rendered.out, "render", "something is printed beside an error")
    for line in rendered.out.splitlines():
        hold(rfc8785.dumps(json.loads(line)).decode() == line, "canonical", line)
    once = command("fmt", "-", "--stdin-filename", name, stdin=text)
    hold("This is a bug" not in once.err, "fmt gives up", once.err)
    if once.code != 0:
        return
    twice = command("fmt", "-", "--stdin-filename", name, stdin=once.out.encode())
    hold(once.out == twice.out, "fmt twice", f"{once.out}\n----\n{twice.out}")
    if rendered.code == 0 and once.out.encode() != text:
        (folder / name).write_text(once.out, encoding="utf-8", newline="")
        after = command("render", name)
        hold(after.out == rendered.out, "fmt payloads", f"{rendered.out}\n----\n{after.out}")


def _templates(tried: Input, folder: Path) -> None:
    """What is accepted, Jinja2's sandbox gives the same result for, and unknown values change nothing that is known.

    Then all of the templates are put into one spec.
    """
    for text in _texts_of(tried.files[SPEC]):
        if is_template(text) and not any(word in text for word in FOREIGN):
            _agrees(text)
    put(tried, folder)
    checked = command("check", "--no-cache", "--output", "json", SPEC)
    _spans(checked.out, folder)


def _agrees(text: str) -> None:
    template = compile_template(text)
    if isinstance(template, Template):
        contradiction = unknown_values.contradiction(template, Random(text))
        hold(contradiction is None, "unknown", f"{text!r}\n{contradiction}")
        try:
            found = template.evaluate(SCOPE, Budget())
        except EvaluationFailed as error:
            hold(all(0 <= fault.start <= fault.end <= len(text) for fault in error.mistakes), "span", text)
            return
        body = text.strip()[2:-2].removeprefix("-").removesuffix("-")
        expected = value_by_jinja(body) if template.is_expression else text_by_jinja(text)
        hold(same(found, expected), "jinja", f"{text!r}\nspecc: {found!r}\nJinja2: {expected!r}")


FOREIGN = ("gib", "mib", "minutes", "seconds", "| sh", "| raw", "'sh'", "'raw'")


def _texts_of(data: bytes) -> Iterator[str]:
    parsed = parse(Source(SPEC, data.decode("utf-8", "replace"), SPEC))
    texts = parsed.document.body.entries.get("vars") if parsed.document else None
    held = texts.entries.get("t") if texts is not None else None
    for item in getattr(held, "items", ()):
        if isinstance(getattr(item, "value", None), str):
            yield item.value


def _yaml(tried: Input, folder: Path) -> None:
    """libyaml's events are ruamel.yaml's, and every node and diagnostic lies in the text."""
    text = tried.files[SPEC].decode("utf-8", "replace")
    fast = libyaml.fast_events_of(text, 0, 64)
    if fast is not None:
        pure = PureEvents(text, 0, 64)
        hold(list(fast) == list(pure), "readers", text)
        hold(fast.scalars == pure.scalars, "readers", text)
    parsed = parse(Source(SPEC, text, SPEC))
    for finding in parsed.diagnostics:
        hold(0 <= finding.span.start <= finding.span.end <= len(text), "span", f"{finding}\n{text}")
    hold(parsed.document is not None or any(d.is_error for d in parsed.diagnostics), "silent", text)


def _command(tried: Input, folder: Path) -> None:
    put(tried, folder)
    for arguments in tried.commands:
        command(*arguments)


JUDGES: dict[str, Callable[[Input, Path], None]] = {
    "spec": _spec,
    "templates": _templates,
    "yaml": _yaml,
    "command": _command,
}
