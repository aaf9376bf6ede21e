"""A path with `~` or `$VAR`, which no shell expands here, or a path that cannot be a file.

## What
Looks at `stdout_redirect_path`, `stderr_redirect_path` and `input_file`. Finds a `~` at the beginning, variables such
as `$HOME` and `${SCRATCH}`, commands such as `$(date)`, a path that ends like a folder (`logs/`, `.`), a path that is
empty, and blanks at either end.

## Why
No shell reads these paths. The job writes into a new folder that is called `~` or `$HOME`, or it cannot open its file
and ends before it begins.

## Bad
```yaml
specc: 1
job:
  name: cavity
  cmd_line: ./solver
  core_limit: 4
  stdout_redirect_path: ~/logs/cavity.out
```

## Good
```yaml
specc: 1
job:
  name: cavity
  cmd_line: ./solver
  core_limit: 4
  stdout_redirect_path: logs/cavity.out
```
"""

import re
from collections.abc import Iterator

from specc.diagnostics import Diagnostic
from specc.diagnostics.codes import UNEXPANDED_PATH
from specc.nodes import FileText, Node, Scalar, locate
from specc.rules.rule import Job, JobRule
from specc.source import Span
from specc.wording import brief

OUTPUTS = ("stdout_redirect_path", "stderr_redirect_path")
FIELDS = (*OUTPUTS, "input_file")
TILDE = r"~[A-Za-z0-9_.-]*(?=/|\Z)"
VARIABLE = r"\$(?:\{[^}]*\}|[A-Za-z_][A-Za-z0-9_]*)"
COMMAND = r"\$\([^)]*\)?|`[^`]*`?"
JOB_NUMBER = r"(?:SLURM|PBS|LSB|SGE)_?\w*|JOB_?ID|\w*JOBID\w*"
SUBMIT_FOLDER = r"SLURM_SUBMIT_DIR|(?:PBS|SGE)_O_WORKDIR|LS_SUBCWD"
BLANKS = r"\A\s+|\s+\Z"


def find(job: Job) -> Iterator[Diagnostic]:
    """Yield what is odd in each path of a job that is known."""
    for field in FIELDS:
        value = job.evaluated.job.get(field)
        if value is None or not isinstance(value.data, str) or isinstance(value.node, FileText):
            continue  # not known, or a file's text, which is not a path
        for word, message, help in _oddities(field, value.data):
            yield UNEXPANDED_PATH.at(_span_of(value.node, word), message, help=help)


def _oddities(field: str, path: str) -> Iterator[tuple[str, str, str]]:
    """Yield the words of a path that are not what they seem, each with a message and what to write."""
    if not path.strip():
        yield path, f"`{field}` is empty, which has no effect", "remove the field, or write the path of a file"
        return
    if blanks := re.search(BLANKS, path):
        yield blanks[0], f"`{field}` is `{brief(path)}`: the blanks are part of the name", "remove the blanks"
    if tilde := re.match(TILDE, path):
        message = f"no shell expands `{tilde[0]}` in `{field}`: a folder with that name would be used"
        yield tilde[0], message, _absolute(path.removeprefix(tilde[0]))
    for variable in dict.fromkeys(re.findall(VARIABLE, path)):
        name = variable.strip("${}")
        message = f"no shell expands `{variable}` in `{field}`: it stays as it is written"
        yield variable, message, _instead_of(name)
    for command in dict.fromkeys(re.findall(COMMAND, path)):
        message = f"no shell runs `{brief(command)}` in `{field}`: it stays as it is written"
        yield command, message, "write `{{ cell.slug }}` or a parameter: a path must be known before the job is sent"
    last = path.strip().rsplit("/", 1)[-1]
    if last in ("", ".", ".."):
        yield path, f"`{field}` is `{brief(path)}`, which is a folder", f"name a file in it: `{_file_in(field, path)}`"


def _absolute(rest: str) -> str:
    return f"write the path from `/` on, such as `/home/NAME{rest}`, or one without `~`"


def _instead_of(name: str) -> str:
    if re.fullmatch(SUBMIT_FOLDER, name):
        return "remove it: a relative path begins in the folder where the job starts"
    if re.fullmatch(JOB_NUMBER, name):
        return "write `{{ cell.slug }}`: a job has no number before it is sent"
    return f'write the path itself, or `{{{{ env.{name} }}}}` with `env = ["{name}"]` in specc.toml'


def _file_in(field: str, path: str) -> str:
    folder = path.strip().rstrip("/").removesuffix("/.") or "."
    name = {"stdout_redirect_path": "{{ job.name }}.out", "stderr_redirect_path": "{{ job.name }}.err"}.get(
        field, "FILE"
    )
    return f"{folder}/{name}"


def _span_of(node: Node, word: str) -> Span:
    """Return where the word is written in the field, or the whole value where it comes from elsewhere."""
    if not word or not isinstance(node, Scalar) or not isinstance(node.value, str) or word not in node.value:
        return node.span
    start = node.value.index(word)
    return locate(node, start, start + len(word))


RULE = JobRule(UNEXPANDED_PATH, find)
