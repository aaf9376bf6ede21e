"""Many specs examined: those that are known from before are not, and the others on all processors."""

import json
from collections.abc import Callable, Iterator, Sequence
from functools import partial

from specc.compiler import Context, Request
from specc.workspace.examining import Examined, examine
from specc.workspace.facts import Register
from specc.workspace.memory import Memory
from specc.workspace.processes import elsewhere, processors
from specc.workspace.project import Project
from specc.workspace.records import (
    Json,
    Sources,
    Unrecordable,
    decode_examined,
    decode_facts,
    digests_of,
    encode_examined,
    encode_facts,
)

WORTH_A_FORK = 30
"""So many specs must be left for each process: below it, forking costs more than it saves."""


def examinations(
    project: Project, names: Sequence[str], context: Context, request: Request, register: Register, memory: Memory
) -> Iterator[Examined]:
    """All of them in the order of the names."""
    known = {name: examined for name in names if (examined := memory.examined(name)) is not None}
    unknown = [name for name in names if name not in known]
    workers = max(1, min(processors(), len(unknown) // WORTH_A_FORK))
    look: Callable[[str], Examined] = partial(_examine, project, context, request)
    sources = Sources(project.library, project.settings)
    with elsewhere(
        [unknown[start::workers] for start in range(1, workers)], partial(_line, look, register, sources)
    ) as forks:
        found = {name: _learned(look(name), register, memory) for name in unknown[::workers]}
        for line in forks.results():
            _take(json.loads(line), found, register, memory, sources)
    for name in names:
        yield known.get(name) or found.get(name) or _learned(look(name), register, memory)


def _examine(project: Project, context: Context, request: Request, name: str) -> Examined:
    return examine(project, name, context, request)


def _learned(examined: Examined, register: Register, memory: Memory) -> Examined:
    """Looks up all that will be asked of it while other processes are still at work."""
    register.of(examined.name)
    memory.learn_examined(examined)
    return examined


def _line(look: Callable[[str], Examined], register: Register, sources: Sources, name: str) -> Iterator[bytes]:
    """What a fork has found out, or null where it cannot be said in another process."""
    try:
        examined = encode_examined(look(name), sources)
        facts = register.of(name)
        said = [name, encode_facts(facts, sources.library) if facts else None, examined]
    except Unrecordable:
        said = [name, None, None]
    yield json.dumps(said).encode() + b"\n"


def _take(said: Json, found: dict[str, Examined], register: Register, memory: Memory, sources: Sources) -> None:
    """What a fork has said, unless a file has changed since: this process has its own reading of it."""
    name, facts, record = said
    if facts is None or any(sources.library.contents.digest(file) != was for file, was in digests_of(record).items()):
        return
    register.add(decode_facts(name, facts))
    found[name] = decode_examined(name, record, sources)
    memory.learn_record(name, record)
