"""Directives of PBS and Grid Engine, as options of sbatch."""

from support.migrating import migrated_or_refused
from support.tables import each

from specc.migration import Migrated

UNITS = {"mem_limit": "MiB", "time_limit": "min"}
JOINED = {"stderr_redirect_path": '"{{ job.stdout_redirect_path }}"'}


def imported(*lines: str, body: str = "./run\n") -> Migrated:
    outcome = migrated_or_refused("".join(f"{line}\n" for line in ("#!/bin/bash", *lines)) + body, UNITS)
    assert isinstance(outcome, Migrated), [each.message for each in outcome]
    return outcome


def job(migrated: Migrated) -> dict[str, str]:
    lines = migrated.spec.partition("job:\n")[2].splitlines()
    return dict(line.strip().split(": ", 1) for line in lines if ": " in line)


@each(
    "line, field, value",
    [
        ("#PBS -l walltime=01:30:00", "time_limit", "1h30min"),
        ("#PBS -l walltime=7200", "time_limit", "2h"),
        ("#PBS -l nodes=2:ppn=8", "core_limit", "16"),
        ("#PBS -lnodes=1:ppn=4", "core_limit", "4"),
        ("#PBS -l nodes=node01:ppn=4", "core_limit", "4"),
        ("#PBS -l nodes=1:ppn=4+2:ppn=8", "core_limit", "20"),
        ("#PBS -l select=2:ncpus=8:mpiprocs=4", "core_limit", "16"),
        ("#PBS -l select=3", "core_limit", "3"),
        ("#PBS -l ncpus=6,walltime=10", "core_limit", "6"),
        ("#PBS -l mem=4gb", "mem_limit", "4GiB"),
        ("#PBS -l select=2:ncpus=1:mem=1500mb", "mem_limit", "3000MiB"),
        ("#PBS -l nodes=2:ppn=1,mem=3gb", "mem_limit", "3GiB"),
        ("#PBS -l nodes=1:ppn=4,pmem=1gb", "mem_limit", "4GiB"),
        ("#PBS -q long@server", "scheduler_queue_name", "long"),
        ("#PBS -N case", "name", "case"),
        ("#PBS -e host:err/x.txt", "stderr_redirect_path", "err/x.txt"),
        ("#PBS -o out/", "stdout_redirect_path", '"out/{{ job.name }}.out"'),
        ("#$ -l h_rt=0:30:0,h_vmem=2G", "time_limit", "30min"),
        ("#$ -pe mpi 4-16", "core_limit", "4"),
        ("#$ -N case", "name", "case"),
        ("#$ -q all.q", "scheduler_queue_name", "all.q"),
        ("#$-o x.out", "stdout_redirect_path", "x.out"),
    ],
)
def test_a_directive_becomes_a_field(line: str, field: str, value: str) -> None:
    assert job(imported(line))[field] == value


@each("line", ["#PBS -J 1-9:2", "#PBS -t 1-9:2", "#$ -t 1-9:2"])
def test_an_array_is_a_matrix(line: str) -> None:
    assert "task: {from: 1, to: 9, step: 2}" in imported(line).spec


def test_grid_engine_reads_its_lines_everywhere_and_pbs_only_at_the_top() -> None:
    late = imported("#$ -N first", body="true\n#$ -pe smp 4\n#$HOME\n# $ -N no\n")
    assert job(late)["core_limit"] == "4"
    assert late.script == "#!/bin/bash\ntrue\n#$HOME\n# $ -N no\n"
    early = imported("#PBS -N first", body="true\n#PBS -l ncpus=4\n")
    assert job(early)["core_limit"] == "1"
    assert "`#PBS` after a command is not read by PBS either; it stays as a comment" in early.spec


def test_the_folder_of_submission_is_where_the_job_starts() -> None:
    script = imported("#PBS -N a", body="cd ${PBS_O_WORKDIR}/x\n").script
    assert script == '#!/bin/bash\nexport PBS_O_WORKDIR="$PWD"\ncd ${PBS_O_WORKDIR}/x\n'


def test_a_script_of_slurm_stays_one_with_lines_of_others() -> None:
    migrated = imported("#PBS -l ncpus=9", "#SBATCH -n 2", "#$ -pe smp 3")
    assert job(migrated)["core_limit"] == "2"
    assert "line 4: `#$` is ignored because the script has directives of Slurm" in migrated.spec


def test_sbatch_reads_lines_of_pbs_and_lsf_wherever_they_stand_unless_it_is_told_not_to() -> None:
    body = "./run\n#PBS -q late\n#$ -pe smp 3\n"
    said = "sbatch reads `#{}`, too, and rather than `#SBATCH`; specc does not: set in the spec what it sets"
    read = imported("#SBATCH -n 2", "#BSUB -q a", body=body)
    assert [str(note.shown()) for note in read.notes] == [
        f"line 3: {said.format('BSUB')}",
        f"line 5: {said.format('PBS')}",
    ]
    ignored = imported("#SBATCH -n 2 --ignore-pbs", "#BSUB -q a", body=body)
    assert "rather than" not in ignored.spec
    assert "line 3: `#BSUB` is ignored because" in ignored.spec
    assert "rather than" not in imported("#PBS -N a", "#BSUB -q a", body=body).spec


def test_each_note_on_a_chunk_names_what_it_is_about() -> None:
    notes = imported("#PBS -l select=2:ncpus=8:mem=16gb:ngpus=1").notes
    chunk = "-l select=2:ncpus=8:mem=16gb:ngpus=1"
    instead = "on a `slurm` target write `gpus=2` in `resource_limit`"
    accelerators = "the API has no field for accelerators; choose a queue that has them"
    assert {note.shown() for note in notes if "GPU" in note.shown() or "times" in note.shown()} == {
        f"line 2: `{chunk}: 2 GPUs` is dropped: {accelerators}; {instead}",
        f"line 2: `{chunk}` times 2 nodes gives mem_limit 32GiB",
    }


def test_variables_of_an_array_of_grid_engine_are_those_of_the_whole_array() -> None:
    spec = imported("#$ -t 1-100:10", body="./run $SGE_TASK_FIRST $SGE_TASK_LAST $SGE_TASK_STEPSIZE\n").spec
    assert "SGE_TASK_FIRST: 1\n" in spec
    assert "SGE_TASK_LAST: 91\n" in spec
    assert "SGE_TASK_STEPSIZE: 10\n" in spec


def test_the_way_out_for_a_program_names_the_directives_that_the_script_has() -> None:
    outcome = migrated_or_refused("#!/bin/tcsh\n#PBS -t 1-4\n./run\n", UNITS)
    assert not isinstance(outcome, Migrated)
    assert [each.help for each in outcome] == ["put the `#PBS` lines into a shell script that runs `tcsh run.sbatch`"]


@each(
    "line, message",
    [
        (
            "#PBS -l walltime=2h",
            "`-l walltime=2h` cannot be read, expected a time such as `2:00:00`, or `7200` seconds",
        ),
        ("#PBS -l mem=big", "`-l mem=big` cannot be read, expected a size such as `4gb`"),
        ("#PBS -l nodes=0:ppn=4", "`-l nodes=0:ppn=4` cannot be read, expected chunks such as `nodes=2:ppn=8`"),
        ("#PBS -N", "`-N` lacks its value"),
        ("#PBS -P \n#PBS -N case", "`-P` lacks its value"),
        ("#$ -pe mpi\n#$ -cwd", "`-pe mpi` cannot be read, expected the name of an environment and a number"),
        ("#PBS word", "`word` is not an option of PBS"),
        (
            "#$ -pe mpi many",
            "`-pe mpi many` cannot be read, expected the name of an environment and a number, such as `-pe mpi 16`",
        ),
        ("#$ -t 5-1", "`-t 5-1`: the range `5-1` ends before it begins"),
    ],
)
def test_what_cannot_be_read_is_refused(line: str, message: str) -> None:
    outcome = migrated_or_refused(f"#!/bin/bash\n{line}\n./run\n", UNITS)
    assert not isinstance(outcome, Migrated)
    assert message in [each.message for each in outcome]


@each(
    "lines, fields",
    [
        (["#PBS -j oe", "#PBS -o a", "#PBS -e b"], {"stdout_redirect_path": "a", **JOINED}),
        (["#PBS -j eo", "#PBS -o a", "#PBS -e b"], {"stdout_redirect_path": "b", **JOINED}),
        (["#PBS -e b", "#PBS -j oe"], {}),
        (["#$ -j y", "#$ -o a", "#$ -e b"], {"stdout_redirect_path": "a", **JOINED}),
        (["#$ -j n", "#$ -o a", "#$ -e b"], {"stdout_redirect_path": "a", "stderr_redirect_path": "b"}),
    ],
)
def test_streams_that_are_joined_go_to_one_file(lines: list[str], fields: dict[str, str]) -> None:
    migrated = imported(*lines)
    assert {name: value for name, value in job(migrated).items() if name.endswith("_path")} == fields
    assert ("has no effect: `-j" in migrated.spec) == ("-j n" not in lines[0])


@each(
    "path, wanted",
    [
        ("$PBS_O_WORKDIR/logs/a.out", "logs/a.out"),
        ("${PBS_O_WORKDIR}", '"run.{{ matrix.task }}.out"'),
        ("logs/", '"logs/run.{{ matrix.task }}.out"'),
    ],
)
def test_a_path_of_pbs_begins_in_the_folder_of_the_submission(path: str, wanted: str) -> None:
    assert job(imported("#PBS -J 1-3", f"#PBS -o {path}"))["stdout_redirect_path"] == wanted


@each("line", ["#PBS -S /usr/bin/perl", "#$ -S /usr/bin/perl", "#$ -S /bin/csh@host,/bin/sh"])
def test_another_program_than_that_of_the_first_line_is_refused(line: str) -> None:
    outcome = migrated_or_refused(f"#!/bin/bash\n{line}\nprint 1\n", UNITS)
    assert not isinstance(outcome, Migrated)
    assert "which its `#!` line does not name" in outcome[0].message


@each("line", ["#PBS -S /bin/sh", "#$ -S /usr/local/bin/zsh"])
def test_a_shell_like_that_of_the_first_line_changes_nothing(line: str) -> None:
    assert job(imported(line))["core_limit"] == "1"


def test_a_program_that_both_lines_name_runs_the_script() -> None:
    outcome = migrated_or_refused("#!/usr/bin/env Rscript\n#$ -S /opt/R/bin/Rscript\nx <- f(1)\n", UNITS)
    assert isinstance(outcome, Migrated)
    assert outcome.file == "run.R"


@each(
    "lines, body, is_said",
    [
        (["#PBS -N a"], "./run\n", True),
        (["#PBS -N a"], "module load x\ncd sub\n", True),
        (["#PBS -N a"], "module load x\ncd $PBS_O_WORKDIR\n./run\n", False),
        (["#PBS -N a", "#PBS -d /data"], "./run\n", False),
        (["#$ -N a"], "./run\n", True),
        (["#$ -cwd"], "./run\n", False),
        (["#$ -wd /data"], "./run\n", False),
        (["#SBATCH -n 1"], "./run\n", False),
    ],
)
def test_a_job_that_began_in_the_home_folder_is_told_where_it_begins_now(
    lines: list[str], body: str, is_said: bool
) -> None:
    assert ("starts the job in the home folder" in imported(*lines, body=body).spec) == is_said


@each(
    "body, is_said",
    [
        ("cd $TMPDIR\n", True),
        ("cp x ${TMPDIR}/\n", True),
        ("cd ${TMPDIR:-/tmp}\n", False),
        ("export TMPDIR=/scratch\ncd $TMPDIR\n", False),
    ],
)
def test_the_scratch_folder_of_a_scheduler_is_not_given(body: str, is_said: bool) -> None:
    for line in ("#PBS -N a", "#$ -cwd"):
        assert ("`TMPDIR` is set only by" in imported(line, body=body).spec) == is_said


def test_memory_of_the_whole_job_is_not_said_to_be_multiplied() -> None:
    migrated = imported("#PBS -l nodes=2:ppn=1,mem=4gb")
    assert job(migrated)["mem_limit"] == "4GiB"
    assert "times 2 nodes" not in migrated.spec


def test_threads_that_pbs_sets_are_said() -> None:
    assert "export OMP_NUM_THREADS=4" in imported("#PBS -l select=1:ncpus=8:ompthreads=4").spec


def test_cores_beyond_the_ranks_are_said() -> None:
    migrated = imported("#PBS -l select=2:ncpus=20:mpiprocs=15:mem=1gb")
    assert (job(migrated)["core_limit"], job(migrated)["mem_limit"]) == ("30", "2GiB")
    (note, *_) = [note.text for note in migrated.notes if "asks for" in note.text]
    assert note.endswith("` asks for 40 cores for 30 ranks; core_limit is 30, one core for each")


def test_the_processors_of_a_chunk_are_those_of_one_node() -> None:
    assert 'NCPUS: "{{ job.core_limit }}"' in imported("#PBS -l select=1:ncpus=8", body="echo $NCPUS\n").spec
    assert "NCPUS: 8\n" in imported("#PBS -l select=2:ncpus=8", body="echo $NCPUS\n").spec


def test_a_variable_that_is_not_passed_is_named_as_its_script_names_it() -> None:
    assert "`-v DISPLAY` is dropped" in imported("#$ -v DISPLAY,A=1").spec
    assert "`--export=DISPLAY` is dropped" in imported("#SBATCH --export=DISPLAY,A=1").spec


@each("line, written", [("#$ -o $JOB_ID.out", "`$JOB_ID`"), ("#PBS -o ${PBS_JOBID}.out", "`${PBS_JOBID}`")])
def test_the_id_that_is_not_known_is_named_as_its_script_names_it(line: str, written: str) -> None:
    (note,) = [note.text for note in imported(line).notes if "the job's id" in note.text]
    assert f": {written}, the job's id, is replaced" in note
