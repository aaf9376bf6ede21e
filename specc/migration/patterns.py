"""File names with the patterns of Slurm, such as `%x`, `%a` and `%j`, as templates."""

import re
from dataclasses import field

from specc.fast_dataclass import dataclass

PATTERN = re.compile(r"%(?:%|([0-9]*)([A-Za-z]))")
TAG = re.compile(r"\{\{|\{%")
SEPARATORS = ("-", "_", ".")
JOB_IDS = ("j", "J", "A")
STANDS_FOR = {
    "N": ("node", "the node's name"),
    "n": ("0", "the node's number"),
    "s": ("batch", "the step"),
    "t": ("0", "the task's number"),
    "u": ("user", "the user's name"),
}
"""Plain words for patterns that are the same in every batch script, or known only when the job runs."""


@dataclass(frozen=True, slots=True)
class Job:
    """What the patterns of one job are made from. `name` is the name as Slurm has it, without the task."""

    name: str
    is_array: bool


@dataclass(slots=True)
class Filled:
    """A path as a template, and what was changed in it."""

    text: str = ""
    changes: list[str] = field(default_factory=list)


def escaped(text: str) -> str:
    """Return the template that gives a text."""
    return TAG.sub(lambda match: "{{ '" + match[0] + "' }}", text)


def fill(path: str, job: Job) -> Filled:
    """Return the path with each pattern replaced. A backslash anywhere turns patterns off, as in Slurm."""
    if "\\" in path:
        return Filled(escaped(path.replace("\\", "")))
    used = {match[2] for match in PATTERN.finditer(path)} | ({"x"} if _holds_name(path, job) else set())
    filled = Filled()
    at = 0
    for match in PATTERN.finditer(path):
        filled.text += escaped(path[at : match.start()])
        value = _value(match, used, job, filled.changes)
        at = match.end()
        filled.text += value
        # What is left out takes a separator with it: `%x-%j.out` becomes `name.out`.
        if not value and filled.text.endswith("/") and path.startswith("/", at):
            at += 1
        elif not value and filled.text.endswith(SEPARATORS):
            filled.text = filled.text[:-1]
        elif not value and path.startswith(SEPARATORS, at):
            at += 1
    filled.text += escaped(path[at:])
    return filled


def _holds_name(path: str, job: Job) -> bool:
    """Return whether the job's name stands in the path as a word of its own."""
    return re.search(rf"(?<![^\W_]){re.escape(job.name)}(?![^\W_])", PATTERN.sub("/", path)) is not None


def _value(match: re.Match[str], used: set[str | None], job: Job, changes: list[str]) -> str:
    width, letter = match[1], match[2]
    if letter is None:
        return "%"
    if letter == "x":
        return name_of(job)
    if letter == "a" and job.is_array:
        return f"{{{{ '%0{int(width[-2:])}d' | format(matrix.task) }}}}" if width else "{{ matrix.task }}"
    if letter == "b" and job.is_array:
        return "{{ matrix.task % 10 }}"
    if letter in JOB_IDS:
        return _without_id(f"%{width}{letter}", used, job, changes)
    if letter in STANDS_FOR:
        word, what = STANDS_FOR[letter]
        changes.append(f"`%{letter}`, {what}, is replaced by the word `{word}`, because specc does not know it")
        return word
    changes.append(f"`%{width}{letter}` is left as it is: it means nothing here")
    return escaped(f"%{width}{letter}")


def _without_id(written: str, used: set[str | None], job: Job, changes: list[str]) -> str:
    """Return what replaces the id, which a job has only once it is submitted: anything else that tells files apart."""
    tells_task = not job.is_array or bool(used & {"a"})
    if "x" in used:
        value = "" if tells_task else "{{ matrix.task }}"
    else:
        value = name_of(job) if tells_task else "{{ job.name }}"
        used.add("x")
    used.add("a")
    instead = f"replaced by `{value}`" if value else "left out"
    changes.append(
        f"`{written}`, the job's id, is {instead}, because it is not known until the job is submitted: "
        "a later run writes the same file"
    )
    return value


def name_of(job: Job) -> str:
    """Return the name without the task, which `job.name` of an array has."""
    return escaped(job.name) if job.is_array else "{{ job.name }}"
