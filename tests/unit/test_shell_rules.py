"""The rules about shell commands: what they find, where they point, and what they leave alone."""

import json
import os
import subprocess

import pytest
from support.projects import SETTINGS, Place
from support.tables import each

from specc.rules.characters import PLAIN

SPEC = """specc: 1
params: {{dir: {{type: string, default: /scratch}}}}
vars: {{t: '"', n: [1, 2]}}
job:
  name: a
  core_limit: 4
  cmd_line: {}
"""


@pytest.fixture
def project(place: Place) -> Place:
    for path in place.root.glob("*.job.yaml"):
        path.unlink()
    place.put("specc.toml", SETTINGS.encode())
    return place


def findings(project: Place, command: str, script: str = "", name: str = "run.sh") -> list[tuple[str, str]]:
    """The code of each finding, and the text that it points at."""
    texts = {"a.job.yaml": SPEC.format(command), name: script}
    for path, text in texts.items():
        project.put(path, text.encode())
    project.run("check", "--output", "json")
    return [
        (finding["code"], pointed(texts[finding["path"]], finding))
        for finding in json.loads(project.out)["diagnostics"]
        if finding["code"] not in ("SPC501", "SPC502")
    ]


def pointed(text: str, span: dict) -> str:
    lines = text.split("\n")
    start, end = span["start"], span["end"]
    if start["line"] != end["line"]:
        return "several lines"
    return lines[start["line"] - 1][start["column"] - 1 : end["column"] - 1]


CASES = [
    ("echo 'a b' | tr a b", []),
    ("'echo \"a'", [("SPC540", '"')]),
    ('"echo \\"a\\tb"', [("SPC540", '\\"')]),
    ("|\n    cd {{ params.dir }}\n    done\n", [("SPC540", "done")]),
    ("|\n    cd {{ params.dir }}; fi; cd {{ params.dir }}\n", [("SPC540", "fi")]),
    ("echo {{ vars.t | raw }}", [("SPC540", "{{ vars.t | raw }}")]),
    ("|\n    {% for n in vars.n %}\n    echo {{ n }}\n    {% endfor %}\n    fi\n", [("SPC540", "fi")]),
    ("|\n    {% for n in vars.n %}\n    echo {{ vars.t | raw }}\n    {% endfor %}(\n", [("SPC540", "(")]),
    ("|\n    {% if true %}{{ vars.t | raw }}{% endif %}\n", [("SPC540", "several lines")]),
    ("|\n    #!/usr/bin/env python\n    print('if (')\n    if x:\n", [("SPC553", "#!/usr/bin/env python")]),
    ("|\n    cat <<E\n    a\n     E\n", [("SPC541", "<<E")]),
    (">\n    cat <<E\n    it's\n    E\n", [("SPC542", "<<E")]),
    (">\n    cat <<E\n\n    a\n\n    E\n", []),
    ("cd /data； ls", [("SPC546", "；")]),
    ("./run ２；./b ｜./c", [("SPC546", "；"), ("SPC546", "｜")]),
    ("mpirun –np 4 ./solver", [("SPC546", "–")]),
    ("mpirun -np　4 ./solver", [("SPC546", "　")]),
    ("mpirun -np\u00a04 ./solver", [("SPC546", "\u00a0")]),
    ("./run --name “my case” --dir=‘x’", [("SPC546", char) for char in "“”‘’"]),
    ("./run “a”　—b a＞ b", [("SPC546", char) for char in "“”　—＞"]),
    ("./run {{ params.dir }}；", [("SPC546", "；")]),
    ("./run $(date；)", [("SPC546", "；")]),
    ("echo “完成”； 下一步　— 好", []),
    ("printf –v", []),
    ("mpirun -np １２ ./solver", [("SPC546", "１２")]),
    ("./run --steps=１00 -n２", [("SPC546", "１"), ("SPC546", "２")]),
    ("./run －－steps １", [("SPC546", "－－"), ("SPC546", "１")]),
    ("./run --in＝a lr＝０.1", [("SPC546", "＝"), ("SPC546", "＝０")]),
    ("ｎ＝4; ｌｓ out／log", [("SPC546", "ｎ＝"), ("SPC546", "ｌｓ"), ("SPC546", "／")]),
    ("export N=４; cd ＄HOME/a＿b", [("SPC546", "４"), ("SPC546", "＄"), ("SPC546", "＿")]),
    ("./run > out／log", [("SPC546", "／")]),
    ("./run 数据１.csv --title=第２章 ＡＢＣ.csv '１２' \"＝\" data（1）.csv 参数＝１x章 结果／图", []),
    ("echo １２＝３ --n＝１", []),
    ("""|\n    ./run '“a”' "‘b’；" \\； 报告“终”.pdf 数据（1）.csv a–b – a；b  # 注释；\n""", []),
    ("|\n    ./run <<E\n    “a”；\n    E\n", []),
    (">\n    cat <<<a\n    b\n", []),
    ("|\n    #SBATCH -n 4\n    # SBATCH is gone\n    ./a\n", [("SPC543", "#SBATCH -n 4")]),
    ("|\n    cat > b <<E\n    #SBATCH -n 4\n    E\n    echo '#SBATCH -n'\n", []),
    ("echo ${SLURM_ARRAY_TASK_ID} '$PBS_ARRAYID'", [("SPC544", "${SLURM_ARRAY_TASK_ID}")]),
    ("echo ${SLURM_ARRAY_TASK_ID:-1} $SLURM_JOB_ID", [("SPC557", "$SLURM_JOB_ID")]),
    ("PBS_ARRAYID=1; echo $PBS_ARRAYID", []),
    ("mpirun --mca btl self -np 8 ./a -n 9", [("SPC545", "8")]),
    ("time srun --ntasks=8 ./a", [("SPC545", "--ntasks=8")]),
    ("mpirun -np 4 ./a -np 8", []),
    ("mpirun ./a -np 8", []),
    ("mpirun -v a -np 8", []),
    ("mpirun --report-bindings -x A -np 8 a", [("SPC545", "8")]),
    ("mpirun", []),
    ("mpirun -np", []),
    ("mpirun --oversubscribe -np 8 ./a", []),
    ("mpirun -np $N ./a; echo mpirun -np 8", []),
    ("/opt/mpi/bin/mpiexec -n {{ 2 * 4 }} ./a", [("SPC545", "{{ 2 * 4 }}")]),
]


@each("command, expected", CASES)
def test_what_is_found_in_a_command(command, expected, project):
    assert findings(project, command) == expected


SCRIPTS = [
    ("{$file: run.sh}", "run.sh", "#!/bin/sh\nfi\n", [("SPC540", "fi")]),
    ("{$file: run.sh, env: {A: 1}, args: [b]}", "run.sh", "#!/bin/sh\necho $A\nfi\n", [("SPC540", "fi")]),
    ("{$file: run.sh, env: {A: 1}}", "run.sh", "echo $A\nfi\n", [("SPC540", "fi")]),
    ("{$file: a.sh.j2}", "a.sh.j2", "#!/bin/sh\ncd {{ params.dir }}\nfi\n", [("SPC540", "fi")]),
    ("{$file: run.py}", "run.py", "#!/usr/bin/python3\nif (\n", [("SPC553", "#!/usr/bin/python3")]),
    ("{$file: run.sh}", "run.sh", "mpirun -np 8 a $PBS_ARRAYID\n", [("SPC545", "8"), ("SPC544", "$PBS_ARRAYID")]),
]


@each("command, name, script, expected", SCRIPTS)
def test_what_is_found_in_a_script(command, name, script, expected, project):
    assert findings(project, command, script, name) == expected


HELPS = [
    ("if[ -f a ]; then echo; fi", "write a blank after `if` in `if[`"),
    ("|\n    cat <<E\n    a\n     E\n", "there is a line with `E`, but also blanks before it: remove them"),
    ("|\n    cat <<E\n    a\n    E \n", "there is a line with `E`, but also blanks after it: remove them"),
    ("|\n    cat <<E\n    a\n", "write `E` on a line of its own"),
    ("|\n    #SBATCH --time=1\n    ./a\n", "write the field `time_limit` instead, and remove the line"),
    ("|\n    #SBATCH --array=1-4\n    ./a\n", "write an axis under `matrix:`, which gives one job for each value"),
    ("|\n    #SBATCH --exclusive\n    ./a\n", "write the field that does it, if the API has one"),
    ("echo $PBS_ARRAYID", "write `{{ matrix.NAME }}` instead, with an axis NAME under `matrix:`"),
    ("echo $SLURM_ARRAY_JOB_ID", "write a name of your own for the whole sweep"),
    ("echo $SLURM_ARRAY_TASK_COUNT", "write the number itself, which the axes under `matrix:` give"),
    ("mpirun -np 8 ./a", "write `{{ job.core_limit }}` for the number, or ask for more cores"),
]


@each("command, help", HELPS)
def test_the_way_out(command, help, project):
    findings(project, command)
    project.run("check")
    assert help in project.out


def test_a_quote_that_ends_too_late_is_shown(project):
    findings(project, '|\n    echo "a\n    echo "b c"\n')
    project.run("check")
    assert "it may be the one that is not closed" in project.out


@each("char", ["\u00a0", "\u2003", "\u200b", "\u3000", "\ufeff", *PLAIN])
def test_bash_takes_what_looks_like_one_of_its_own_for_a_letter(char):
    environment = {**os.environ, "LC_ALL": "C.UTF-8"}
    said = subprocess.run(
        ["bash", "-c", f'set -- {char}a{char}b c; printf "%s" "$#:$1"'], env=environment, capture_output=True
    )
    assert said.stdout.decode() == f"2:{char}a{char}b"
