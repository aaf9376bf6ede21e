"""Parts of the import of sbatch scripts: what golden cases and laws do not reach."""

from support.migrating import migrated_or_refused
from support.tables import each

from specc.diagnostics import Diagnostic
from specc.migration import Migrated
from specc.migration.arrays import read_tasks
from specc.migration.patterns import Job, fill
from specc.migration.resources import memory_amount, time_amount
from specc.migration.script import in_script, interpreter


def imported(*lines: str, body: str = "true\n", units: dict[str, str] | None = None) -> Migrated:
    text = "".join(f"{line}\n" for line in ("#!/bin/bash", *(f"#SBATCH {line}" for line in lines))) + body
    outcome = migrated_or_refused(text, units or {"mem_limit": "MiB", "time_limit": "min"})
    assert isinstance(outcome, Migrated), [each.message for each in outcome]
    return outcome


def refused(*lines: str) -> list[str]:
    text = "".join(f"{line}\n" for line in ("#!/bin/bash", *(f"#SBATCH {line}" for line in lines)))
    outcome = migrated_or_refused(text, {})
    assert not isinstance(outcome, Migrated)
    assert all(isinstance(each, Diagnostic) for each in outcome)
    return [each.message for each in outcome]


def fields(migrated: Migrated) -> dict[str, str]:
    lines = migrated.spec.partition("job:\n")[2].splitlines()
    return dict(line.strip().split(": ", 1) for line in lines if ": " in line)


@each(
    "lines, cores",
    [
        (["-c 4"], 4),
        (["-n 4 -c 2"], 8),
        (["-N 3"], 3),
        (["-N 2-4 --ntasks-per-node 8"], 16),
        (["-N 2 -n 6 --ntasks-per-node 8"], 6),
        (["-N 0 -n 2"], 2),
        (["-t 5"], 1),
    ],
)
def test_cores(lines: list[str], cores: int) -> None:
    assert fields(imported(*lines))["core_limit"] == str(cores)


@each(
    "lines, memory",
    [
        (["--mem=4G"], "4GiB"),
        (["--mem=1500 -N 2"], "3000MiB"),
        (["--mem-per-cpu=2G -n 8"], "16GiB"),
        (["--mem=1T"], "1TiB"),
        (["--mem=1K"], "1MiB"),
    ],
)
def test_memory(lines: list[str], memory: str) -> None:
    assert fields(imported(*lines))["mem_limit"] == memory


def test_all_memory_of_a_node_and_no_limit_of_time_are_left_out() -> None:
    migrated = imported("--mem=0 -t 0")
    assert not {"mem_limit", "time_limit"} & set(fields(migrated))
    assert [note.text for note in migrated.notes] == [
        "`--mem=0` is dropped: it means all memory of a node; set mem_limit",
        "`--time=0` is dropped: it means no limit, which is the default",
    ]


@each(
    "time, said",
    [
        ("1:30", ["`--time=1:30` is rounded up to 2min: an import counts whole minutes"]),
        ("1:00:01", ["`--time=1:00:01` is rounded up to 1h1min: an import counts whole minutes"]),
        ("1:00", []),
        ("1-12", []),
    ],
)
def test_seconds_are_rounded_up_and_said_so(time: str, said: list[str]) -> None:
    assert [note.text for note in imported(f"-t {time}").notes] == said


@each(
    "lines, mail",
    [
        (["--mail-type=END", "--mail-type=FAIL"], "--mail-type=END,FAIL"),
        (["--mail-type=end,fail", "-c 2", "--mail-type=END"], "--mail-type=END,FAIL"),
        (["--mail-type=NONE", "--mail-type=END"], "--mail-type=END"),
        (["--mail-type=NONE", "--mail-type=NONE"], "--mail-type=NONE"),
    ],
)
def test_types_of_mail_add_up_as_in_sbatch(lines: list[str], mail: str) -> None:
    (note,) = imported(*lines).notes
    assert note.text.startswith(f"`{mail}` is dropped")


def test_notes_name_what_does_the_same_here() -> None:
    notes = [note.text for note in imported("-J wave", "-a 0-20:5%2", "-o wave_%A_%a.out").notes]
    assert any("`specc submit --max-active 2`" in note for note in notes)
    assert any(note.endswith("until the job is submitted: a later run writes the same file") for note in notes)


@each(
    "lines, error",
    [
        (["-o a.out"], '"{{ job.stdout_redirect_path }}"'),
        (["-o a.out -e a.out"], '"{{ job.stdout_redirect_path }}"'),
        (["-o a.out -e b.out"], "b.out"),
        (["-e b.out"], "b.out"),
        (["-c 2"], None),
    ],
)
def test_one_file_takes_both_streams_as_in_sbatch(lines: list[str], error: str | None) -> None:
    assert fields(imported(*lines)).get("stderr_redirect_path") == error


def test_more_than_anybody_has() -> None:
    assert refused("-n 2147483647 -c 2") == ["4,294,967,294 cores are more than specc counts, 10,000,000"]
    assert refused("--mem=2000T") == ["more than 1024 TiB of memory is more than specc counts"]
    assert refused("-t 99999-0") == ["a time limit of more than 50 years"]


@each(
    "amount, text",
    [
        (memory_amount(1024, "GiB"), ("1GiB", False)),
        (memory_amount(1500, "GiB"), ("2GiB", True)),
        (memory_amount(1024, "GB"), ("2GB", True)),
        (memory_amount(3, "B"), ("3MiB", False)),
        (time_amount(90, "h"), ("2h", True)),
        (time_amount(120, "h"), ("2h", False)),
        (time_amount(2880, "min"), ("48h", False)),
        (time_amount(4321, "min"), ("3d1min", False)),
        (time_amount(1, "d"), ("1d", True)),
        (time_amount(1, "weeks"), ("1min", False)),
    ],
)
def test_amounts_are_rounded_up_to_the_unit_of_the_cluster(amount: tuple[str, bool], text: tuple[str, bool]) -> None:
    assert amount == text


@each(
    "text, why",
    [
        ("", "`` is neither a task number nor a range of them"),
        ("1-", "`1-` is neither a task number nor a range of them"),
        ("3,,4", "`` is neither a task number nor a range of them"),
        ("5-1", "the range `5-1` ends before it begins"),
        ("1-5:0", "the range `1-5:0` has a step of 0"),
        ("0-999999,1", "an array of more than 1,000,000 tasks is more than a matrix can have"),
        ("0-5000,9000", "5,002 tasks without a common step are more than a spec can list"),
    ],
)
def test_arrays_that_are_none(text: str, why: str) -> None:
    assert read_tasks(text) == why
    if text:
        assert refused(f"-a {text}") == [f"`--array={text}`: {why}"]


def test_the_bound_of_running_tasks_stands_anywhere() -> None:
    assert read_tasks("[1-10:2%4,15]") == ((1, 3, 5, 7, 9, 15), 4)


@each(
    "path, alone, in_array",
    [
        ("slurm-%j.out", "slurm-{{ job.name }}.out", "slurm-{{ job.name }}.out"),
        ("%x-%j.out", "{{ job.name }}.out", "n-{{ matrix.task }}.out"),
        ("%j_%x.out", "{{ job.name }}.out", "{{ matrix.task }}_n.out"),
        ("%A_%a.out", "{{ job.name }}_%a.out", "n_{{ matrix.task }}.out"),
        ("a%%j.out", "a%j.out", "a%j.out"),
        ("%x\\%j", "%x%j", "%x%j"),
        ("%b%s%t%n", "%bbatch00", "{{ matrix.task % 10 }}batch00"),
        ("plain.out", "plain.out", "plain.out"),
        ("logs/n_%A_%a.out", "logs/n_%a.out", "logs/n_{{ matrix.task }}.out"),
        ("n/%j.out", "n/out", "n/{{ matrix.task }}.out"),
        ("n-%A.out", "n.out", "n-{{ matrix.task }}.out"),
        ("nn_%A_%a.out", "nn_{{ job.name }}_%a.out", "nn_n_{{ matrix.task }}.out"),
    ],
)
def test_patterns(path: str, alone: str, in_array: str) -> None:
    assert fill(path, Job("n", False)).text == alone
    assert fill(path, Job("n", True)).text == in_array


def test_the_script_loses_its_directives_and_nothing_else() -> None:
    body = "\n\t# x  \necho 'é' \\\n  {{ }}\r\x85\n\n#SBATCH -n 3\nno end"
    assert imported("-n 2", "", "# a comment", body=body).script == f"#!/bin/bash\n{body}"


def test_ntasks_follows_core_limit_where_it_can() -> None:
    body = "echo $SLURM_NTASKS $SLURM_CPUS_PER_TASK\n"
    assert fields(imported("-n 4", body=body))["SLURM_NTASKS"] == '"{{ job.core_limit }}"'
    assert fields(imported("-c 4", body=body))["SLURM_CPUS_PER_TASK"] == '"{{ job.core_limit }}"'
    both = fields(imported("-n 4 -c 2", body=body))
    assert (both["SLURM_NTASKS"], both["SLURM_CPUS_PER_TASK"]) == ("4", "2")


def test_options_of_later_releases_are_known_by_their_full_names() -> None:
    assert "`--segment=2` is dropped" in imported("--segment=2").notes[0].text
    assert refused("--segmen=2") == ["sbatch has no option `--segmen`"]


def test_words_that_are_no_options() -> None:
    assert refused("-n 4 -- -c 2") == ["`-c` is not an option, so sbatch refuses the script"]
    assert refused("-n") == ["`-n` lacks its value"]
    assert refused("--ntasks") == ["`--ntasks` lacks its value"]
    assert refused("--hold=1", "--nt=2", "-Z") == [
        "`--hold` takes no value",
        "`--nt` can be the start of 6 options",
        "sbatch has no option `-Z`",
    ]
    assert refused(":x") == ["sbatch refuses a `:` at the start of a word"]


def body_notes(body: str) -> list[str]:
    return [note.text for note in imported("-n 1", body=body).notes]


@each(
    "line, instead",
    [
        ("/bin/bash", []),
        ("/bin/bash -e", ["set -e"]),
        ("/bin/bash -el", ["source /etc/profile", "set -e"]),
        ("/bin/bash -euo pipefail", ["set -euo pipefail"]),
        ("/usr/bin/env -S bash -euo pipefail", ["set -euo pipefail"]),
        ("/usr/bin/env -vSbash -x -e", ["set -x -e"]),
        ("/usr/bin/env -S A=b bash -o errexit -o pipefail", ["set -o errexit -o pipefail"]),
        ("/bin/bash --noprofile -e", ["set -e"]),
        ("/bin/bash --norc", []),
        ("/bin/bash --posix", ["set -o posix"]),
        ("/bin/bash --login", ["source /etc/profile"]),
        ("/bin/bash --rcfile x -O extglob +h", ["set +h", "shopt -s extglob"]),
        ("/bin/bash -", []),
    ],
)
def test_the_options_of_a_first_line_as_a_script_writes_them(line: str, instead: list[str]) -> None:
    assert sorted(in_script(interpreter(f"#!{line}").options)) == sorted(instead)


@each(
    "line, joined",
    [
        ("/bin/bash -e", ""),
        ("/bin/bash -e -u", "-e -u"),
        ("/bin/bash -euo pipefail", "-euo pipefail"),
        ("/usr/bin/env bash", ""),
        ("/usr/bin/env bash -e", "bash -e"),
        ("/usr/bin/env -S bash -e -u", ""),
    ],
)
def test_linux_hands_over_the_rest_of_a_first_line_as_one_word(line: str, joined: str) -> None:
    assert interpreter(f"#!{line}").joined == joined


@each(
    "body",
    [
        "echo call sbatch next.sh\n",
        "printf 'squeue -u %s\\n' me\n",
        "./run # then sbatch next.sh\n",
        "cat <<'EOF' >next.sh\nsrun ./a\nEOF\n",
        "grep -c srun log.txt\n",
        "note='sbatch is not called'\n",
        "./run --title 'how sbatch works'\n",
    ],
)
def test_what_only_speaks_of_slurm_is_not_a_command(body: str) -> None:
    assert body_notes(body) == []


@each(
    "body",
    [
        "snakemake --cluster 'sbatch -n 4' -j 9\n",
        'snakemake --cluster="sbatch -n {threads}"\n',
        "snakemake --cluster-generic-submit-cmd 'sbatch -n 4'\n",
        "sbatch <<EOF\n#!/bin/sh\nEOF\n",
        "ls *.job | xargs -n 1 sbatch\n",
        "id=$(sbatch --parsable next.sh)\n",
        'echo "$(sbatch next.sh)"\n',
        'eval "cd next; sbatch next.sh"\n',
        "run=sbatch\n$run next.sh\n",
        "if ! /usr/bin/sbatch next.sh; then :; fi\n",
        "ssh login 'cd x && sbatch next.sh'\n",
    ],
)
def test_a_command_of_slurm_that_is_run_in_some_way(body: str) -> None:
    assert [text.split()[0] for text in body_notes(body)] == ["`sbatch`"]


@each(
    "body, params",
    [
        ("./run $1\n", ['arg1: {type: string, description: "$1 of the script"}']),
        ("IN=${1}\n", ['in_: {type: string, description: "$1 of the script"}']),
        ('Case="$1" # the case\n', ['case: {type: string, description: "$1 of the script"}']),
        ("n=${1:-4}\n", ['n: {type: string, default: "4", description: "$1 of the script"}']),
        ("./run ${1:-$HOME/x}\n", ['arg1: {type: string, default: "", description: "$1 of the script"}']),
        ('[ -z "$1" ] || ./run $1\n', ['arg1: {type: string, default: "", description: "$1 of the script"}']),
        ('[ $# -gt 0 ] && [ -n "$1" ] && ./run $1\n', ['arg1: {type: string, description: "$1 of the script"}']),
        ("f() { echo $1; }\nawk '{print $1}' x\necho \\$1 '$1'\n", []),
        ("set -- a b\necho $1\n", []),
        ("set -e\necho $1\n", ['arg1: {type: string, description: "$1 of the script"}']),
        ("cat <<EOF\n$1\nEOF\n", ['arg1: {type: string, description: "$1 of the script"}']),
        ("cat <<'EOF'\n$1\nEOF\n", []),
    ],
)
def test_arguments_become_parameters(body: str, params: list[str]) -> None:
    spec = imported("-n 1", body=body).spec
    lines = spec.partition("params:\n")[2].partition("job:\n")[0].splitlines()
    assert [line.strip() for line in lines] == params


def test_an_argument_that_is_not_read_keeps_the_place_of_the_next() -> None:
    migrated = imported("-n 1", body="a=$1\nb=$3\n")
    assert 'args: ["{{ params.a }}", "{{ params.arg2 }}", "{{ params.b }}"]' in migrated.spec
    assert 'arg2: {type: string, default: ""' in migrated.spec


def test_directives_of_a_script_that_the_script_writes_are_text() -> None:
    body = "cat > next.sh <<EOF\n#!/bin/bash\n#SBATCH -n 4\nEOF\n#SBATCH -n 8\nsbatch next.sh\n"
    migrated = migrated_or_refused(f"#!/bin/bash\n#SBATCH -n 2\n{body}", {})
    assert isinstance(migrated, Migrated)
    assert migrated.script == f"#!/bin/bash\n{body}"
    late = "`#SBATCH` after a command is not read by sbatch either; it stays as a comment"
    assert [note.line for note in migrated.notes if note.text == late] == [7]
