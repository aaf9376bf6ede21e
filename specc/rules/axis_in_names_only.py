"""An axis that only names the jobs.

## What
Finds an axis of the matrix that is read by the job's name and by paths of output alone: `name`,
`stdout_redirect_path`, `stderr_redirect_path`, and in a command what follows `>`, `tee`, `mkdir` and options such as
`--output`. `cell.slug`, `cell.id` and `job.name`, which every axis has a part in, count as the axes do. Axes under
`zip` count together.

## Why
The matrix is multiplied by the axis, but the cells that differ in it alone compute the same. Only their results have
other names, so nobody sees it.

## Bad
```yaml
specc: 1
matrix:
  axes: {rate: [0.1, 0.01], seed: [1, 2, 3]}
job:
  name: train-{{ cell.slug }}
  cmd_line: ./train --rate {{ matrix.rate }} --output {{ cell.slug }}
  core_limit: 4
```

## Good
```yaml
specc: 1
matrix:
  axes: {rate: [0.1, 0.01], seed: [1, 2, 3]}
job:
  name: train-{{ cell.slug }}
  cmd_line: ./train --rate {{ matrix.rate }} --seed {{ matrix.seed }} --output {{ cell.slug }}
  core_limit: 4
```
"""

import re
from collections.abc import Iterator

from specc.diagnostics import Diagnostic
from specc.diagnostics.codes import AXIS_IN_NAMES_ONLY
from specc.evaluator import end_of_template, template_text
from specc.nodes import FileText, Mapping, Node, Scalar, Sequence, to_data
from specc.resolver import ResolvedSpec
from specc.rules.rule import Spec, SpecRule
from specc.rules.uses import TEMPLATE_SUFFIX, mentioned
from specc.rules.written import TAG, scalars
from specc.settings import Target
from specc.wording import template_of

LABELS = frozenset({"name", "stdout_redirect_path", "stderr_redirect_path"})
OF_ALL_AXES = frozenset({"cell", "cell.id", "cell.index", "cell.slug", "job.name"})
FILE = r"(?:[-_]?(?:dir|directory|file|path|folder|name|to))?"
OUTPUT = (
    rf"(?:>[ \t]*|\btee[ \t]+(?:-a[ \t]+)?|\bmkdir[ \t]+(?:-p[ \t]+)?"
    rf"|--?(?:out|output|log|save|results?){FILE}[= \t][ \t]*)"
    r"[\"']?[^\s;&|<>]*$"
)
"""What stands before a path of output."""
LABEL = (
    r"(?:--?(?:o|name|run[-_]?name|run[-_]?id|tag|title|label|prefix|work[-_]?dir|check\w*|ckpt\w*)[= \t][ \t]*[\"']?"
    r"|\b(?:out|output|results?|logs?|runs?|ckpts?|checkpoints?)/|\b(?:echo|printf|touch)\b)[^\s;&|<>]*$"
)
"""What stands before a name of the cell that is only a name."""
FIELD = r"(?<![\w.])job\.(\w+)"
TOLD = ("SPECC_", "JOB_NAME", "JOBNAME")
"""Variables by which a job knows its own name."""
BEFORE = 200


def find(spec: Spec) -> Iterator[Diagnostic]:
    plain = spec.plain
    groups = list(_groups(plain.section("matrix"))) if not plain.abstract else []
    if not groups:
        return
    work, names = _reads(plain, spec.project.target), set(_all_mentions(plain))
    if work is None or OF_ALL_AXES & work or "matrix" in work:
        return
    for group in groups:
        if any(f"matrix.{key.value}" in work for key in group):
            continue
        for key in group:
            # Another rule reports an axis that nothing reads.
            if f"matrix.{key.value}" in names or OF_ALL_AXES & names:
                message = f"`matrix.{key.value}` only names the jobs: cells that differ in it alone are the same job"
                help = f"write `{template_of('matrix', key.value)}` in the command, or `repeat: N` in place of the axis"
                yield AXIS_IN_NAMES_ONLY.at(key.span, message, help=help)


def _groups(matrix: Mapping) -> Iterator[list[Scalar]]:
    """Yield the keys of axes that vary together. An axis with a single value makes no cells."""
    axes, zipped = matrix.get("axes"), matrix.get("zip")
    for key, node in axes.items() if isinstance(axes, Mapping) else ():
        if not (isinstance(node, Sequence) and len(node.items) < 2):
            yield [key]
    if isinstance(zipped, Mapping) and zipped.entries:
        yield list(zipped.keys.values())


def _reads(spec: ResolvedSpec, target: Target | None) -> set[str] | None:
    """Return the names on which the work of a job depends; None where that cannot be told."""
    job, found = spec.section("job"), set[str]()
    waiting = [node for field, node in job.entries.items() if field not in LABELS]
    lines = target.prelude if target is not None else None
    if isinstance(lines, Scalar):
        waiting.append(lines)
    elif isinstance(lines, Mapping) and str(to_data(lines.entries["$file"])).endswith(TEMPLATE_SUFFIX):
        return None  # the text of a template, which is not read here
    while waiting:
        for node in scalars(waiting.pop()):
            text = node.text.text if isinstance(node, FileText) else str(node.value)
            if any(name in text for name in TOLD):
                return None
            for name in _work(node, text):
                if name not in found:
                    found.add(name)
                    waiting += _named(spec, name)
    return found


def _work(node: Scalar | FileText, text: str) -> Iterator[str]:
    """Yield the names in a template that are not only a name or a path of output."""
    if template_text(node) is None:
        return
    for match in TAG.finditer(text):
        tag = text[match.start() : end_of_template(text, match.start())]
        before = text[max(0, match.start() - BEFORE) : match.start()].rpartition("\n")[2]
        if match.group() == "{{" and re.search(OUTPUT, before):
            continue
        is_label = match.group() == "{{" and re.search(LABEL, before) is not None
        yield from (name for name in mentioned(tag) if not (is_label and name in OF_ALL_AXES))
        fields = (f"job.{each[1]}" for each in re.finditer(FIELD, tag))
        yield from (name for name in fields if not (is_label and name in OF_ALL_AXES))


def _named(spec: ResolvedSpec, name: str) -> list[Node]:
    """Return the node that a template means by a name, or all of a section that it reads as a whole."""
    section, _, member = name.partition(".")
    if section not in ("vars", "job"):
        return []
    whole = spec.section(section)
    node = whole.get(member) if member else whole
    return [node] if node is not None else []


def _all_mentions(spec: ResolvedSpec) -> Iterator[str]:
    for section in ("vars", "job"):
        for node in scalars(spec.section(section)):
            text = template_text(node)
            yield from mentioned(text) if text is not None else ()


RULE = SpecRule(AXIS_IN_NAMES_ONLY, find)
