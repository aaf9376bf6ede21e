"""Jobs that get into each other's way, because they have one name or write one file."""

import re
from collections.abc import Iterator
from posixpath import normpath

from specc.diagnostics import Diagnostic, Label
from specc.diagnostics.codes import SAME_JOB_NAME, SAME_OUTPUT_PATH, SHARED_RESULT
from specc.lowering import Payload, stream_paths
from specc.nodes import Mapping, Node, Scalar, Sequence
from specc.rules.commands import Command, sent_commands
from specc.rules.rule import Claim, Claims, ClashRule, ProjectView, Spec, SpecRule, Where
from specc.rules.uses import uses_of
from specc.wording import brief

STREAMS = ("stdout", "stderr")


def job_names(payload: Payload, project: ProjectView) -> Iterator[tuple[Where, Claim]]:
    if payload.name:
        yield Where("name", 0, len(payload.name)), Claim(payload.values["name"].node.span, payload.spec_id)


def same_job_name(claims: Claims) -> Diagnostic:
    """Several jobs have one name.

    ## What
    Finds two or more payloads of a check, cells of one matrix or jobs of several specs, whose `name` is the same. Only
    specs as they are count, not their variants by profile.

    ## Why
    The scheduler takes them all. In its list of jobs nobody can tell which is which, and whoever cancels or searches by
    name meets the wrong one.

    ## Bad
    ```yaml
    specc: 1
    matrix: {axes: {mesh: [coarse, fine]}}
    job:
      name: cavity
      cmd_line: ./solver {{ matrix.mesh }}
      core_limit: 4
    ```

    ## Good
    ```yaml
    specc: 1
    matrix: {axes: {mesh: [coarse, fine]}}
    job:
      name: cavity-{{ cell.slug }}
      cmd_line: ./solver {{ matrix.mesh }}
      core_limit: 4
    ```
    """
    specs = list(dict.fromkeys(claim.spec for claim in claims.places))
    where = f"cells of {specs[0]}" if len(specs) == 1 else "jobs"
    message = f"{claims.count:,} {where} have the name `{brief(claims.thing)}`"
    labels = tuple(Label(claim.span, f"{claim.spec} has it, too") for claim in claims.places[1:])
    way_out = "{{ cell.slug }}" if len(specs) == 1 else "{{ spec.name }}"
    return SAME_JOB_NAME.at(claims.span, message, labels=labels, help=f"add `{way_out}` to the name")


BEGINS_ANEW = frozenset({">", ">|", "&>"})
PLAIN_PATH = r"[\w@%+=:,./-]+"
"""A word that the shell leaves as it is."""
OF_ONE_MACHINE = ("/dev/", "/tmp/", "/var/tmp/", "/proc/")
MOVES = r"(?:^|[\s;&|({])(?:cd|pushd|popd|chdir|source|\.)\s"
"""Behind one of these, nobody knows in which folder a relative path begins."""


def output_paths(payload: Payload, project: ProjectView) -> Iterator[tuple[Where, Claim]]:
    has_folders = project.target is not None and project.traits.has_workdir and project.target.workdir == "job"
    for field, _ in stream_paths(payload.body, has_folders=has_folders):
        yield Where(field, 0, len(str(payload.body[field]))), Claim(payload.values[field].node.span, payload.spec_id)
    for command in sent_commands(payload, project.apis[payload.api]) if payload.api in project.apis else ():
        for start, end in _redirected(command):
            if command.text[start] == "/" or not has_folders:
                yield Where(command.field, start, end), Claim(command.span(start, end), payload.spec_id)


def _redirected(command: Command) -> Iterator[tuple[int, int]]:
    """Yield the files that a command surely writes: plain words behind `>` and `tee`, in a text that was understood."""
    reading = command.reading
    if not reading.is_whole:
        return
    written = [(each.start, each.end) for each in reading.redirections if each.operator in BEGINS_ANEW]
    for (start, end), *arguments in sorted(call for call in reading.calls if call):
        # `tee -a` adds to the file.
        if command.text[start:end] == "tee" and not any(command.text[start] == "-" for start, _ in arguments):
            written += arguments
    moves = bool(written) and re.search(MOVES, command.text) is not None
    for start, end in written:
        path = command.text[start:end]
        is_sure = re.fullmatch(PLAIN_PATH, path) is not None and (path.startswith("/") or not moves)
        if is_sure and not path.startswith(OF_ONE_MACHINE):
            yield start, end


def same_output_path(claims: Claims) -> Diagnostic:
    """Several jobs write one file.

    ## What
    Finds two or more payloads of a check, cells of one matrix or jobs of several specs, with the same path in
    `stdout_redirect_path` or `stderr_redirect_path`, or behind `>` or `tee` in their commands, where it is a plain word
    and no `cd` leads elsewhere. `/dev/null` is fine, as are relative paths where each job starts in a folder of its own
    (`workdir = "job"`). Only specs as they are count, not their variants by profile.

    ## Why
    The jobs run at the same time. Each begins the file anew, or they write into each other's lines, and what the first
    one said is lost.

    ## Bad
    ```yaml
    specc: 1
    matrix: {axes: {mesh: [coarse, fine]}}
    job:
      name: cavity-{{ matrix.mesh }}
      cmd_line: ./solver {{ matrix.mesh }}
      core_limit: 4
      stdout_redirect_path: logs/cavity.out
    ```

    ## Good
    ```yaml
    specc: 1
    matrix: {axes: {mesh: [coarse, fine]}}
    job:
      name: cavity-{{ matrix.mesh }}
      cmd_line: ./solver {{ matrix.mesh }}
      core_limit: 4
      stdout_redirect_path: logs/cavity-{{ cell.slug }}.out
    ```
    """
    specs = list(dict.fromkeys(claim.spec for claim in claims.places))
    where = f"cells of {specs[0]}" if len(specs) == 1 else "jobs"
    message = f"{claims.count:,} {where} write `{brief(claims.thing)}`"
    labels = tuple(Label(claim.span, f"{claim.spec} writes it, too") for claim in claims.places[1:])
    way_out = "{{ cell.slug }}" if len(specs) == 1 else "{{ spec.name }}"
    return SAME_OUTPUT_PATH.at(claims.span, message, labels=labels, help=f"add `{way_out}` to the path")


def shared_result(spec: Spec) -> Iterator[Diagnostic]:
    """A result of a sweep that is read from one file for all cells.

    ## What
    Finds an entry of `results:` whose `from:` is a file, in a spec with a matrix, where nothing in the file's name
    depends on the cell. `stdout` and `stderr` are fine, as are relative paths where each job starts in a folder of its
    own (`workdir = "job"`). Bases are not looked at.

    ## Why
    The jobs write one file, and the last to write it wins: `specc results` shows its value for every cell.

    ## Bad
    ```yaml
    specc: 1
    matrix: {axes: {mesh: [coarse, fine]}}
    job:
      name: cavity-{{ matrix.mesh }}
      cmd_line: ./solver {{ matrix.mesh }}
      core_limit: 4
    results:
      cells: {from: mesh.json, key: summary.cells}
    ```

    ## Good
    ```yaml
    specc: 1
    matrix: {axes: {mesh: [coarse, fine]}}
    job:
      name: cavity-{{ matrix.mesh }}
      cmd_line: ./solver {{ matrix.mesh }} --summary out/{{ cell.slug }}.json
      core_limit: 4
    results:
      cells: {from: "out/{{ cell.slug }}.json", key: summary.cells}
    ```
    """
    plain, project = spec.plain, spec.project
    section = plain.section("results")
    if plain.abstract or not section.entries or not _has_cells(plain.section("matrix")):
        return
    has_folders = project.target is not None and project.traits.has_workdir and project.target.workdir == "job"
    for name, node in section.entries.items():
        file = node.get("from") if isinstance(node, Mapping) else None
        if not isinstance(file, Scalar) or not isinstance(file.value, str) or file.value in STREAMS:
            continue
        if not (has_folders and not file.value.startswith("/")) and not _varies(file, plain.section("vars"), set()):
            message = f"the result `{name}` is read from one file for all cells"
            help = "let each job write its own, and put `{{ cell.slug }}` into the name"
            yield SHARED_RESULT.at(file.span, message, help=help)


def _has_cells(matrix: Mapping) -> bool:
    """Return whether a matrix surely has several cells."""
    parts = [matrix.get(part) for part in ("axes", "zip")]
    axes = [axis for part in parts if isinstance(part, Mapping) for axis in part.entries.values()]
    return any(not isinstance(axis, Sequence) or len(axis.items) > 1 for axis in axes)


def _varies(node: Node, variables: Mapping, seen: set[str]) -> bool:
    """Return whether a value can differ by cell: by the matrix, the cell, or a variable that reads either."""
    for mention in uses_of(node, lambda _: None).names:
        root, _, name = mention.partition(".")
        if root in ("matrix", "cell") or (root == "vars" and not name):
            return True
        if root == "vars" and name in variables.entries and name not in seen:
            seen.add(name)
            if _varies(variables.entries[name], variables, seen):
                return True
    return False


RULES = (
    SpecRule(SHARED_RESULT, shared_result),
    ClashRule(SAME_JOB_NAME, job_names, str, same_job_name),
    ClashRule(SAME_OUTPUT_PATH, output_paths, normpath, same_output_path),
)
