"""Directives of PBS and Grid Engine, as options of sbatch."""

from support.migrating import migrated_or_refused
from support.tables import each

from specc.migration import Migrated

UNITS = {"mem_limit": "MiB", "time_limit": "min"}


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
    assert "is ignored because the script has directives of Slurm" in migrated.spec


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
