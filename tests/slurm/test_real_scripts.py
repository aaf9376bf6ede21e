"""Scripts do under specc what they do under `sbatch`: the same script, both ways, on a real Slurm.

Compared are the exit code, what the job printed, the files that it made, its working directory, its ranks, and the
variables in `COMPARED`. Where a script does not say how many tasks it has or how many cores a task, sbatch sets no
variable for that, and specc may: those in `TOLD`, and `OMP_NUM_THREADS`.
"""

import json
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from support.slurm_cluster import Cluster, need

COMPARED = (
    "SLURM_NTASKS", "SLURM_NPROCS", "SLURM_NNODES", "SLURM_JOB_NUM_NODES", "SLURM_CPUS_PER_TASK",
    "SLURM_NTASKS_PER_NODE", "SLURM_TASKS_PER_NODE", "SLURM_JOB_CPUS_PER_NODE", "SLURM_JOB_NODELIST",
    "SLURM_JOB_PARTITION", "SLURM_JOB_NAME", "SLURM_SUBMIT_DIR", "SLURM_MEM_PER_NODE", "SLURM_MEM_PER_CPU",
    "SLURM_ARRAY_TASK_ID", "SLURM_RESTART_COUNT", "SLURM_CLUSTER_NAME", "PWD", "HOME", "USER", "PATH", "SHELL", "LANG",
)  # fmt: skip
TOLD = ("SLURM_NTASKS", "SLURM_NPROCS", "SLURM_CPUS_PER_TASK")
WORLD = 'for name in {}; do echo "$name=${{!name-unset}}"; done\n'.format(" ".join(COMPARED))
MPI = "export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1\n"
MODULES = Path("/usr/share/modules/init/bash")
OWN = {"specc.toml", "jobs", ".git", ".gitignore", ".pre-commit-config.yaml", "schemas", "run.sbatch"}
"""What `specc init` makes, and the script itself."""


@dataclass(frozen=True)
class Shape:
    """A script, the files beside it, what it needs on this machine, and how often it is run."""

    script: str
    files: Mapping[str, str] = field(default_factory=dict)
    programs: tuple[str, ...] = ()
    runs: int = 1


def bash(directives: str, body: str) -> str:
    lines = "".join(f"#SBATCH {line}\n" for line in directives.split("; "))
    return f"#!/bin/bash\n{lines}\n{body}{WORLD}"


SHAPES = {
    "array arithmetic": Shape(
        bash(
            "--job-name=sweep; --array=2-6:2; --output=out_%a.txt; --time=5",
            "n=$((SLURM_ARRAY_TASK_ID * 10 + ${SLURM_ARRAY_TASK_ID} % 4))\n"
            'line=$(sed -n "${SLURM_ARRAY_TASK_ID}p" list)\n'
            'echo "$SLURM_JOB_NAME $n $line" | tee "result_${SLURM_ARRAY_TASK_ID}"\n'
            '[ "$SLURM_ARRAY_TASK_ID" != 4 ] || exit 4\n',
        ),
        {"list": "a\nb\nc\nd\ne\nf\n"},
    ),
    "mpi": Shape(
        bash(
            "-J ranks; -n 4; -N 1; --mem-per-cpu=200M; -o out.txt",
            f'{MPI}mpirun --bind-to none sh -c \'echo "rank $OMPI_COMM_WORLD_RANK of $OMPI_COMM_WORLD_SIZE"\' | sort\n',
        ),
        programs=("mpirun",),
    ),
    "hybrid": Shape(
        bash(
            "-J both; --nodes=2; --ntasks-per-node=2; --cpus-per-task=2; --mem=400M; --output=out.txt; --exclusive",
            "export OMP_NUM_THREADS=$SLURM_CPUS_PER_TASK\n"
            "srun --cpus-per-task=$SLURM_CPUS_PER_TASK sh -c "
            "'echo \"rank $SLURM_PROCID of $SLURM_NTASKS, $OMP_NUM_THREADS threads on $SLURMD_NODENAME\"' | sort\n",
        ),
    ),
    "modules": Shape(
        bash(
            "-J mod; --output=out.txt",
            'module load tool/1.0 || exit 9\necho "$TOOL_HOME"\nmodule list 2>&1 | grep -o tool/1.0\n',
        ),
        {"modulefiles/tool/1.0": "#%Module1.0\nsetenv TOOL_HOME /opt/tool\n"},
    ),
    "checkpoint": Shape(
        bash(
            "-J chk; --output=out.txt; --requeue",
            'if [ -f state.chk ]; then read -r step <state.chk; else step=0; fi\necho "from step $step"\n'
            "step=$((step + 5)); echo $step >state.chk\n",
        ),
        runs=2,
    ),
    "signals": Shape(
        bash(
            "-J told; --time=1; --signal=B:USR1@50; --output=out.txt",
            "trap 'echo told; touch saved; kill $child; exit 3' USR1\nsleep 300 &\nchild=$!\nwait\n",
        ),
    ),
    "here-documents": Shape(
        bash(
            "--job-name=case; -c 2; --output=out.txt; --error=err.txt",
            "cat >in.nml <<EOF\n&run name='$SLURM_JOB_NAME', n=$SLURM_CPUS_PER_TASK /\nEOF\n"
            "cat <<'EOF' | tee raw\n$HOME `date` $(id) \\t {{ no }}\nEOF\n"
            "python3 - <<PY\nprint(2 + $SLURM_CPUS_PER_TASK)\nPY\n"
            "if true; then\n\tcat <<-EOF\n\tindented\n\tEOF\nfi\necho no >&2\n",
        ),
    ),
    "copies of the submit folder": Shape(
        bash(
            "--job-name=copies; --output=out.txt",
            "work=$SLURM_SUBMIT_DIR/run_$SLURM_JOB_NAME\nmkdir -p $work\ncp $SLURM_SUBMIT_DIR/*.dat $work/\n"
            "cd $work && cat a.dat b.dat > sum.dat && ls\ncp sum.dat $SLURM_SUBMIT_DIR/result.txt\n"
            "cd $SLURM_SUBMIT_DIR\n",
        ),
        {"a.dat": "1\n", "b.dat": "2\n"},
    ),
    "scratch with a trap": Shape(
        bash(
            "-J scratch; -o out.txt; -n 1",
            "set -euo pipefail\nscratch=$(mktemp -d)\n"
            "trap 'cp \"$scratch\"/result* \"$SLURM_SUBMIT_DIR\"/; rm -rf \"$scratch\"' EXIT\n"
            'cp in.dat "$scratch"; cd "$scratch"\nsort -r in.dat > result.dat\ncd "$SLURM_SUBMIT_DIR"\n'
            "false | true\n",
        ),
        {"in.dat": "a\nb\n"},
    ),
    "python": Shape(
        "#!/usr/bin/env python3\n#SBATCH --job-name=snake\n#SBATCH --cpus-per-task=3\n#SBATCH --output=out.txt\n"
        "import os, sys\nprint(open('in.dat').read().strip(), len(sys.argv), sys.stdin.read() == '')\n"
        f"for name in {COMPARED!r}:\n    print(name + '=' + os.environ.get(name, 'unset'))\n"
        "open('made.txt', 'w').write('x')\nsys.exit(6)\n",
        {"in.dat": "data\n"},
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Did:
    """What came of a job: its exit codes, and the files that it made. Its folder is written as HERE in them."""

    codes: list[int]
    files: dict[str, str]


@pytest.mark.parametrize("name", SHAPES)
def test_a_script_does_under_specc_what_it_does_under_sbatch(slurm: Cluster, tmp_path: Path, name: str) -> None:
    shape = SHAPES[name]
    need(shape.programs, "openmpi-bin")
    environment = {**slurm.environment, "XDG_STATE_HOME": str(tmp_path / "state"), "HOME": str(tmp_path)}
    environment.pop("CI", None)
    bare, ours = tmp_path / "bare", tmp_path / "ours"
    for folder in (bare, ours):
        for path, text in {**shape.files, "run.sbatch": shape.script}.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text)
    if name == "modules":
        environment |= modules(tmp_path / "modulefiles", ours / "modulefiles", environment)
    expected, did = with_sbatch(bare, shape, environment, slurm), with_specc(ours, shape, environment)
    assert did.codes == expected.codes
    assert did.files.keys() == expected.files.keys()
    for path, text in expected.files.items():
        assert without_told(did.files[path], text) == text.splitlines(), path


def without_told(text: str, expected: str) -> list[str]:
    """Return the lines of a text, with a variable as unset where specc alone sets it."""
    unset = {f"{name}=1" for name in TOLD if f"{name}=unset" in expected}
    return [f"{line.partition('=')[0]}=unset" if line in unset else line for line in text.splitlines()]


def modules(path: Path, files: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """Return what a login shell with Environment Modules hands on to what it starts."""
    if not MODULES.exists():
        need(["module"], "environment-modules")
    shutil.copytree(files, path)
    command = f". {MODULES}; export MODULEPATH={path}; export -f module; declare -F _module_raw >/dev/null && "
    command += "export -f _module_raw; env -0"
    done = subprocess.run(["bash", "-c", command], env=environment, capture_output=True, check=True)
    variables = dict(entry.partition("=")[::2] for entry in done.stdout.decode().split("\0") if entry)
    return {name: value for name, value in variables.items() if environment.get(name) != value and name != "_"}


def with_sbatch(folder: Path, shape: Shape, environment: Mapping[str, str], slurm: Cluster) -> Did:
    codes = []
    for _ in range(shape.runs):
        done = subprocess.run(
            ["sbatch", "--parsable", "--wait", "run.sbatch"],
            cwd=folder,
            env={**environment, "PWD": str(folder)},
            capture_output=True,
            text=True,
            timeout=200,
            check=False,
        )
        job_id = done.stdout.strip()
        assert job_id.isdigit(), done
        shown = slurm.run("scontrol", "--oneliner", "show", "job", job_id)
        codes += [int(line.partition(" ExitCode=")[2].partition(":")[0]) for line in shown.splitlines()]
    return Did(sorted(codes), made(folder, shape))


def with_specc(folder: Path, shape: Shape, environment: Mapping[str, str]) -> Did:
    codes = []
    specc(folder, environment, "init", "--from", "run.sbatch")
    checked = specc(folder, environment, "check")
    assert "no problems" in checked, checked
    for number in range(shape.runs):
        specc(folder, environment, "submit", "-y", "--wait", *(["--rerun"] if number else []), code=None)
        jobs = json.loads(specc(folder, environment, "status", "--output", "json"))["jobs"]
        assert {job["job_state"] for job in jobs} <= {"finished", "exited"}, jobs
        codes += [job["exit_code"] for job in jobs]
    return Did(sorted(codes), made(folder, shape))


def specc(folder: Path, environment: Mapping[str, str], *words: str, code: int | None = 0) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "specc", *words],
        cwd=folder, env={**environment, "PWD": str(folder)}, capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip
    assert code is None or done.returncode == code, (words, done.stdout, done.stderr)
    return done.stdout + done.stderr if words[0] == "check" else done.stdout


def made(folder: Path, shape: Shape) -> dict[str, str]:
    """Return the texts of the files that the job made."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder)
        if path.is_file() and name.parts[0] not in OWN and str(name) not in shape.files:
            found[str(name)] = path.read_text().replace(str(folder), "HERE")
    return found
