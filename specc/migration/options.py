"""The options of sbatch: how each takes its value, why some have no place in a spec, and how words become options.

Words are read by the rules of getopt_long, which sbatch uses: abbreviations, bundles, and the last of equal options
wins.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Literal, NamedTuple

from specc.diagnostics import Diagnostic, closest, codes, one_of
from specc.fast_dataclass import dataclass
from specc.migration.directives import Word
from specc.migration.writing import Note
from specc.source import Span

Takes = Literal["nothing", "maybe", "value"]

PLACEMENT = "the API knows cores, not where on the nodes they are"
HARDWARE = "the API has no field for it; choose a queue that has what the job needs"
ACCELERATORS = "the API has no field for accelerators; choose a queue that has them"
ACCOUNTING = "the API has no field for accounts and shares"
MAIL = "the API sends no mail; `specc wait` says when jobs end"
ORDER = "specc submits jobs that are independent and start when they can; use `specc wait` between them"
PRIORITY = "`ehpc/v1` has no priority, and that of `ehpc/v2` has values of its own"
SBATCH = "it changes what sbatch does, not the job"
RETRY = "specc never runs a job twice by itself; `specc submit --rerun` does"
LIMITS = "limits of the shell are not passed on; write `ulimit` into the script"
SITE = "it belongs to the site's Slurm, and the API has no field for it"
WHO = "the job runs as the run_user of specc.toml"
SIGNALS = "the API sends no signal before the time limit"
LOGS = "the target decides whether an output file is overwritten"
ALIASES = {"tasks-per-node": "ntasks-per-node", "cluster": "clusters"}


class Flag(NamedTuple):
    """`reason` is empty for an option that has a meaning in a spec."""

    name: str
    short: str = ""
    takes: Takes = "value"
    reason: str = ""


USED = (
    Flag("array", "a"), Flag("chdir", "D"), Flag("cpus-per-task", "c"), Flag("error", "e"), Flag("export"),
    Flag("input", "i"), Flag("job-name", "J"), Flag("mem"), Flag("mem-per-cpu"), Flag("nodes", "N"),
    Flag("ntasks", "n"), Flag("ntasks-per-node"), Flag("output", "o"), Flag("partition", "p"), Flag("time", "t"),
    Flag("wrap"),
)  # fmt: skip
DROPPED = (
    Flag("account", "A", "value", ACCOUNTING),
    Flag("acctg-freq", "", "value", SITE),
    Flag("batch", "", "value", HARDWARE),
    Flag("bb", "", "value", SITE),
    Flag("bbf", "", "value", SITE),
    Flag("begin", "b", "value", ORDER),
    Flag("cluster-constraint", "", "value", SITE),
    Flag("clusters", "M", "value", "the cluster is chosen by the target in specc.toml"),
    Flag("comment", "", "value", "the API has no field for it; a comment in the spec does"),
    Flag("constraint", "C", "value", HARDWARE),
    Flag("container", "", "value", "the API has no field for it; run the container in the script"),
    Flag("context", "", "value", SITE),
    Flag("contiguous", "", "nothing", PLACEMENT),
    Flag("core-spec", "S", "value", PLACEMENT),
    Flag("cores-per-socket", "", "value", PLACEMENT),
    Flag("cpu-freq", "", "value", HARDWARE),
    Flag("cpus-per-gpu", "", "value", ACCELERATORS),
    Flag("deadline", "", "value", ORDER),
    Flag("delay-boot", "", "value", SITE),
    Flag("dependency", "d", "value", ORDER),
    Flag("distribution", "m", "value", PLACEMENT),
    Flag("exclude", "x", "value", PLACEMENT),
    Flag("exclusive", "", "maybe", PLACEMENT),
    Flag("export-file", "", "value", "write the variables under `env` of cmd_line"),
    Flag("extra-node-info", "B", "value", PLACEMENT),
    Flag("get-user-env", "", "maybe", WHO),
    Flag("gid", "", "value", WHO),
    Flag("gpu-bind", "", "value", ACCELERATORS),
    Flag("gpu-freq", "", "value", ACCELERATORS),
    Flag("gpus", "G", "value", ACCELERATORS),
    Flag("gpus-per-node", "", "value", ACCELERATORS),
    Flag("gpus-per-socket", "", "value", ACCELERATORS),
    Flag("gpus-per-task", "", "value", ACCELERATORS),
    Flag("gres", "", "value", ACCELERATORS),
    Flag("gres-flags", "", "value", ACCELERATORS),
    Flag("help", "h", "nothing", SBATCH),
    Flag("hint", "", "value", PLACEMENT),
    Flag("hold", "H", "nothing", "a target cannot hold a job"),
    Flag("ignore-pbs", "", "nothing", SBATCH),
    Flag("kill-on-invalid-dep", "", "value", ORDER),
    Flag("licenses", "L", "value", HARDWARE),
    Flag("mail-type", "", "value", MAIL),
    Flag("mail-user", "", "value", MAIL),
    Flag("mcs-label", "", "value", SITE),
    Flag("mem-bind", "", "value", PLACEMENT),
    Flag("mem-per-gpu", "", "value", ACCELERATORS),
    Flag("mincpus", "", "value", PLACEMENT),
    Flag("network", "", "value", SITE),
    Flag("nice", "", "maybe", PRIORITY),
    Flag("no-kill", "k", "maybe", SITE),
    Flag("no-requeue", "", "nothing", RETRY),
    Flag("nodefile", "F", "value", PLACEMENT),
    Flag("nodelist", "w", "value", PLACEMENT),
    Flag("ntasks-per-core", "", "value", PLACEMENT),
    Flag("ntasks-per-gpu", "", "value", ACCELERATORS),
    Flag("ntasks-per-socket", "", "value", PLACEMENT),
    Flag("ntasks-per-tres", "", "value", ACCELERATORS),
    Flag("open-mode", "", "value", LOGS),
    Flag("overcommit", "O", "nothing", PLACEMENT),
    Flag("oversubscribe", "s", "nothing", PLACEMENT),
    Flag("parsable", "", "nothing", SBATCH),
    Flag("power", "", "value", SITE),
    Flag("prefer", "", "value", HARDWARE),
    Flag("priority", "", "value", PRIORITY),
    Flag("profile", "", "value", SITE),
    Flag("propagate", "", "maybe", LIMITS),
    Flag("qos", "q", "value", ACCOUNTING),
    Flag("quiet", "Q", "nothing", SBATCH),
    Flag("reboot", "", "nothing", SITE),
    Flag("requeue", "", "nothing", RETRY),
    Flag("reservation", "", "value", SITE),
    Flag("signal", "", "value", SIGNALS),
    Flag("sockets-per-node", "", "value", PLACEMENT),
    Flag("spread-job", "", "nothing", PLACEMENT),
    Flag("switches", "", "value", PLACEMENT),
    Flag("test-only", "", "nothing", SBATCH),
    Flag("thread-spec", "", "value", PLACEMENT),
    Flag("threads-per-core", "", "value", PLACEMENT),
    Flag("time-min", "", "value", "the API has one limit of time"),
    Flag("tmp", "", "value", HARDWARE),
    Flag("uid", "", "value", WHO),
    Flag("usage", "", "nothing", SBATCH),
    Flag("use-min-nodes", "", "nothing", PLACEMENT),
    Flag("verbose", "v", "nothing", SBATCH),
    Flag("version", "V", "nothing", SBATCH),
    Flag("wait", "W", "nothing", "`specc wait` waits for jobs"),
    Flag("wait-all-nodes", "", "value", SITE),
    Flag("wckey", "", "value", ACCOUNTING),
)
"""The options of sbatch 22.05 without a field, in the order of its manual."""

NEWER = (
    Flag("consolidate-segments", "", "nothing", PLACEMENT),
    Flag("container-id", "", "value", "the API has no field for it; run the container in the script"),
    Flag("extra", "", "value", SITE),
    Flag("oom-kill-step", "", "maybe", SITE),
    Flag("resv-ports", "", "maybe", SITE),
    Flag("segment", "", "value", PLACEMENT),
    Flag("spread-segments", "", "nothing", PLACEMENT),
    Flag("stepmgr", "", "nothing", SITE),
    Flag("tres-bind", "", "value", ACCELERATORS),
    Flag("tres-per-task", "", "value", ACCELERATORS),
)
"""Options of later releases, known by their full names alone, so that they make no abbreviation ambiguous."""

LONG = {flag.name: flag for flag in (*USED, *DROPPED)}
SHORT = {flag.short: flag for flag in LONG.values() if flag.short}
ABBREVIATED = {**LONG, **{alias: LONG[name] for alias, name in ALIASES.items()}}
KNOWN = {**ABBREVIATED, **{flag.name: flag for flag in NEWER}}


@dataclass(frozen=True, slots=True)
class Option:
    """One option as given; `value` is None where it has none. `directive` is that of another scheduler."""

    flag: Flag
    value: str | None
    span: Span
    line: int
    directive: str | None = None

    @property
    def shown(self) -> str:
        if self.directive is not None:
            return f"`{self.directive}`"
        value = "" if self.value is None else f"={self.value}"
        return f"`--{self.flag.name}{value}`"


def read_options(words: list[Word]) -> Iterator[Option | Diagnostic]:
    """Yield every option in the order written, and a diagnostic for every word that sbatch would refuse."""
    rest = list(reversed(words))
    while rest:
        word = rest.pop()
        if word.text == "--":
            yield from (_no_option(each) for each in rest[-1:])
            return
        if word.text.startswith("--"):
            yield _long(word, rest)
        elif word.text.startswith("-") and word.text != "-":
            yield from _bundle(word, rest)
        else:
            yield _no_option(word)


def last_of_each(options: list[Option]) -> tuple[dict[str, Option], list[Note]]:
    """Return the options that count, by name, and a note on each option that a later one replaces.

    Types of mail add up, as in sbatch.
    """
    mails = [option for option in options if option.flag.name == "mail-type"]
    if len(mails) > 1 and all(option.value for option in mails):
        kinds = (kind for option in mails for kind in (option.value or "").upper().split(",") if kind != "NONE")
        types = dict.fromkeys(kinds) or ["NONE"]
        together = replace(mails[-1], value=",".join(types))
        options = [*(option for option in options if option not in mails), together]
    chosen = {option.flag.name: option for option in options}
    notes = [
        Note(option.line, f"{option.shown} has no effect: line {chosen[option.flag.name].line} sets it again")
        for option in options
        if chosen[option.flag.name] is not option
    ]
    return chosen, notes


def _long(word: Word, rest: list[Word]) -> Option | Diagnostic:
    name, equals, value = word.text[2:].partition("=")
    matches = {flag.name: flag for known, flag in ABBREVIATED.items() if known.startswith(name)}
    flag = KNOWN.get(name) or (next(iter(matches.values())) if len(matches) == 1 else None)
    if flag is None:
        if len(matches) > 1:
            message = f"`--{name}` can be the start of {len(matches)} options"
            ways = f"write out {one_of('--' + full for full in matches)}"
            return codes.BAD_DIRECTIVE.at(word.span, message, help=ways)
        near = closest(name, KNOWN)
        help = f"did you mean `--{near}`?" if near else "`man sbatch` lists the options"
        return codes.BAD_DIRECTIVE.at(word.span, f"sbatch has no option `--{name}`", help=help)
    if equals and flag.takes == "nothing":
        message = f"`--{flag.name}` takes no value"
        return codes.BAD_DIRECTIVE.at(word.span, message, help=f"write `--{flag.name}`")
    if equals or flag.takes != "value":
        return Option(flag, value if equals else None, word.span, word.line)
    return _with_next(flag, f"--{name}", word, rest)


def _bundle(word: Word, rest: list[Word]) -> Iterator[Option | Diagnostic]:
    """Yield the options of one word: `-n4`, `-n 4`, `-Hn4`."""
    letters = word.text[1:]
    for at, letter in enumerate(letters):
        flag = SHORT.get(letter)
        if flag is None:
            yield codes.BAD_DIRECTIVE.at(word.span, f"sbatch has no option `-{letter}`")
            return
        value = letters[at + 1 :]
        if flag.takes == "nothing":
            yield Option(flag, None, word.span, word.line)
        elif value or flag.takes == "maybe":
            yield Option(flag, value or None, word.span, word.line)
            return
        else:
            yield _with_next(flag, f"-{letter}", word, rest)


def _with_next(flag: Flag, written: str, word: Word, rest: list[Word]) -> Option | Diagnostic:
    """Return an option whose value is the next word, which may stand on the next line."""
    if not rest:
        return codes.BAD_DIRECTIVE.at(word.span, f"`{written}` lacks its value")
    return Option(flag, rest.pop().text, word.span, word.line)


def _no_option(word: Word) -> Diagnostic:
    help = "put quotes around a value that has spaces in it"
    return codes.BAD_DIRECTIVE.at(word.span, f"`{word.text}` is not an option, so sbatch refuses the script", help=help)
