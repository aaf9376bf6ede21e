"""`{$file: ...}` and `{$literal: ...}`: values that are not written where they stand, or not as they mean."""

from support.resolving import Resolved, resolve_text
from support.tables import each

from specc.diagnostics import codes
from specc.nodes import FileText, Mapping, Scalar, Sequence, to_data


def job(value: str, name: str = "a.job.yaml", **texts: str) -> Resolved:
    return resolve_text(f"job: {{c: {value}}}", texts, name=name)


class TestLiteral:
    @each("value, data", [("'{{ x }}'", "{{ x }}"), ("awk '{print $1}'", "awk '{print $1}'"), ("5", 5), ("''", "")])
    def test_is_its_text_and_no_template(self, value: str, data: object) -> None:
        found = job(f'{{$literal: "{value}"}}' if "awk" in value else f"{{$literal: {value}}}")
        assert found.data("job.c") == data
        node = found.at("job.c")
        assert isinstance(node, Scalar)
        assert node.verbatim

    def test_points_at_the_text(self) -> None:
        node = job("{$literal: abc}").at("job.c")
        assert node is not None
        assert node.span.text == "abc"

    @each("place", ["[{$literal: x}]", "{a: {$literal: x}}", "{$append: [{$literal: x}]}", "{$replace: {$literal: x}}"])
    def test_stands_wherever_a_value_stands(self, place: str) -> None:
        base = {"b.yaml": "job: {c: [0]}"} if "$append" in place or "$replace" in place else {"b.yaml": "vars: {}"}
        found = resolve_text(f"extends: b.yaml\njob: {{c: {place}}}", base)
        assert found.shown == []
        assert "$literal" not in str(to_data(found.at("job.c")))


class TestFile:
    def test_is_the_text_of_the_file(self) -> None:
        found = job("{$file: run.sh}", **{"run.sh": "echo {{ x }}\n"})
        node = found.at("job.c")
        assert isinstance(node, FileText)
        assert found.data("job.c") == "echo {{ x }}\n"
        assert (node.ref.span.text, node.is_template, node.env, node.args) == ("run.sh", False, None, None)
        assert node.span.text == "{$file: run.sh}"

    @each("path, is_template", [("run.sh.j2", True), ("run.j2.sh", False), ("x.j2", True)])
    def test_is_a_template_by_its_name(self, path: str, is_template: bool) -> None:
        node = job(f"{{$file: {path}}}", **{path: "x"}).at("job.c")
        assert isinstance(node, FileText)
        assert node.is_template is is_template

    @each("reference, wanted", [("run.sh", "jobs/run.sh"), ("../run.sh", "run.sh"), ("//bin/run.sh", "bin/run.sh")])
    def test_is_found_from_the_file_that_says_it(self, reference: str, wanted: str) -> None:
        assert job(f"{{$file: {reference}}}", "jobs/a.yaml", **{wanted: "x"}).data("job.c") == "x"
        base = {"jobs/b.yaml": f"job: {{c: {{$file: {reference}}}}}", wanted: "x"}
        assert resolve_text("extends: jobs/b.yaml", base).data("job.c") == "x"

    def test_with_environment_and_arguments(self) -> None:
        form = "{$file: run.sh, env: {A: '{{ vars.a }}', B: {$literal: '{{ b }}'}}, args: [1, {$literal: '{{ c }}'}]}"
        node = job(form, **{"run.sh": "x"}).at("job.c")
        assert isinstance(node, FileText)
        assert isinstance(node.env, Mapping)
        assert isinstance(node.args, Sequence)
        assert to_data(node.env) == {"A": "{{ vars.a }}", "B": "{{ b }}"}
        assert to_data(node.args) == [1, "{{ c }}"]
        own, literal = node.env.entries.values()
        assert isinstance(own, Scalar)
        assert isinstance(literal, Scalar)
        assert (own.verbatim, literal.verbatim) == (False, True)

    def test_a_file_as_an_argument(self) -> None:
        node = job("{$file: run.sh, args: [{$file: words.txt}]}", **{"run.sh": "x", "words.txt": "w"}).at("job.c")
        assert isinstance(node, FileText)
        assert node.args is not None
        assert to_data(node.args) == ["w"]

    def test_replaces_and_is_replaced_like_a_text(self) -> None:
        base = {"b.yaml": "job: {c: old}", "run.sh": "x"}
        found = resolve_text("extends: b.yaml\njob: {c: {$file: run.sh}}", base)
        assert found.history("job.c") == ["a.job.yaml: $file run.sh", "b.yaml: old"]
        base["b.yaml"] = "job: {c: {$file: run.sh}}"
        found = resolve_text("extends: b.yaml\njob: {c: new}", base)
        assert found.history("job.c") == ["a.job.yaml: new", "b.yaml: $file run.sh"]


class TestCommand:
    def test_is_its_text_with_what_is_passed_to_it(self) -> None:
        found = job(
            "{$command: './run {{ vars.x }}', env: {A: '{{ vars.a }}', B: {$literal: '{{ b }}'}}, args: [1, x]}"
        )
        node = found.at("job.c")
        assert found.data("job.c") == "./run {{ vars.x }}"
        assert isinstance(node, Scalar)
        assert not node.verbatim
        assert node.span.text == "'./run {{ vars.x }}'"
        assert node.passed is not None
        env, args = node.passed.env, node.passed.args
        assert env is not None
        assert args is not None
        assert (to_data(env), to_data(args)) == ({"A": "{{ vars.a }}", "B": "{{ b }}"}, [1, "x"])

    def test_of_which_nothing_has_to_be_passed(self) -> None:
        node = job("{$command: ./run}").at("job.c")
        assert isinstance(node, Scalar)
        assert node.passed is not None
        assert (node.passed.env, node.passed.args) == (None, None)

    def test_may_be_a_literal(self) -> None:
        node = job("{$command: {$literal: 'awk {{ x }}'}, args: [a]}").at("job.c")
        assert isinstance(node, Scalar)
        assert (node.value, node.verbatim) == ("awk {{ x }}", True)
        assert node.passed is not None

    @each(
        "value, spot, message, help",
        [
            (
                "{$command: [./run]}",
                "[./run]",
                "`$command` has a list",
                "`$command` takes the text of a command: `{$command: ./run, env: {NAME: value}}`",
            ),
            ("{$command: 5}", "5", "`$command` has the number 5", "`$command` takes the text of a command: "),
            ("{$command: {$literal: 5}}", "{$literal: 5}", "`$command` has a mapping", "`$command` takes the text"),
            ("{$command: ./run, arg: [a]}", "arg", "`arg` is not allowed beside `$command`", "did you mean `args`?"),
            ("{$command: ./run, env: [A]}", "[A]", "`env` is a list, not a mapping of names", "write `env: "),
        ],
    )
    def test_that_cannot_be_is_reported_and_leaves_a_text(self, value: str, spot: str, message: str, help: str) -> None:
        found = job(value)
        assert found.messages == [message]
        assert found.only.span.text == spot
        assert (found.only.help or "").startswith(help)
        assert isinstance(found.at("job.c"), Scalar)


class TestFaults:
    @each(
        "value, spot, message, help",
        [
            ("{$file: nope.sh}", "nope.sh", "nope.sh does not exist", None),
            (
                "{$file: ../run.sh}",
                "../run.sh",
                "`$file: ../run.sh` leads out of the project",
                "copy the file into the project; `//` starts at the project's root",
            ),
            (
                "{$file: /etc/passwd}",
                "/etc/passwd",
                "`$file: /etc/passwd` leads out of the project",
                "copy the file into the project; `//` starts at the project's root",
            ),
            (
                "{$file: 'run-{{ params.x }}.sh'}",
                "'run-{{ params.x }}.sh'",
                "`$file` takes a fixed path, without templates",
                "pass what varies through `env:` or `args:`, or write the text in the spec",
            ),
            (
                "{$file: 'run{% if x %}.sh{% endif %}'}",
                "'run{% if x %}.sh{% endif %}'",
                "`$file` takes a fixed path, without templates",
                "pass what varies through `env:` or `args:`, or write the text in the spec",
            ),
            ("{$file: [run.sh]}", "[run.sh]", "`$file` has a list", "`$file` takes a path: `{$file: run.sh}`"),
            (
                "{$file: run.sh, env: [A]}",
                "[A]",
                "`env` is a list, not a mapping of names",
                "write `env: {NAME: value}`",
            ),
            (
                "{$file: run.sh, env: null}",
                "null",
                "`env` is null, not a mapping of names",
                "write `env: {NAME: value}`",
            ),
            (
                "{$file: run.sh, args: a b}",
                "a b",
                '`args` is the text "a b", not a list',
                "write `args: [first, second]`",
            ),
            ("{$file: run.sh, arg: [a]}", "arg", "`arg` is not allowed beside `$file`", "did you mean `args`?"),
            (
                "{$literal: {a: 1}}",
                "{a: 1}",
                "`$literal` has a mapping",
                "`$literal` takes a text: `{$literal: 'text'}`",
            ),
            (
                "{$literal: a, args: [b]}",
                "args",
                "`args` is not allowed beside `$literal`",
                "an operator is a mapping of its own: `{$literal: ...}`",
            ),
        ],
    )
    def test_are_reported_and_leave_a_text(self, value: str, spot: str, message: str, help: str | None) -> None:
        found = job(value, **{"run.sh": "x"})
        assert found.messages == [message]
        assert (found.only.span.text, found.helps) == (spot, [help])
        assert isinstance(found.at("job.c"), Scalar | FileText)

    @each(
        "form, messages",
        [
            ("{$file: run.sh, env: {A: {$unset: true}}}", ["`$unset` finds no inherited `job.c.env.A`"]),
            ("{$file: run.sh, env: {$append: [1]}}", ["`$append` is not allowed here, where nothing is inherited"]),
            ("{$file: run.sh, args: [{$append: [1]}]}", ["`$append` is not allowed here, where nothing is inherited"]),
            ("{$file: run.sh, env: {A: {$nope: 1}}}", ["there is no operator `$nope`"]),
        ],
    )
    def test_nothing_is_inherited_by_environment_and_arguments(self, form: str, messages: list[str]) -> None:
        found = job(form, **{"run.sh": "x"})
        assert found.messages == messages
        node = found.at("job.c")
        assert isinstance(node, FileText)
        assert "$" not in "".join(str(to_data(part)) for part in (node.env, node.args) if part is not None)

    def test_a_binary_file_is_said_at_the_path(self) -> None:
        assert job("{$file: nope}").only.code is codes.FILE_NOT_FOUND
