"""Words of `resource_limit`, such as `nodes=2 ntasks-per-node=8 gpus=1`: options of sbatch that a job gives itself."""

import re
from collections.abc import Iterator, Mapping

from specc.diagnostics import closest
from specc.fast_dataclass import dataclass
from specc.targets.slurm.options import FLAGS, OF_JOBS, WITH_VALUE, mistake_in_value
from specc.wording import brief

WORD = re.compile(r"[^ \t\r\n]+")
NAME = re.compile(r"[A-Za-z][\w-]*")
OPTIONS = WITH_VALUE | FLAGS | OF_JOBS
OF_PBS = frozenset({"select", "ncpus", "mpiprocs", "ompthreads", "place"})
MOST_WORDS = 64
"""More than the options of sbatch."""

ALIASES = {
    "tasks-per-node": "ntasks-per-node", "tasks": "ntasks", "cpus": "cpus-per-task", "threads": "cpus-per-task",
    "gpu": "gpus", "node": "nodes", "N": "nodes", "n": "ntasks", "c": "cpus-per-task", "G": "gpus", "A": "account",
    "q": "qos", "C": "constraint", "w": "nodelist", "x": "exclude", "L": "licenses", "m": "distribution",
    "mem-per-core": "mem-per-cpu", "license": "licenses", "feature": "constraint", "features": "constraint",
}  # fmt: skip
ELSEWHERE = {
    "job-name": "the job's name is the field `name`",
    "partition": "the partition is the field `scheduler_queue_name`",
    "time": "the time is the field `time_limit`",
    "time-min": "the time is the field `time_limit`",
    "mem": "the memory is the field `mem_limit`, for all nodes together; `mem-per-cpu` may stand here",
    "output": "the file is the field `stdout_redirect_path`",
    "error": "the file is the field `stderr_redirect_path`",
    "input": "the file is the field `input_file`",
    "open-mode": "specc opens the job's files: new ones, and after a requeue it writes on",
    "chdir": "the folder is the setting `workdir` of the target, or a `cd` in the command",
    "array": "write a `matrix`: each cell is a job",
    "wrap": "the command is the field `cmd_line`",
    "export": "give variables under `env` of `cmd_line`, or name them in the setting `environment` of the target",
    "export-file": "give variables under `env` of `cmd_line`",
    "get-user-env": "name variables in the setting `environment` of the target",
    "dependency": "run `specc wait` between the jobs",
    "hold": "submit the job when it may start",
    "wait": "`specc submit --wait` waits",
    "comment": "specc finds the job again by its comment",
    "clusters": "the cluster is the target, chosen with `--target`",
    "no-requeue": "remove the word: without `requeue` a job is never requeued",
    "uid": "a job runs as whoever submits it",
    "gid": "a job runs as whoever submits it",
    "parsable": "specc reads the answers of sbatch",
    "priority": "only staff set priorities; `nice` may stand here",
}
"""Words that stand for other options of sbatch."""

EXAMPLE = "`nodes=2 ntasks-per-node=8 gpus=1`"
COUNTING = ("nodes", "ntasks", "ntasks-per-node", "cpus-per-task", "ntasks-per-gpu", "cpus-per-gpu")
"""Words about the number of cores and how they are shared out. With such a word `layout` has no effect."""

LOCAL = ("ntasks", "ntasks-per-node", "cpus-per-task")
"""Words that a single machine can obey."""

SIGNAL_SECONDS = 60

MEBIBYTES = {"": 1, "M": 1, "G": 1 << 10, "T": 1 << 20}


@dataclass(frozen=True, slots=True)
class Word:
    """One word, with its range in the text. `value` is None for a word without `=`."""

    name: str
    value: str | None
    start: int
    end: int

    @property
    def text(self) -> str:
        return self.name if self.value is None else f"{self.name}={self.value}"


@dataclass(frozen=True, slots=True)
class WordMistake:
    """Why a text is not a list of words: where, what is wrong, and what to write."""

    message: str
    help: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Shape:
    """How the cores of a job are shared out. None stands for what the words leave open."""

    nodes: int | None
    tasks: int | None
    cpus_per_task: int | None
    total: int | None


def words_of(text: str) -> list[Word]:
    """Return the words of a text, whatever they are."""
    return list(_words(text))


def _words(text: str) -> Iterator[Word]:
    for match in WORD.finditer(text):
        name, equals, value = match[0].partition("=")
        yield Word(name, value if equals else None, match.start(), match.end())


def are_words(text: str) -> bool:
    """Return whether a text is a list of words that sbatch knows, without a mistake."""
    return bool(words := words_of(text)) and next(mistakes_in(words), None) is None


def local_words(text: str) -> tuple[Mapping[str, str | None], list[str]]:
    """Return the words that one machine without a scheduler can do, and the names of those that it ignores.

    It can count cores, and send a signal before the time limit to the command itself, which Slurm calls `B:`.
    """
    words = {word.name: word.value for word in words_of(text)}
    kept = {
        name: value
        for name, value in words.items()
        if mistake_in_value(name, value) is None
        and (name in LOCAL or (name == "nodes" and value == "1") or (name == "signal" and early_signal(value)))
    }
    return kept, [name for name in words if name not in kept]


def early_signal(value: str | None) -> tuple[str, int] | None:
    """Return the signal that a valid `signal` sends to the command itself, without `SIG`, and the seconds before the
    limit.

    The default is 60 seconds. Return None for a signal to what `srun` started.
    """
    to, _, rest = (value or "").upper().rpartition(":")
    name, _, seconds = rest.partition("@")
    return (name.removeprefix("SIG"), int(seconds or SIGNAL_SECONDS)) if "B" in to else None


def mistakes_in(words: list[Word]) -> Iterator[WordMistake]:
    """Yield what is wrong with each word by itself, and words that are said twice."""
    said: dict[str, Word] = {}
    for word in words[:MOST_WORDS]:
        mistake = _mistake(word)
        if mistake is not None:
            yield WordMistake(*mistake, word.start, word.end)
        elif word.name in said:
            message = f"`{word.name}` is said twice: `{brief(said[word.name].text)}` and `{brief(word.text)}`"
            yield WordMistake(message, "keep one of them", word.start, word.end)
        said.setdefault(word.name, word)
    if len(words) > MOST_WORDS:
        message = f"there are {len(words):,} words, more than sbatch has options"
        yield WordMistake(message, f"write words such as {EXAMPLE}", words[MOST_WORDS].start, words[-1].end)


def _mistake(word: Word) -> tuple[str, str] | None:
    shown, bare = brief(word.text), word.name.lstrip("-")
    example = f"write words such as {EXAMPLE}"
    if not word.text.isprintable():
        return f"`{shown}` holds a character that cannot be seen", "remove it"
    if bare != word.name and NAME.fullmatch(bare):
        way = ALIASES.get(bare, bare)
        plain = way if word.value is None else f"{way}={word.value}"
        return f"`{shown}` begins with `-`", ELSEWHERE.get(way) or f"write `{brief(plain)}`"
    if word.name in ELSEWHERE:
        return f"`{word.name}` cannot stand in `resource_limit`", ELSEWHERE[word.name]
    if word.name not in OPTIONS:
        near = ALIASES.get(word.name) or _like(word.name)
        if near is not None and near in ELSEWHERE:
            return f"`{brief(word.name)}` is not a resource option of sbatch", ELSEWHERE[near]
        help = f"did you mean `{near}`?" if near else example
        return f"`{brief(word.name)}` is not a resource option of sbatch", help
    expected = mistake_in_value(word.name, word.value)
    if expected is None:
        return None
    if word.value == "" or (word.value is None and "needs" in expected):
        expected = expected.removeprefix("expects ").removeprefix("needs a value: ")
        return f"`{word.name}` has no value", f"write `{word.name}=VALUE`, without blanks: it expects {expected}"
    if expected == "takes no value":
        return f"`{shown}` has a value", f"write `{word.name}`, which takes no value"
    return f"`{shown}` is not a value of `{word.name}`", f"it {expected}"


def _like(name: str) -> str | None:
    """Return the option that a name was probably meant for. Words of PBS are not meant for options of sbatch."""
    return None if name in OF_PBS else closest(name.replace("_", "-"), sorted(OPTIONS | ELSEWHERE.keys()))


def shape_of(words: Mapping[str, str | None]) -> Shape | None:
    """Return how valid words share out the cores, or None where they do not say.

    As in sbatch, a node has one task by default, and a task has one core.
    """
    if not any(name in words for name in COUNTING):
        return None
    low, high = _range(words.get("nodes"))
    nodes = low if low == high else None
    tasks, per_node = _count(words, "ntasks"), _count(words, "ntasks-per-node")
    per_gpu = _count(words, "ntasks-per-gpu")
    gpus = gpus_of(words, nodes, tasks)
    if tasks is None and per_gpu is not None:
        tasks = None if gpus is None else per_gpu * gpus
    elif tasks is None and "nodes" in words:
        tasks = None if nodes is None else nodes * (per_node or 1)
    elif tasks is None:
        tasks = per_node or 1
    if tasks is not None and nodes is None and "nodes" not in words:
        nodes = -(-tasks // per_node) if per_node else None
    each = _count(words, "cpus-per-task")
    by_gpu = _count(words, "cpus-per-gpu")
    if by_gpu is not None:
        total = None if gpus is None else by_gpu * gpus
        return Shape(nodes, tasks, None if total is None or not tasks else max(total // tasks, 1), total)
    return Shape(nodes, tasks, each or 1, None if tasks is None else tasks * (each or 1))


def gpus_of(words: Mapping[str, str | None], nodes: int | None, tasks: int | None) -> int | None:
    """Return the number of all GPUs, or None where the words leave it open."""
    for name, times in (("gpus", 1), ("gpus-per-node", nodes or 1), ("gpus-per-task", tasks)):
        value = words.get(name)
        if value is not None:
            return None if times is None else times * sum(int(part.rpartition(":")[2]) for part in value.split(","))
    found = [part.removeprefix("gres/").split(":") for part in (words.get("gres") or "").split(",")]
    counts = [int(parts[-1]) if parts[-1].isdecimal() else 1 for parts in found if parts[0] == "gpu"]
    return (nodes or 1) * sum(counts) if counts else None


def mebibytes(size: str) -> int:
    """Return a size of a valid word in MiB, rounded up as Slurm does."""
    digits = size.rstrip("KMGTBkmgtb")
    unit = size[len(digits) :].upper().rstrip("B")
    return -(-int(digits) // 1024) if unit == "K" else int(digits) * MEBIBYTES[unit]


def has_open_nodes(words: Mapping[str, str | None]) -> bool:
    """Return whether `nodes` leaves the number of nodes open."""
    low, high = _range(words.get("nodes"))
    return low != high


def _range(value: str | None) -> tuple[int | None, int | None]:
    if value is None:
        return None, None
    low, _, high = value.partition("-")
    return int(low), int(high or low)


def _count(words: Mapping[str, str | None], name: str) -> int | None:
    value = words.get(name)
    return int(value) if value is not None else None
