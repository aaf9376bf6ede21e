"""Commands that do something else than their author meant, and commands that look like them and are right.

Each text is a value of `cmd_line`, or a script that a `$file` reads. The expectations are slugs of rules.
"""

from collections.abc import Iterator
from dataclasses import replace

from support.compiling import Compiled, check, context, document, render, request

from specc.compiler import check_document
from specc.diagnostics import Diagnostic
from specc.targets.kinds import traits_of

HEAD = "specc: 1\njob:\n  name: n\n  core_limit: 64\n"
OTHERS = frozenset({"unused-axis", "same-job-name"})


def block(style: str, *lines: str) -> str:
    """A text of several lines in one of YAML's styles."""
    return style + "\n" + "".join(f"    {line}\n" if line else "\n" for line in lines)


def found(command: str, head: str = HEAD, files: dict[str, str] | None = None, **world: object) -> Compiled:
    return check(f"{head}  cmd_line: {command}\n", files, **world)


def slugs(command: str, head: str = HEAD, **world: object) -> list[str]:
    return found(command, head, **world).slugs


def in_script(*lines: str, form: str = "{$file: run.sh}") -> list[str]:
    """The slugs of what is found in a script; also its text in a block must give the same."""
    return found(form, files={"run.sh": "".join(f"{line}\n" for line in lines)}).slugs


def fixed(command: str) -> str:
    """The command after the fixes of its first diagnostic were made, as it is sent."""
    text = f"{HEAD}  cmd_line: {command}\n"
    (fix,) = [one.fix for one in check(text).found if one.fix is not None][:1]
    assert not fix.is_safe, "the payload becomes another one"
    for edit in sorted(fix.edits, key=lambda edit: -edit.span.start):
        text = text[: edit.span.start] + edit.replacement + text[edit.span.end :]
    result = render(text)
    assert not check(text).found
    return str(result.body["cmd_line"])


class TestCommentInAFoldedText:
    def test_a_first_line_that_is_a_comment_or_names_the_shell(self) -> None:
        for first in ("#!/bin/bash", "# load", "#!/usr/bin/env python3", "#SBATCH"):
            result = found(block(">", first, "module load gcc", "./solver"))
            assert result.slugs == ["folded-comment"]
            assert result.messages == ["nothing runs: `>` joins lines 7 and 8 to this comment"]

    def test_the_way_out_is_another_style(self) -> None:
        command = block(">", "# load", "module load gcc", "./solver")
        assert found(command).found[0].help == "write the command with `|` instead of `>`"
        assert fixed(command) == "# load\nmodule load gcc\n./solver\n"

    def test_a_comment_after_the_first_command(self) -> None:
        result = found(block(">", "./solver # fast", "--steps 10"))
        assert result.shown == ["547 6:14-20 `>` joins line 7 to this comment, so line 7 does not run"]
        assert result.found[0].fix is None, "`--steps 10` would be a command of its own"

    def test_a_quoted_text_of_several_lines(self) -> None:
        assert slugs("'./solver # fast\n    --steps 10'") == ["folded-comment"]
        assert slugs('"# load\n    ./solver"') == ["folded-comment"]

    def test_a_variable_that_is_the_command(self) -> None:
        head = "specc: 1\nvars:\n  run: >\n    # load\n    ./solver\njob:\n  name: n\n  core_limit: 4\n"
        assert found('"{{ vars.run }}"', head).shown[0].startswith("547 4:5-11 nothing runs")

    def test_comments_that_hide_nothing(self) -> None:
        assert slugs(block(">", "./solver", "--steps 10", "# the end")) == []
        assert slugs(block(">", "./solver", "# one", "# two")) == []
        assert slugs(block(">", "./solver '# no'", "--steps 10 a#b")) == []
        assert slugs(block(">", "./solver # alone", "", "./solver --again")) == []
        assert slugs(block("|", "# load", "./solver")) == []


class TestContinuationInAFoldedText:
    def test_a_backslash_at_the_end_of_a_line(self) -> None:
        result = found(block(">", "./solver \\", "--steps 10"))
        assert result.shown == [
            "548 6:14-15 `>` joins lines 6 and 7, so this `\\` makes the space part of an argument",
        ]

    def test_the_fix_removes_them_all(self) -> None:
        assert fixed(block(">-", "./solver \\", "--steps 10 \\", "--mesh fine")) == "./solver --steps 10 --mesh fine"

    def test_blanks_behind_it_are_no_help(self) -> None:
        assert slugs(block(">", "./solver \\  ", "--steps 10")) == ["folded-continuation"]

    def test_a_plain_text_of_several_lines(self) -> None:
        assert slugs("./solver \\\n    --steps 10") == ["folded-continuation"]

    def test_deeper_lines_keep_their_line_breaks(self) -> None:
        assert slugs(block(">", "python train.py \\", "  --config a.json \\", "  --from-scratch")) == []
        assert slugs(block("|", "./solver \\", "--steps 10")) == []


class TestIndentationInAFoldedText:
    def test_deeper_lines_are_commands_of_their_own(self) -> None:
        command = block(">-", "mpirun -np 4", "  ./solver", "  fine.mesh")
        assert slugs(command) == ["folded-indentation"]
        assert fixed(command) == "mpirun -np 4 ./solver fine.mesh"

    def test_options_in_deeper_lines_are_surely_wrong(self) -> None:
        command = block(">-", "./solver", "  --steps 10", "  --mesh fine")
        result = found(command)
        assert result.shown == [
            "551 7:7-14 `--steps` is a command of its own: its line is indented deeper, so `>` keeps the line break"
        ]
        assert fixed(command) == "./solver --steps 10 --mesh fine"

    def test_bodies_and_lists_are_meant(self) -> None:
        assert slugs(block(">", "for n in 1 2; do", "  ./run $n", "  ./plot $n", "done")) == []
        assert slugs(block(">", "if [ -f a ]; then", "  ./run", "fi")) == []
        assert slugs(block(">", "./run |", "  tee log", "./plot &&", "  ./more")) == []
        assert slugs(block(">", "f() {", "  ./a", "  ./b", "}", "", "f")) == []


class TestCommandsThatAreJoined:
    def test_pairs_of_commands(self) -> None:
        for upper, lower in [
            ("module load gcc", "mpirun ./s"),
            ("module load gcc openmpi", "solver --steps 10"),
            ("cd /scratch/x", "./run"),
            ("cd /scratch/x", "solver"),
            ("export OMP_NUM_THREADS=4", "./solver"),
            ("source env/bin/activate", "python train.py"),
            ("conda activate md", "python train.py"),
            ("set -e", "./solver"),
            ("mkdir -p out", "mpirun ./s"),
            ("mkdir -p out", "./run"),
            ("rm -rf out", "./run.sh"),
            ("echo start", "srun ./s"),
            ("./prepare --mesh fine", "./solve --mesh fine"),
            ("./prepare", "./solve"),
            ("srun ./a", "srun ./b"),
            ("python a.py", "python b.py"),
            ("python a.py", "mpirun ./b"),
            ("./prepare", "cd /scratch"),
            ("N=4", "./run --n $N"),
        ]:
            for command in (block(">", upper, lower), f"{upper}\n    {lower}", f'"{upper}\n    {lower}"'):
                assert slugs(command) == ["folded-commands"], command

    def test_it_says_which_lines(self) -> None:
        result = found(block(">", "module load gcc", "mpirun ./s"))
        assert result.messages == ["`>` joins lines 6 and 7 to one command: `module load gcc mpirun`"]
        assert fixed(block(">", "module load gcc", "mpirun ./s")) == "module load gcc\nmpirun ./s\n"

    def test_no_fix_where_lines_would_be_options(self) -> None:
        result = found(block(">", "module load gcc", "mpirun ./s", "--steps 10"))
        assert (result.slugs, result.found[0].fix) == (["folded-commands"], None)

    def test_commands_that_run_others_and_lists_of_arguments(self) -> None:
        for lines in [
            ("srun --exclusive", "./solver", "--steps 10"),
            ("mpirun -np 4", "python train.py", "--config a.yaml"),
            ("apptainer exec image.sif", "python train.py"),
            ("time", "./solver"),
            ("env A=1 B=2", "./solver"),
            ("OMP_NUM_THREADS=4", "./solver"),
            ("nohup", "mpirun ./solver"),
            ("./merge --output all.csv", "./a.csv", "./b.csv"),
            ("./solver", "--input", "./mesh"),
            ("python train.py", "--launcher", "srun"),
            ("cp -r", "./data", "/scratch"),
            ("module load gcc;", "mpirun ./s"),
            ("module load gcc &&", "mpirun ./s"),
            ("module load gcc", "&& mpirun ./s"),
            ("module load", "gcc openmpi"),
            ("module load gcc", "openmpi"),
            ("curl -O", "https://example.com/a.rpm;", "yum install ./a.rpm"),
            ("echo please", "source the file and set it"),
            ("bash -c 'module load gcc;", "mpirun ./s'"),
            ("export A=1", "B=2"),
            ("export A=1", "export B=2"),
            ("find . -name '*.log'", "-exec python clean.py {} +"),
            ("cat a.txt b.txt", "> all.txt"),
            ("conda run -n md", "python train.py --steps 10"),
            ("torchrun --nproc_per_node 4", "train.py --config a.yaml"),
        ]:
            assert slugs(block(">", *lines)) == [], lines

    def test_a_blank_line_keeps_commands_apart(self) -> None:
        assert slugs(block(">", "module load gcc", "", "mpirun ./s")) == []
        assert slugs(block("|", "module load gcc", "mpirun ./s")) == []


class TestLostContinuation:
    def test_blanks_behind_a_backslash(self) -> None:
        for blanks in (" ", "\t", "  \t"):
            for lines in (
                ("mpirun -np 4 \\" + blanks, "  ./solver"),
                ("mpirun -np 4 \\" + blanks, "./solver"),
                ("for n in 1 \\" + blanks, "  2; do ./run $n; done"),
                ("./a && \\" + blanks, "  ./b"),
                ("./run --dir=a\\" + blanks, "  --steps=10"),
            ):
                assert "lost-continuation" in in_script(*lines), lines
                assert "lost-continuation" in slugs(block("|", *lines)), lines

    def test_the_fix_removes_the_blanks(self) -> None:
        assert fixed(block("|-", "mpirun -np 4 \\ ", "  ./solver")) == "mpirun -np 4 \\\n  ./solver"

    def test_a_comment_behind_a_backslash(self) -> None:
        assert in_script("mpirun -np 4 \\ # ranks", "  ./solver") == ["lost-continuation"]
        assert in_script("mpirun -np 4 \\  # ranks", "  ./solver") == ["lost-continuation"]

    def test_a_comment_between_the_lines_of_a_command(self) -> None:
        assert in_script("mpirun -np 4 \\", "  # the solver", "  ./solver") == ["lost-continuation"]
        assert in_script("mpirun -np 4 \\", "  # one \\", "  # two \\", "  ./solver --a") == ["lost-continuation"]

    def test_a_line_that_begins_with_an_option(self) -> None:
        assert in_script("./solver", "-case x") == ["lost-continuation"]
        assert in_script("mpirun -np 4 ./solver", "  --steps 10", "  --mesh fine") == ["lost-continuation"]
        assert in_script("if true; then", "  ./solver > log", "    --steps 10", "fi") == ["lost-continuation"]
        assert slugs("'--steps 10'") == ["lost-continuation"]

    def test_the_fix_continues_the_lines_above(self) -> None:
        command = block("|-", "./solver", "--steps 10", "--mesh fine", "./plot")
        assert fixed(command) == "./solver \\\n--steps 10 \\\n--mesh fine\n./plot"

    def test_continuations_that_are_right(self) -> None:
        for lines in [
            ("mpirun -np 4 \\", "  ./solver \\", "  --steps 10"),
            ("./run a\\ b", "./run 'a \\ '", 'echo "a \\ "'),
            ("# a comment \\ ", "./run"),
            ("# one \\", "# two", "./run"),
            ("./run # one \\", "# two", "  ./plot"),
            ("./run \\", "  --a \\", "  # --b \\", "", "./plot"),
            ("./run \\", "  --a \\", "# --b", "./plot"),
            ("cat > options <<EOF", "-pc_type mg", "--steps \\ ", "EOF", "./run"),
            ("case a in", "  -h|--help) ./run ;;", "esac"),
            ("args=(", "  --steps 10", "  --mesh fine", ")", "./run"),
            ("./run |", "  tee log", "- <<E", "E"),
            ("touch a\\ #b",),
            ("./run \\", "  --a", "", "  # more", "  ./plot"),
        ]:
            assert [slug for slug in in_script(*lines) if slug == "lost-continuation"] == [], lines


class TestNoCommand:
    def test_empty_commands(self) -> None:
        for command in (
            '""',
            '"   "',
            '"# todo"',
            block("|", "# todo", "", "  # more"),
            '"\\n\\n"',
            block(">", "# todo"),
        ):
            result = found(command)
            assert result.slugs == ["no-command"], command
            assert result.messages[0].startswith("the job runs nothing: `cmd_line` ")

    def test_an_empty_script(self) -> None:
        assert found("{$file: run.sh}", files={"run.sh": ""}).messages == ["the job runs nothing: `run.sh` is empty"]
        assert in_script("#!/bin/bash", "#SBATCH", "", "# todo") == ["no-command"]
        assert in_script("# todo", form="{$file: run.sh, env: {A: 1}, args: [a]}") == ["no-command"]

    def test_a_value_that_is_empty(self) -> None:
        head = 'specc: 1\nvars: {run: ""}\njob:\n  name: n\n  core_limit: 4\n'
        assert slugs('"{{ vars.run }}"', head) == ["no-command"]

    def test_commands_that_do_little(self) -> None:
        for command in ("':'", "A=1", "'{ true; }'", "'> log'", "'f() { ls; }; f'", "'((i++))'", "'[[ a ]]'", "'! ls'"):
            assert slugs(command) == [], command

    def test_a_base_may_leave_it_to_its_heirs(self) -> None:
        assert check('specc: 1\nabstract: true\njob: {cmd_line: ""}\n').slugs == []

    def test_what_is_not_known_yet(self) -> None:
        head = "specc: 1\nparams: {run: {type: string}}\njob:\n  name: n\n  core_limit: 4\n"
        assert slugs('"{{ params.run }}"', head) == []

    def test_a_script_that_is_not_there_is_told_once(self) -> None:
        assert slugs("{$file: none.sh}") == ["file-not-found"]


class TestHereDocumentInsideOfACompound:
    ENDS = (
        ("if true; then", "fi"),
        ("for a in b; do", "done"),
        ("while true; do", "done"),
        ("{", "}"),
        ("(", ")"),
        ("f() {", "}"),
        ("case a in a)", "esac"),
        ("x=$(", ")"),
    )

    def test_an_end_that_is_indented(self) -> None:
        for opener, closer in self.ENDS:
            lines = (opener, "  cat > case.ini <<EOF", "  mesh = fine", "  EOF", closer, "./run")
            assert in_script(*lines) == ["unended-here-document"], opener
            result = found(block("|", *lines))
            assert result.slugs == ["unended-here-document"], opener
            help = result.found[0].help
            assert help is not None
            assert "blanks before it: remove them" in help

    def test_the_fix_moves_the_end(self) -> None:
        command = block("|-", "if true; then", "  cat <<EOF", "  a", "  EOF", "fi")
        assert fixed(command) == "if true; then\n  cat <<EOF\n  a\nEOF\nfi"

    def test_ends_that_are_right(self) -> None:
        for opener, closer in self.ENDS:
            assert in_script(opener, "  cat > case.ini <<EOF", "  mesh = fine", "EOF", closer, "./run") == [], opener
            assert in_script(opener, "\tcat > case.ini <<-EOF", "\tmesh = fine", "\tEOF", closer) == [], opener


class TestInterpreterLine:
    def test_options_that_nobody_reads(self) -> None:
        for line in ("#!/bin/bash -e", "#!/bin/bash -l", "#!/bin/sh -eu", "#!/usr/bin/env -S bash -euo pipefail"):
            assert in_script(line, "./run") == ["interpreter-line"], line
            assert slugs(block("|", line, "./run")) == ["interpreter-line"], line

    def test_other_interpreters(self) -> None:
        for line in (
            "#!/usr/bin/env python3",
            "#!/usr/bin/perl -w",
            "#!/usr/bin/env Rscript",
            "#!/bin/tcsh",
            "#!/bin/zsh",
        ):
            assert in_script(line, "import sys") == ["interpreter-line"], line
            assert slugs(block("|", line, "import sys")) == ["interpreter-line"], line

    def test_the_fix_sets_the_options(self) -> None:
        assert fixed(block("|-", "#!/bin/bash -e", "./run")) == "#!/bin/bash\nset -e\n./run"

    def test_lines_that_change_nothing(self) -> None:
        for line in ("#!/bin/bash", "#!/usr/bin/env bash", "#! /bin/sh", "#!/bin/bash --norc", "#!/bin/sh -", "# !x"):
            assert in_script(line, "./run") == [], line


SWEEP = """specc: 1
params: {n: {type: integer, default: 1}}
vars: {dir: /data}
matrix: {axes: {seed: [1, 2]}}
job:
  name: n-{{ matrix.seed }}-{{ params.n }}
  input_file: "{{ vars.dir }}/{{ matrix.seed }}"
  core_limit: 4
"""


class TestDollarBeforeATemplate:
    def test_expressions_as_github_actions_writes_them(self) -> None:
        for command in ("./run ${{ matrix.seed }}", "./run --seed=${{matrix.seed}}", "\"echo '${{ params.n }}'\""):
            assert slugs(command, SWEEP) == ["dollar-before-template"], command
        result = found("./run ${{ matrix.seed }}", SWEEP)
        assert result.shown == [
            "554 9:19-20 `{{ matrix.seed }}` is the template, and the `$` before it stays in the text"
        ]

    def test_in_other_fields_variables_and_scripts(self) -> None:
        assert slugs("./run", SWEEP.replace("n-{{ matrix.seed }}", "n-${{ matrix.seed }}")) == [
            "dollar-before-template"
        ]
        assert slugs("./run {{ vars.dir | sh }}", SWEEP.replace("/data", "'/x/${{ params.n }}'")) == [
            "dollar-before-template"
        ]
        script = {"run.sh.j2": "./run ${{ matrix.seed }}\n"}
        assert found("{$file: run.sh.j2}", SWEEP, script).slugs == ["dollar-before-template"]
        passed = "{$file: run.sh, args: ['${{ params.n }}']}"
        assert found(passed, SWEEP, {"run.sh": "./run $1\n"}).slugs == ["dollar-before-template"]

    def test_dollars_that_are_meant(self) -> None:
        for command in ("'./run $HOME/{{ matrix.seed }}'", r"./run \${{ matrix.seed }}", "./run $({{ params.n }})"):
            assert slugs(command, SWEEP) == [], command
        assert slugs("{$literal: 'echo ${{ a }}'}", SWEEP) == []


class TestNameWithoutBraces:
    def test_other_ways_to_write_a_name(self) -> None:
        for written in (
            "$matrix.seed", "${matrix.seed}", "${ matrix.seed }", "$(matrix.seed)", "{ matrix.seed }", "{matrix.seed}",
            "matrix.seed", "--seed=matrix.seed", "$params.n", "vars.dir", "cell.slug", "$cell.slug",
        ):  # fmt: skip
            result = found(f'"./run --x {written}"', SWEEP)
            assert [slug for slug in result.slugs if slug != "shell-syntax-error"] == ["name-without-braces"], written

    def test_a_script_that_is_not_a_template(self) -> None:
        result = found("{$file: run.sh}", SWEEP, {"run.sh": "./run --seed {{ matrix.seed }}\n"})
        assert result.slugs == ["name-without-braces"]
        assert result.found[0].help == 'write `env: {SEED: "{{ matrix.seed }}"}` beside the `$file`, and `$SEED` here'

    def test_in_a_name(self) -> None:
        head = SWEEP.replace("n-{{ matrix.seed }}", "n-{ matrix.seed }")
        assert slugs("./run", head)[0] == "name-without-braces"

    def test_the_fix_writes_the_template(self) -> None:
        result = found("./run { matrix.seed }", SWEEP)
        fix = result.found[0].fix
        assert fix is not None
        assert fix.edits[0].replacement == "{{ matrix.seed }}"

    def test_texts_that_only_look_like_it(self) -> None:
        for command in (
            "./run matrix.txt params.yaml $params.txt vars.sh matrix.seeds",
            "\"./run {{ {'a': matrix.seed}.a }} ${HOME}/matrix.x\"",
            "./run a.matrix.seed x-params.n.txt",
            "'echo \"the value of params.n is {{ params.n }}\"'",
            "cell.sh",
        ):
            assert slugs(command, SWEEP) == [], command


class TestArgumentThatNobodyPasses:
    def test_arguments_outside_of_functions(self) -> None:
        assert in_script("./run params/$1.yaml") == ["unset-argument"]
        assert in_script('case="$1"', "steps=${2}", "./run $case $steps") == ["unset-argument"] * 2
        assert in_script("f() { echo $1; }", "f $1") == ["unset-argument"]
        assert in_script("x=$(basename $1)", "./run $x") == ["unset-argument"]
        assert slugs("./run --params params/$1.yaml") == ["unset-argument"]
        assert slugs('|\n    awk "{print $1}" log') == ["unset-argument"]

    def test_each_is_told_once(self) -> None:
        assert in_script("./run $1", "./plot $1") == ["unset-argument"]

    def test_arguments_that_come_from_somewhere(self) -> None:
        script = "./run params/$1.yaml\n"
        assert found("{$file: run.sh, args: [a]}", files={"run.sh": script}).slugs == []
        for lines in [
            ("set -- a b", "./run $1"),
            ("set a b", "./run $1"),
            ("./run ${1:-fine}", "./run ${2:?case}"),
            ("if [ $# -lt 1 ]; then exit 2; fi", "./run $1"),
            ('if [ -z "$1" ]; then exit 2; fi', "./run $1"),
            ("[[ $1 == --help ]] && exit", "./run $1"),
            ('case "$1" in start) ./run ;; esac',),
            ("while getopts a opt; do ./run $opt; done", "./run $1"),
            ("f() {", "  echo $1", "}", "f a"),
            ("function f { echo $1; }", "f a"),
            ("awk '{ print $1 }' log", 'awk "{ print \\$1 }" log'),
            ("cat <<'E'", "$1", "E"),
            ("main() { ./run $1; }", 'main "$@"'),
        ]:
            assert [slug for slug in in_script(*lines) if slug != "here"] == [], lines


def judged(command: str, kind: str) -> Iterator[str]:
    """The slugs of what is found in a command that goes to a target of this kind."""
    spec, files, _ = document(f"{HEAD}  cmd_line: {command}\n")
    usual = context(files)
    target = replace(usual.settings.targets["t"], kind=kind, traits=traits_of(kind))
    there = replace(usual, settings=replace(usual.settings, targets={"t": target}))
    yield from (item.code.slug for item in check_document(spec, there, request()) if isinstance(item, Diagnostic))


class TestSchedulerThatTheTargetHasNot:
    VARIABLES = ("PBS_O_WORKDIR", "NSLOTS", "SLURM_NTASKS", "SLURM_NODELIST", "LSB_DJOB_NUMPROC", "SGE_O_WORKDIR")
    COMMANDS = ("sbatch next.sh", "scontrol show job 1", "qsub next.sh", "squeue", "bsub ./a")

    def test_variables_and_commands(self) -> None:
        for name in self.VARIABLES:
            assert in_script(f"cd ${name}; rm -rf tmp/*") == ["foreign-scheduler"], name
            assert in_script(f'./run "${{{name}}}"') == ["foreign-scheduler"], name
        for command in self.COMMANDS:
            assert in_script(command, "./run") == ["foreign-scheduler"], command

    def test_it_warns_of_the_home_folder(self) -> None:
        help = found("cd $PBS_O_WORKDIR && ./run").found[0].help
        assert help == "write the full path of the folder; `cd` with an empty variable goes to the home folder"

    def test_what_the_target_has(self) -> None:
        for name in ("$SLURM_NTASKS", "$SLURM_SUBMIT_DIR", "$(scontrol show hostnames)"):
            assert list(judged(f"./run {name}", "slurm")) == [], name
        assert list(judged("./run $PBS_NODEFILE", "slurm")) == ["foreign-scheduler"]
        assert list(judged("cd $SLURM_SUBMIT_DIR", "local")) == []
        assert list(judged("cd $SLURM_SUBMIT_DIR", "ehpc")) == ["foreign-scheduler"]
        assert list(judged("srun ./run", "local")) == ["foreign-scheduler"]
        assert list(judged("srun ./run", "ehpc")) == []

    def test_scripts_that_know_where_they_run(self) -> None:
        for lines in [
            ('if [ -n "$SLURM_JOB_ID" ]; then', "  cd $SLURM_SUBMIT_DIR", "  srun ./run $SLURM_NTASKS", "fi"),
            ("./run ${NSLOTS:-4}",),
            ("NSLOTS=4", "./run $NSLOTS"),
            ("if command -v sbatch > /dev/null; then sbatch next.sh; fi",),
            ("echo '$SLURM_NTASKS sbatch'",),
            ("export SGE_ROOT=/opt/sge", "./run $SGE_ROOT"),
        ]:
            assert in_script(*lines) == [], lines
        form = '{$file: run.sh, env: {SLURM_NTASKS: "{{ job.core_limit }}"}}'
        assert found(form, files={"run.sh": "./run $SLURM_NTASKS\n"}).slugs == []


class TestHiddenFailure:
    def test_a_pipeline_into_tee(self) -> None:
        assert in_script("./run | tee log") == ["hidden-failure"]
        assert in_script("set -e", "./run 2>&1 | tee -a log") == ["hidden-failure"]
        assert in_script("./prepare && ./run |& tee log") == ["hidden-failure"]

    def test_a_last_command_that_says_that_all_went_well(self) -> None:
        assert slugs("module load nosuch; ./prepare; echo done") == ["hidden-failure"]
        assert in_script("./run", 'echo "Job finished at $(date)"') == ["hidden-failure"]
        assert in_script("for i in 1 2; do ./run $i; done", "printf 'all complete\\n'") == ["hidden-failure"]

    def test_a_last_command_in_the_background(self) -> None:
        assert in_script("nohup ./run > log &") == ["hidden-failure"]
        assert in_script("./prepare", "./run &") == ["hidden-failure"]

    def test_scripts_that_look_at_their_commands(self) -> None:
        for lines in [
            ("set -o pipefail", "./run | tee log"),
            ("set -euo pipefail", "./run | tee log", "echo done"),
            ("./run | tee log", "exit ${PIPESTATUS[0]}"),
            ("./run | tee log", "./plot"),
            ("set -e", "./run", "echo done"),
            ("./run && echo done",),
            ("./run || exit 1", "echo done"),
            ("./run", "status=$?", "echo done", "exit $status"),
            ("./run", "code=$?", "echo done with $code"),
            ("trap 'exit 1' ERR", "./run", "echo done"),
            ("if ./run; then ./plot; else exit 1; fi", "echo done"),
            ("./run", "test -s out.csv || { echo no output; exit 2; }", "echo done"),
            ("./a &", "./b &", "wait"),
            ("echo start", "echo done"),
            ("./run", "echo $(date)"),
            ("./run | sort",),
            ("./run", "date"),
        ]:
            assert in_script(*lines) == [], lines


class TestLostInAComment:
    def test_values_behind_a_number_sign(self) -> None:
        for command in (
            "./run --tag #1 --n 4",
            "./run --tag #12",
            "./run --color #ff0000",
            "./run --tag #v2",
            "./run #1",
        ):
            assert slugs(command) == ["lost-in-comment"], command
        assert slugs("./run --tag #1 --n 4", HEAD)[0] == "lost-in-comment"
        assert in_script("./run --tag #1 --n 4") == ["lost-in-comment"]
        assert slugs(block("|", "./run --tag #1")) == ["lost-in-comment"]
        assert slugs("'./run --tag #1 --n 4'") == ["lost-in-comment"]

    def test_a_name(self) -> None:
        result = found("./run", HEAD.replace("name: n", "name: case #3"))
        assert result.messages == ["YAML takes `#3` for a comment, so it is not part of `name`"]

    def test_comments(self) -> None:
        for command in (
            "./run # 1",
            "./run --verbose # --n 4",
            "./run --verbose #comment",
            "./run --verbose #TODO",
            "./run --a 1 #--b 2",
            "./run a#1 '#2'",
            "./run  # the solver with --fast",
        ):
            assert slugs(command) == [], command
        assert in_script("#1 --n", "./run", "  #2 --x", "./run # see #12 -v") == []
        assert slugs("./run", HEAD.replace("core_limit: 64", "core_limit: 64 #8 were too few")) == []


class TestValueThatTheShellIsMeantToExpand:
    def test_raw_is_offered_first_and_is_the_fix(self) -> None:
        for value in ("~/data", "$HOME/data", "${SCRATCH}/x", "/scratch/$USER/run", "~", "~ann/x"):
            head = f"specc: 1\nvars: {{data: '{value}'}}\njob:\n  name: n\n  core_limit: 4\n"
            (one,) = found("./run -d {{ vars.data }}", head).found
            assert one.code.slug == "unquoted-shell-value"
            assert one.help is not None
            assert one.help.startswith("write `{{ vars.data | raw }}` for the shell to expand it"), value
            assert one.fix is not None
            assert one.fix.edits[0].replacement == "{{ vars.data | raw }}"

    def test_a_tilde_within_a_word_is_never_expanded(self) -> None:
        head = "specc: 1\nvars: {data: ~/data}\njob:\n  name: n\n  core_limit: 4\n"
        (one,) = found("./run --dir={{ vars.data }}", head).found
        assert one.fix is None
        assert one.help == "write `$HOME` for the `~`, which the shell expands at the beginning of a word alone"

    def test_other_values_are_quoted(self) -> None:
        for value in ("a b", "$HOME/a b", "a;b", "$(date)", "x~ y", "~/a*"):
            head = f"specc: 1\nvars: {{data: '{value}'}}\njob:\n  name: n\n  core_limit: 4\n"
            (one,) = found("./run -d {{ vars.data }}", head).found
            assert one.fix is not None
            assert one.fix.edits[0].replacement == "{{ vars.data | sh }}", value


class TestAxisThatOnlyNames:
    HEAD = """specc: 1
matrix: {axes: {lr: [0.1, 0.2], seed: [1, 2]}}
job:
  name: n-{{ cell.slug }}
  core_limit: 4
"""

    def test_an_axis_read_by_names_and_outputs_alone(self) -> None:
        for command in (
            "./run --seed {{ matrix.seed }}",
            "./run --seed {{ matrix.seed }} > out-{{ matrix.lr }}.log",
            "./run --seed {{ matrix.seed }} --output runs/{{ cell.slug }}",
            "./run --seed {{ matrix.seed }} --name {{ job.name }}",
            "'./run --seed {{ matrix.seed }} | tee {{ cell.slug }}.log; exit ${PIPESTATUS[0]}'",
            "mkdir -p {{ cell.slug }} && ./run --seed {{ matrix.seed }}",
        ):
            result = found(command, self.HEAD)
            assert result.slugs == ["axis-in-names-only"], command
            assert result.messages[0].startswith("`matrix.lr` only names the jobs")

    def test_nothing_reads_any_axis(self) -> None:
        assert slugs("./run", self.HEAD) == ["axis-in-names-only"] * 2

    def test_axes_that_the_work_depends_on(self) -> None:
        for command in (
            "./run {{ matrix.seed }} {{ matrix.lr }}",
            "./run {{ matrix | length }}",
            "./run --config configs/{{ cell.slug }}.yaml",
            "./run --task {{ cell.index }}",
            "cd cases/{{ cell.slug }} && ./run",
            "./run $SPECC_JOB_NAME",
            "./run {{ vars.arguments }}",
            "{$file: run.sh, env: {LR: '{{ matrix.lr }}'}, args: ['{{ matrix.seed }}']}",
        ):
            head = self.HEAD.replace("job:\n", 'vars: {arguments: "{{ matrix.lr }}-{{ matrix.seed }}"}\njob:\n')
            files = {"run.sh": "./run $LR ${1:-}\n"}
            assert found(command, head, files).slugs in ([], ["unused-var"]), command

    def test_a_resource_counts_and_so_does_an_axis_beside_it(self) -> None:
        head = self.HEAD.replace("core_limit: 4", 'core_limit: "{{ matrix.seed }}"')
        assert slugs("./run {{ matrix.lr }}", head) == []
        zipped = self.HEAD.replace("{axes: {lr: [0.1, 0.2], seed: [1, 2]}}", "{zip: {lr: [0.1, 0.2], tag: [a, b]}}")
        assert slugs("./run {{ matrix.lr }}", zipped) == []
        single = self.HEAD.replace("seed: [1, 2]", "seed: [1]")
        assert slugs("./run {{ matrix.lr }}", single) == []
