"""The documentation of a code. A rule's is its docstring: one line that says what the rule finds, then four sections.

    A parameter that no template reads.

    ## What
    ...
    ## Why
    ...
    ## Bad
    ```yaml
    specc: 1
    ```
    ## Good
    ```yaml title="base.job.yaml"
    specc: 1
    ```

Bad and Good are small projects. A block without a title is `spec.job.yaml`; others are named by `title="..."`, and
may be a `specc.toml`. `specc check` of the Bad project reports this rule alone, of the Good project nothing.

The codes of other stages are documented in `codes/`, in the same four sections (`specc.reporters.guidance`). There a
block of `sh` without a title holds commands, one a line, which are run in place of `specc check`.
"""

import re
from collections.abc import Callable
from inspect import cleandoc

from specc.docstrings import of_module, restore
from specc.fast_dataclass import dataclass
from specc.rules.rule import ClashRule, Rule

HEADING = re.compile(r"^## (What|Why|Bad|Good)\n", re.MULTILINE)
BLOCK = re.compile(
    r'^```(?P<language>\w+)(?: title="(?P<title>[^"\n]+)")?\n(?P<text>.*?)^```$', re.MULTILINE | re.DOTALL
)
UNTITLED = "spec.job.yaml"
COMMANDS = "sh"
CHECK = ("specc check",)


@dataclass(frozen=True, slots=True)
class Example:
    """A section with a small project. `text` is the Markdown as written, `files` its blocks by name.

    `commands` are what is run in the project.
    """

    text: str
    files: dict[str, str]
    commands: tuple[str, ...] = CHECK


@dataclass(frozen=True, slots=True)
class Documentation:
    """`title` is one sentence; `markdown` is all that follows it."""

    title: str
    what: str
    why: str
    bad: Example
    good: Example
    markdown: str


def document(rule: Rule) -> Documentation:
    """Return the documentation of a rule. Raises ValueError for a docstring in another form, which is our bug."""
    return parse(docstring(rule) or "")


def docstring(rule: Rule) -> str | None:
    """Return the docstring of the function that is named as the rule, or else of the rule's module.

    It is None where specc is installed without docstrings and sources.
    """
    function = function_of(rule)
    if function.__name__ != rule.code.slug.replace("-", "_"):
        return of_module(function.__module__)
    restore(function)
    return function.__doc__


def function_of(rule: Rule) -> Callable[..., object]:
    """Return the function that makes a rule's diagnostics."""
    return rule.clash if isinstance(rule, ClashRule) else rule.find


def parse(docstring: str) -> Documentation:
    """Return the documentation that a docstring holds. Raises ValueError for another form."""
    text = cleandoc(docstring)
    title, *parts = HEADING.split(text)
    names, bodies = parts[::2], [body.strip() for body in parts[1::2]]
    if names != ["What", "Why", "Bad", "Good"]:
        raise ValueError(f"a code is documented by What, Why, Bad and Good, not by {names}")
    what, why, bad, good = bodies
    return Documentation(title.strip(), what, why, _example(bad), _example(good), text[len(title) :].strip())


def _example(text: str) -> Example:
    files: dict[str, str] = {}
    commands: list[str] = []
    for block in BLOCK.finditer(text):
        if block["language"] == COMMANDS and block["title"] is None:
            commands += block["text"].splitlines()
        else:
            files[block["title"] or UNTITLED] = block["text"]
    return Example(text, files, tuple(commands) or CHECK)
