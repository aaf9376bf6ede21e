"""What the rules must not find, and the odd cases that they must."""

import json

import pytest
from support.projects import SETTINGS, Place

RUN = "specc: 1\njob: {name: n, core_limit: 4, cmd_line: ./run}\n"


@pytest.fixture
def project(place: Place) -> Place:
    for path in place.root.glob("*.job.yaml"):
        path.unlink()
    return place


def found(project: Place, *arguments: str) -> list[str]:
    """`slug path:line` of every finding."""
    project.run("check", *arguments, "--output", "json")
    findings = json.loads(project.out)["diagnostics"]
    return [f"{one['slug']} {one['path']}:{one['start']['line']}" for one in findings]


def spec(job: str = "", head: str = "") -> str:
    return f"specc: 1\n{head}job:\n  name: n\n  core_limit: 4\n  cmd_line: ./run\n{job}"


class TestUnusedNames:
    BASE = (
        "specc: 1\nabstract: true\nparams: {n: {type: integer, default: 1}}\nvars: {dir: /data}\njob: {core_limit: 4}\n"
    )

    def test_a_base_without_heirs_may_declare_anything(self, project: Place) -> None:
        project.write(base=self.BASE)
        assert found(project) == []

    def test_an_heir_that_reads_it_is_enough(self, project: Place) -> None:
        project.write(
            base=self.BASE, a="specc: 1\nextends: base.job.yaml\njob: {name: a, cmd_line: './a {{ params.n }}'}\n"
        )
        project.write(b="specc: 1\nextends: base.job.yaml\njob: {name: b, cmd_line: ./b}\n")
        assert found(project) == []
        assert found(project, "b.job.yaml") == []

    def test_a_param_of_a_base_that_no_heir_reads(self, project: Place) -> None:
        project.write(base=self.BASE, b="specc: 1\nextends: base.job.yaml\njob: {name: b, cmd_line: ./b}\n")
        assert found(project) == ["unused-param base.job.yaml:3"]

    @pytest.mark.parametrize(
        "use", ["{{ params['n'] }}", "{{ params | length }}", "{% if params.n %}1{% endif %}", '{{ params["n"] }}']
    )
    def test_every_way_to_read_one(self, project: Place, use: str) -> None:
        project.write(a=spec(f"  resource_limit: |\n    {use}\n", "params: {n: {type: integer, default: 1}}\n"))
        assert "unused-param a.job.yaml:2" not in found(project)

    def test_one_that_a_profile_a_script_or_the_settings_read(self, project: Place) -> None:
        project.put("run.sh.j2", b"./run {{ vars.in_script }}\n")
        project.put("specc.toml", f'{SETTINGS}[defaults]\nresource_limit = "{{{{ vars.in_settings }}}}"\n'.encode())
        head = "vars: {in_script: a, in_settings: b, in_profile: c}\n"
        overlay = "profiles: {p: {job: {resource_limit: '{{ vars.in_profile }}'}}}\n"
        project.write(a=spec(head=head + overlay).replace("cmd_line: ./run", "cmd_line: {$file: run.sh.j2}"))
        assert found(project) == []

    def test_not_beside_an_error(self, project: Place) -> None:
        project.write(a=spec("  resource_limit: '{{ vars.dri }}'\n", "vars: {dir: a}\n"))
        assert found(project) == ["undefined-name a.job.yaml:7"]

    def test_not_where_an_heir_cannot_be_read(self, project: Place) -> None:
        project.write(base=self.BASE, a="specc: 1\nextends: base.job.yaml\njob: {name: a, cmd_line: ./a}\n", b="a: [")
        assert [slug for slug in found(project) if slug.startswith("unused")] == []


class TestUnusedParent:
    def test_one_that_only_appends_declares_or_removes(self, project: Place) -> None:
        project.write(
            site="specc: 1\nabstract: true\njob: {resource_limit: x, core_limit: 4}\n",
            gone="specc: 1\nabstract: true\nextends: site.job.yaml\njob: {resource_limit: {$unset: true}}\n",
            some="specc: 1\nabstract: true\nprofiles: {smoke: {job: {core_limit: 1}}}\n",
            a=spec(head="extends: [gone.job.yaml, some.job.yaml]\n").replace("  core_limit: 4\n", ""),
        )
        assert found(project) == []

    def test_one_that_a_sibling_replaced_is_told_by_the_stage(self, project: Place) -> None:
        base = "specc: 1\nabstract: true\njob: {core_limit: %d}\n"
        head = "extends: [b.job.yaml, c.job.yaml]\n"
        project.write(b=base % 4, c=base % 8, a=spec(head=head).replace("  core_limit: 4\n", ""))
        assert found(project) == ["siblings-disagree c.job.yaml:3"]


class TestAcrossPayloads:
    def test_two_specs_of_one_name(self, project: Place) -> None:
        project.write(a=RUN, b=RUN)
        assert found(project) == ["same-job-name a.job.yaml:2"]
        assert found(project, "a.job.yaml") == []

    def test_the_way_out_tells_them_apart(self, project: Place) -> None:
        one = "specc: 1\njob: {name: same, core_limit: 1, cmd_line: ./run}\n"
        project.write(a=one, b=one)
        project.run("check")
        assert "help: add `{{ spec.name }}` to the name" in project.out
        (project.root / "b.job.yaml").unlink()
        project.write(a=one.replace("./run", "'./run {{ matrix.n }}'") + "matrix: {axes: {n: [1, 2]}}\n")
        project.run("check")
        assert "help: add `{{ cell.slug }}` to the name" in project.out

    def test_a_profile_is_another_form_of_the_same_job(self, project: Place) -> None:
        project.write(a=RUN + "profiles: {small: {job: {core_limit: 1}}}\n")
        assert found(project) == []

    def test_repetitions_are_meant(self, project: Place) -> None:
        project.write(a=RUN + "matrix: {repeat: 3}\n")
        assert found(project) == []

    @pytest.mark.parametrize("path", ["/dev/null", "logs/{{ cell.slug }}.out"])
    def test_paths_that_may_be_shared(self, project: Place, path: str) -> None:
        head = "matrix: {axes: {m: [1, 2]}}\n"
        text = spec(f"  stdout_redirect_path: {path}\n", head).replace("./run", "./run {{ matrix.m }}")
        project.write(a=text.replace("name: n", "name: n-{{ matrix.m }}"))
        assert found(project) == []

    def test_a_local_job_can_have_a_folder_of_its_own(self, project: Place) -> None:
        text = spec("  stdout_redirect_path: %s\n", "matrix: {axes: {m: [1, 2]}}\n").replace(
            "n\n", "n-{{ matrix.m }}\n", 1
        )
        text = text.replace("./run", "./run {{ matrix.m }}")
        project.write(a=text % "out.txt")
        where = ("--target", "local", "--set", "job.zone=z", "--set", "job.cluster_id=c", "--set", "job.run_user=u")
        assert found(project, *where) == ["same-output-path a.job.yaml:7"]
        project.put("specc.toml", (SETTINGS + '[targets.local]\nworkdir = "job"\n').encode())
        assert found(project, *where) == []
        assert found(project) == ["same-output-path a.job.yaml:7"]
        project.write(a=text % "/out.txt")
        assert found(project, *where) == ["same-output-path a.job.yaml:7"]


class TestRedirectsInCommands:
    HEAD = "matrix: {axes: {m: [1, 2]}}\n"

    def sweep(self, project: Place, command: str) -> list[str]:
        text = spec(head=self.HEAD).replace("name: n", "name: n-{{ matrix.m }}")
        project.write(a=text.replace("./run", f"|\n    {command}"))
        return found(project)

    @pytest.mark.parametrize(
        "command",
        [
            "./run {{ matrix.m }} > out.log",
            "./run {{ matrix.m }} &> ./out.log",
            "./run {{ matrix.m }} 2>err.log",
            "for i in 1 2; do ./run {{ matrix.m }} > out.log; done",
            "cd /data; ./run {{ matrix.m }} > /data/out.log",
            "set -o pipefail; ./run {{ matrix.m }} | tee out.log",
        ],
    )
    def test_a_plain_file_that_each_cell_writes(self, project: Place, command: str) -> None:
        assert self.sweep(project, command) == ["same-output-path a.job.yaml:7"]

    @pytest.mark.parametrize(
        "command",
        [
            "./run {{ matrix.m }} > out-{{ matrix.m }}.log",
            "./run {{ matrix.m }} >> out.log",
            "set -o pipefail; ./run {{ matrix.m }} | tee -a out.log",
            "set -o pipefail; ./run {{ matrix.m }} | tee out-{{ matrix.m }}.log | tee /dev/stderr",
            "./run tee out.log {{ matrix.m }}",
            "./run {{ matrix.m }} > $OUT",
            "./run {{ matrix.m }} > '$OUT'",
            "cd {{ matrix.m }} && ./run > out.log",
            "./run {{ matrix.m }} > /dev/null",
            "./run {{ matrix.m }} > /tmp/out.log",
            "echo '> out.log' {{ matrix.m }}",
            "./run {{ matrix.m }} < in.dat",
        ],
    )
    def test_files_that_are_not_surely_the_same(self, project: Place, command: str) -> None:
        assert self.sweep(project, command) == []

    def test_a_field_and_a_command_of_two_specs(self, project: Place) -> None:
        field = spec("  stdout_redirect_path: /d/out.log\n").replace("name: n", "name: a")
        project.write(a=field, b=spec().replace("./run", "./run > /d/out.log").replace("name: n", "name: b"))
        assert found(project) == ["same-output-path a.job.yaml:6"]


class TestStreams:
    @pytest.mark.parametrize(
        ("out", "err"),
        [
            ("/dev/null", "/dev/null"),
            ("&path logs/a", "*path"),
            ('"{{ vars.log }}"', '"{{ vars.log }}"'),
            ("logs/a", "logs/b"),
        ],
    )
    def test_what_is_meant(self, project: Place, out: str, err: str) -> None:
        head = "vars: {log: logs/a}\n" if "vars" in out else ""
        project.write(a=spec(f"  stdout_redirect_path: {out}\n  stderr_redirect_path: {err}\n", head))
        assert found(project) == []

    @pytest.mark.parametrize("path", ["100%", "a%20b", "%%j", "%Y-%m-%d", "50%after"])
    def test_percent_signs_of_other_kinds(self, project: Place, path: str) -> None:
        project.write(a=spec(f"  stdout_redirect_path: '{path}'\n"))
        assert found(project) == []

    def test_a_pattern_from_elsewhere_is_at_the_value(self, project: Place) -> None:
        project.write(a=spec("  stdout_redirect_path: '{{ vars.log }}'\n", "vars: {log: '%j'}\n"))
        assert found(project) == ["scheduler-pattern a.job.yaml:7"]


class TestQueues:
    QUEUES = (
        'hpcqueues = {hpcq-1 = "normal"}\nneeds_queue = true\n'
        '[targets.hpc.queues.normal]\nmax_cores = 8\nmax_time = "2h"\nmax_mem = "4GiB"\n'
    )

    @pytest.fixture
    def queues(self, project: Place) -> Place:
        project.put("specc.toml", (SETTINGS + self.QUEUES).encode())
        return project

    @pytest.mark.parametrize("field", ["scheduler_queue_name: normal", "hpcqueue_id: hpcq-1"])
    @pytest.mark.parametrize("asked", ["time_limit: 121min", "mem_limit: 4097MiB", "time_limit: 121"])
    def test_one_over_the_limit(self, queues: Place, field: str, asked: str) -> None:
        queues.write(a=spec(f"  {field}\n  {asked}\n"))
        assert found(queues) == ["over-queue-limit a.job.yaml:7"]

    def test_just_the_limit(self, queues: Place) -> None:
        text = spec("  scheduler_queue_name: normal\n  time_limit: 2h\n  mem_limit: 4GiB\n")
        queues.write(a=text.replace("core_limit: 4", "core_limit: 8"))
        assert found(queues) == []

    def test_a_queue_without_limits_and_a_base(self, queues: Place) -> None:
        queues.put("specc.toml", (SETTINGS + self.QUEUES + "[targets.hpc.queues.large]\n").encode())
        queues.write(a=spec("  scheduler_queue_name: large\n  time_limit: 30d\n"), b="specc: 1\nabstract: true\n")
        assert found(queues) == []

    def test_both_ways_to_name_a_queue(self, queues: Place) -> None:
        queues.write(a=spec("  scheduler_queue_name: normal\n  hpcqueue_id: hpcq-1\n"))
        assert found(queues) == ["unclear-queue a.job.yaml:7"]


SECRETS = [
    "AKIAIOSFODNN7QWERTYU",
    "qy_access_key_id: 'QWERTZUIOPASDFGHJKLY'",
    "-----BEGIN OPENSSH PRIVATE KEY-----",
    "ghp_" + "a1B2" * 9,
    "glpat-aB3dE5gH7jK9mN1pQ3sT",
    "sk-ant-api03-aB3dE5gH7jK9mN1pQ3sTaB3dE5gH7jK9",
    "https://me:s3cr3tP4ss@git.site/x",
    "MYSQL_PASSWORD=hunTer2Xq9z",
    "secret: m3Kx8Tq5vWz1Rb6nYp4J",
]
HARMLESS = [
    "PASSWORD=$(cat /run/secret)",
    'TOKEN="$TOKEN"',
    "--token {{ env.TOKEN }}",
    "token=/home/me/.token1Ab2Cd3",
    "password=changeme123",
    "--api-key-file=key2Abc9Def.txt",
    "https://user:password@example.org/",
    "tokens: 4096",
    "tokenizer=bert-base-uncased-v2",
    "max_token=1234567890",
    "sha256=9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "secret_santa=2024-12-24",
    "AKIAIOSFODNN7EXAMPLE",
    "module load keyutils/1.6.3",
    "https://host:8080/path@v2",
]


class TestSecrets:
    @pytest.mark.parametrize("text", SECRETS)
    def test_is_found_and_never_printed(self, project: Place, text: str) -> None:
        project.write(a=f"{RUN}# {text}\n")
        assert found(project) == ["secret-in-spec a.job.yaml:3"]
        for form in ("text", "concise", "json", "sarif", "github", "gitlab", "junit"):
            assert project.run("check", "--output", form) == 1
            secret = text.split("=")[-1].split(": ")[-1].strip("'")
            assert secret not in project.out

    @pytest.mark.parametrize("text", HARMLESS)
    def test_harmless_texts(self, project: Place, text: str) -> None:
        project.write(a=f"{RUN}# {text}\n")
        assert found(project) == []

    def test_in_a_script_and_beside_an_error(self, project: Place) -> None:
        project.put("run.sh", f"export X_TOKEN={'q7Zt1xW9pLr4vB2nK8sD'}\n".encode())
        project.write(a=spec("  nope: 1\n").replace("cmd_line: ./run", "cmd_line: {$file: run.sh}"))
        assert sorted(found(project)) == ["secret-in-spec run.sh:1", "unknown-field a.job.yaml:6"]

    def test_a_comment_can_say_that_it_is_none(self, project: Place) -> None:
        project.write(a=f"{RUN}x-note: TOKEN=q7Zt1xW9pLr4vB2nK8sD # specc: ignore[SPC514] of a test server\n")
        assert found(project) == []


class TestInheritance:
    def test_the_first_file_that_is_too_deep_has_the_finding(self, project: Place) -> None:
        project.put("specc.toml", (SETTINGS + "[rules]\nmax_inheritance = 2\n").encode())
        project.write(f0="specc: 1\nabstract: true\njob: {core_limit: 4}\n")
        for number in range(1, 5):
            text = f"specc: 1\nabstract: true\nextends: f{number - 1}.job.yaml\njob: {{name: n{number}}}\n"
            project.write(**{f"f{number}": text})
        assert [one for one in found(project) if one.startswith("deep")] == ["deep-inheritance f3.job.yaml:3"]
        assert project.run("check") == 0
        assert "f2.job.yaml:3:10: f2.job.yaml extends f1.job.yaml" in project.out


class TestUnusedProfile:
    HEAD = "vars: {l: [1, 2]}\nprofiles:\n  p: {vars: {l: %s}, job: {cmd_line: {$file: run.sh, args: [%s]}}}\n"

    @pytest.mark.parametrize(
        ("items", "argument", "is_same"), [("[1, 2]", "a", True), ("[1]", "a", False), ("[1, 2]", "b", False)]
    )
    def test_lists_and_scripts_are_compared(self, project: Place, items: str, argument: str, is_same: bool) -> None:
        project.put("run.sh", b"./run $1\n")
        text = spec("  resource_limit: '{{ vars.l | length }}'\n", self.HEAD % (items, argument))
        project.write(a=text.replace("cmd_line: ./run", "cmd_line: {$file: run.sh, args: [a]}"))
        assert found(project) == (["unused-profile a.job.yaml:4"] if is_same else [])

    def test_an_empty_one_is_a_name_for_the_spec_as_it_is(self, project: Place) -> None:
        project.write(a=spec(head="profiles: {full: {}, also: {job: {}}}\n"))
        assert found(project) == []


def test_a_variable_that_reads_the_param_of_its_name_through_a_script(project: Place) -> None:
    project.put("n.j2", b"{{ params.n }}\n")
    head = "params: {n: {type: integer, default: 1}}\nvars: {n: {$file: n.j2}}\n"
    project.write(a=spec("  resource_limit: '{{ vars.n }}'\n", head))
    assert found(project) == []


def test_help_reads_any_name_as_a_template_can(project: Place) -> None:
    project.write(
        a="specc: 1\nparams: {my-steps: {type: integer, default: 1}, n: {type: integer, default: 1}}\nvars: {a.b: 1}\n"
        "matrix: {axes: {learning rate: [1, 2]}}\n"
        "job: {name: 'j-{{ cell.slug }}', cmd_line: 'true'}\n"
    )
    project.run("check", "a.job.yaml", "--output", "json")
    helps = " ".join(found["help"] or "" for found in json.loads(project.out)["diagnostics"])
    for read in ("params['my-steps']", "params.n", "vars['a.b']", "matrix['learning rate']"):
        assert f"write `{{{{ {read} }}}}`" in helps
