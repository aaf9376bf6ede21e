"""The settings that exist, as one table. A new setting is one line here, and one where it is used."""

import re
from collections.abc import Callable, Collection

from specc.config.credentials import is_credential
from specc.diagnostics import Code, closest_code, codes, did_you_mean, one_of
from specc.fast_dataclass import dataclass
from specc.nodes import Mapping, Node, Scalar, Sequence, kind_of
from specc.patterns import mistake_in
from specc.targets.command import ACTIONS, ADAPTERS
from specc.targets.kinds import KINDS
from specc.targets.slurm.options import mistake_in_option
from specc.units import DURATION_UNITS, MEMORY_UNITS, QuantityMistake, read

BY_NAME: dict[str, Code] = {
    name: code for code in codes.CODES.values() if code.code[3] in "1234567" for name in (code.code, code.slug)
}
"""The diagnostics that `[rules]` can name: those of specs and payloads, not those of configurations and API tables."""

VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
CLUSTER_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}")
"""It names a folder, so it is not a path."""
WORKDIRS = ("project", "spec", "job")
FILE_KEYS = ("file", "$file")
"""Both name the file of a text: the word of TOML, and the operator of specs."""
CANNOT = "an error that makes a payload impossible cannot be turned off: fix the spec"
UNIT_NAMES = [*MEMORY_UNITS, *DURATION_UNITS]


@dataclass(frozen=True, slots=True)
class Value:
    """A single value: what is expected, whether a node fits, and what to write if it does not fit."""

    expected: str
    fits: Callable[[Node], bool]
    help: Callable[[Node], str | None] = lambda node: None


@dataclass(frozen=True, slots=True)
class Items:
    """A list whose items are all of one shape. With `are_words` it is a command line, word by word."""

    item: "Shape"
    are_words: bool = False


@dataclass(frozen=True, slots=True)
class Each:
    """A table with keys of the user's choice, whose values are all of one shape."""

    value: "Shape"


Shape = Value | Items | Each | dict[str, "Shape"] | None
"""What a setting may hold. A dict is a table with just these keys; None stands for anything."""


def text_of(node: Node | None) -> str | None:
    """Return the text of a node that is a text and not blank, else None."""
    return node.value if isinstance(node, Scalar) and isinstance(node.value, str) and node.value.strip() else None


def _choice(names: Collection[str], what: str) -> Value:
    return Value(
        one_of(names) if len(names) < 5 else f"a {what}",
        lambda node: text_of(node) in names,
        lambda node: did_you_mean(text_of(node) or "", names, f"{what}s"),
    )


def _is_count(node: Node) -> bool:
    return isinstance(node, Scalar) and type(node.value) is int and node.value > 0


def _is_duration(node: Node) -> bool:
    text = text_of(node)
    return text is not None and not isinstance(read(text, "duration"), QuantityMistake)


def _duration_help(node: Node) -> str | None:
    problem = read(text_of(node) or "", "duration")
    return problem.help if isinstance(problem, QuantityMistake) else None


def _is_memory(node: Node) -> bool:
    text = text_of(node)
    return text is not None and not isinstance(read(text, "memory"), QuantityMistake)


def _memory_help(node: Node) -> str | None:
    problem = read(text_of(node) or "", "memory")
    return problem.help if isinstance(problem, QuantityMistake) else None


def is_optional(code: Code) -> bool:
    """Return whether a project can turn a diagnostic off: every warning, and whatever a rule says.

    Any other error keeps a spec from becoming a payload.
    """
    return code.code in codes.OF_RULES or code.severity is not codes.ERROR


def _names_optional(node: Node) -> bool:
    code = BY_NAME.get(text_of(node) or "")
    return code is not None and is_optional(code)


def _rule_help(node: Node) -> str | None:
    name = text_of(node) or ""
    near = closest_code(name, BY_NAME)
    return CANNOT if name in BY_NAME else f"did you mean `{near}`?" if near else "`specc rules` lists them"


def _is_variable(node: Node) -> bool:
    text = text_of(node) or ""
    return VARIABLE.fullmatch(text) is not None and not is_credential(text)


def _variable_help(node: Node) -> str | None:
    return "a payload must not hold a credential" if is_credential(text_of(node) or "") else None


def _pattern_mistake(node: Node) -> str | None:
    """Return why a node cannot be used as a pattern; None if it can."""
    text = text_of(node)
    return "write the pattern as a text" if text is None else mistake_in(text)


def _is_prelude(node: Node) -> bool:
    """Return whether a node is a text, which may be empty, or the path of a file."""
    if isinstance(node, Mapping):
        return len(node.entries) == 1 and any(text_of(node.get(key)) is not None for key in FILE_KEYS)
    return isinstance(node, Scalar) and isinstance(node.value, str)


def _prelude_help(node: Node) -> str | None:
    if not isinstance(node, Mapping):
        return 'write the lines between `"""` and `"""`'
    wrong = next((str(key.value) for key in node.keys.values() if key.value not in FILE_KEYS), None)
    return f"there is no `{wrong}` here; write the path of a file as `file`" if wrong else "name one file"


def _is_plain(node: Node) -> bool:
    if isinstance(node, Sequence):
        return all(isinstance(item, Scalar) for item in node.items)
    return isinstance(node, Scalar)


def _is_address(node: Node) -> bool:
    return (text_of(node) or "").startswith(("https://", "http://"))


TEXT = Value("a text that is not empty", lambda node: text_of(node) is not None)
TARGET_NAME = Value(
    "the name of a target",
    lambda node: text_of(node) is not None,
    lambda node: (
        "describe the target under `[targets.NAME]`; write its name here" if isinstance(node, Mapping) else None
    ),
)
CLUSTER = Value("the name of a cluster", lambda node: CLUSTER_NAME.fullmatch(text_of(node) or "") is not None)
ATOM = Value("a text, a number or a boolean", lambda node: isinstance(node, Scalar))
COUNT = Value("a number above 0", _is_count)
DURATION = Value("a duration", _is_duration, _duration_help)
MEMORY = Value("a memory size", _is_memory, _memory_help)
ADDRESS = Value("a web address", _is_address, lambda node: "begin it with `https://`")
VARIABLE_NAME = Value("the name of an environment variable", _is_variable, _variable_help)
UNIT = _choice(UNIT_NAMES, "unit")
KIND = _choice(KINDS, "kind")
CALLER = _choice(["caller"], "value")
FLAG = Value("true or false", lambda node: isinstance(node, Scalar) and isinstance(node.value, bool))

WORKDIR = Value(
    "`project`, `spec`, `job` or an absolute path",
    lambda node: (text_of(node) or "") in WORKDIRS or (text_of(node) or "").startswith("/"),
    lambda node: did_you_mean(text_of(node) or "", WORKDIRS, "folders"),
)
PATTERN = Value(
    "a regular expression of RE2",
    lambda node: _pattern_mistake(node) is None,
    lambda node: _pattern_mistake(node),
)

PRELUDE = Value('a text, or `{file = "PATH"}`', lambda node: _is_prelude(node), lambda node: _prelude_help(node))

LAYOUT = _choice(["tasks", "threads"], "layout")
OPTION = Value(
    "an option of sbatch, written as `--option=value`",
    lambda node: mistake_in_option(text_of(node) or "") is None,
    lambda node: mistake_in_option(text_of(node) or ""),
)

ADAPTER = _choice(ADAPTERS, "adapter")
OWN = Value("a text, a number, a boolean or a list of them", lambda node: _is_plain(node))

RULE_NAME = Value("the code or name of a diagnostic", lambda node: text_of(node) in BY_NAME, _rule_help)
OPTIONAL_NAME = Value("the code or name of a rule or a warning", _names_optional, _rule_help)
LEVEL = _choice(["error", "warning", "off"], "level")
ONLY_ERROR = Value("`error`", lambda node: text_of(node) == "error", lambda node: CANNOT)
RULE_TABLE: dict[str, Shape] = {
    "ignore": Items(OPTIONAL_NAME),
    "severity": {name: LEVEL if is_optional(code) else ONLY_ERROR for name, code in BY_NAME.items()},
}
RULES: dict[str, Shape] = {
    "select": Items(RULE_NAME),
    **RULE_TABLE,
    "max_inheritance": COUNT,
    "quantities": {"min_memory": MEMORY, "max_memory": MEMORY, "min_time": DURATION, "max_time": DURATION},
    "paths": Each(RULE_TABLE),
}

QUEUE: dict[str, Shape] = {"max_cores": COUNT, "max_time": DURATION, "max_mem": MEMORY, "layout": LAYOUT}
TARGET: dict[str, Shape] = {
    "kind": KIND,
    "endpoint": ADDRESS,
    "job": Each(ATOM),
    "units": Each(UNIT),
    "run_as": CALLER,
    "queues": Each(QUEUE),
    "tag_names": FLAG,
    "needs_queue": FLAG,
    "layout": LAYOUT,
    "hpcqueues": Each(TEXT),
    "resource_limits": Each(Items(OPTION)),
    "options": Items(OPTION),
    "arrays": FLAG,
    "environment": Items(VARIABLE_NAME),
    "directory": TEXT,
    "cluster": CLUSTER,
    "workdir": WORKDIR,
    "prelude": PRELUDE,
    "name_max": COUNT,
    "name_pattern": PATTERN,
    "commands": {action: Items(TEXT, are_words=True) for action in ACTIONS},
    "adapter": ADAPTER,
    "settings": Each(OWN),
    "job_variable": VARIABLE_NAME,
}
SETTINGS: dict[str, Shape] = {
    "project": TEXT,
    "target": TARGET_NAME,
    "api": TEXT,
    "include": Items(TEXT),
    "exclude": Items(TEXT),
    "env": Items(VARIABLE_NAME),
    "defaults": Each(None),
    "units": Each(UNIT),
    "ledger": {"path": TEXT, "shared": FLAG},
    "targets": Each(TARGET),
    "rules": RULES,
}


def wanted(shape: Shape, node: Node) -> tuple[str, str | None]:
    """Return what `shape` expects in place of `node`, and what to write."""
    match shape:
        case Value():
            return shape.expected, shape.help(node)
        case Items():
            # A single value where a list is expected is a common slip.
            text = text_of(node)
            words = text.split() if text and shape.are_words else [text]
            listed = ", ".join(f'"{word}"' for word in words)
            return f"a list, each item {wanted(shape.item, node)[0]}", f"write `[{listed}]`" if text else None
        case _:
            return "a table", None


def described(node: Node) -> str:
    """Return how messages name the kind of a node."""
    return kind_of(node).replace("a mapping", "a table")
