"""What is wrong with a configuration: where it shows, what is said, and what remains usable."""

import pytest

from specc.config import read_configuration
from specc.diagnostics.codes import BAD_SETTING, CONFIG_SYNTAX, SHADOWED_SETTINGS, UNKNOWN_SETTING
from specc.reporters import Report, ReportFormat, Summary, report_text


def read(folder, own=None, **others):
    names = {"local": "specc.local.toml", "shared": "pyproject.toml"}
    texts = {names[name]: text for name, text in others.items()} | ({} if own is None else {"specc.toml": own})
    for name, text in texts.items():
        (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_configuration(folder, lambda path: path.name, {})


def said(configuration):
    return [(str(found.span), found.span.text, found.message, found.help) for found in configuration.diagnostics]


def only(folder, own):
    (found,) = read(folder, own).diagnostics
    return found


@pytest.mark.parametrize(
    ("own", "place", "message", "help"),
    [
        ('exclud = ["a"]', "1:1", "unknown setting `exclud`", "did you mean `exclude`?"),
        ('[unit]\nmem_limit = "B"', "1:2", "unknown setting `unit`", "did you mean `units`?"),
        (
            '[targets.p]\nkind = "ehpc"\nendpont = "x"',
            "3:1",
            "unknown setting `endpont` in `targets.p`",
            "did you mean `endpoint`?",
        ),
        (
            "targets.local.queues.q = {gpus = 1}",
            "1:27",
            "unknown setting `gpus` in `targets.local.queues.q`",
            "settings here: `max_cores`, `max_time`",
        ),
        (
            'target = "hpc"\n[targets.hpc]\nkind = "slurm"\nenv = ["A"]',
            "4:1",
            "unknown setting `env` in `targets.hpc`",
            "`env` belongs to the top level: move it above `[targets.hpc]`",
        ),
        (
            '[units]\nmem_limit = "MiB"\n[targets.hpc]\nkind = "slurm"\nproject = "a"',
            "5:1",
            "unknown setting `project` in `targets.hpc`",
            "`project` belongs to the top level: move it above `[units]`",
        ),
        (
            '[targets.hpc]\nkind = "slurm"\n[targets.hpc.rules]\nignore = []',
            "3:14",
            "unknown setting `rules` in `targets.hpc`",
            "`rules` belongs to the top level: write it as `[rules]`",
        ),
        ('# 流体\n"流体" = 1', "2:1", "unknown setting `流体`", "settings here: `project`, `target`, "),
    ],
)
def test_unknown_settings(tmp_path, own, place, message, help):
    found = only(tmp_path, own)
    assert (found.code, str(found.span), found.message) == (UNKNOWN_SETTING, f"specc.toml:{place}", message)
    assert found.help.startswith(help)


UNITS = "units here: `B`, `kB`, `KiB`, `MB`, `MiB`, `GB`, `GiB`, `TB`, `TiB`, `s`, `min`, `h`, `d`"


@pytest.mark.parametrize(
    ("own", "place", "message", "help"),
    [
        ("project = 3", "1:11", "`project` is the number 3, expected a text that is not empty", None),
        ('project = " "', "1:11", '`project` is the text " ", expected a text that is not empty', None),
        ("api = true", "1:7", "`api` is the boolean true, expected a text that is not empty", None),
        (
            'include = "*.yaml"',
            "1:11",
            '`include` is the text "*.yaml", expected a list, each item a text that is not empty',
            'write `["*.yaml"]`',
        ),
        (
            "exclude = {}",
            "1:11",
            "`exclude` is a table, expected a list, each item a text that is not empty",
            None,
        ),
        ('include = ["流", 3]', "1:17", "`include[2]` is the number 3, expected a text that is not empty", None),
        *(
            (
                f"targets.s = {{kind = 'slurm', cluster = '{name}'}}",
                "1:40",
                f'`targets.s.cluster` is the text "{name}", expected the name of a cluster',
                None,
            )
            for name in ("../../x", "..", "a/b", "/etc", ".ssh", "-x", "a b")
        ),
        ("env = ['A B']", "1:8", '`env[1]` is the text "A B", expected the name of an environment variable', None),
        (
            "env = ['MY_SECRET']",
            "1:8",
            '`env[1]` is the text "MY_SECRET", expected the name of an environment variable',
            "a payload must not hold a credential",
        ),
        ("units = 3", "1:9", "`units` is the number 3, expected a table", None),
        ("defaults = [1]", "1:12", "`defaults` is a list, expected a table", None),
        (
            "units.mem_limit = 'mib'",
            "1:19",
            '`units.mem_limit` is the text "mib", expected a unit',
            "did you mean `MiB`?",
        ),
        ("[units]\nmem_limit = 3", "2:13", "`units.mem_limit` is the number 3, expected a unit", UNITS),
        ("[[targets.x]]\nkind = 'ehpc'", "1:11", "`targets.x` is a list, expected a table", None),
        (
            "targets.x.kind = 'slrum'",
            "1:18",
            '`targets.x.kind` is the text "slrum", expected `local`, `slurm`, `command` or `ehpc`',
            "did you mean `slurm`?",
        ),
        (
            "targets.local.run_as = 'me'",
            "1:24",
            '`targets.local.run_as` is the text "me", expected `caller`',
            "values here: `caller`",
        ),
        (
            "targets.local.endpoint = 'a.com'",
            "1:26",
            '`targets.local.endpoint` is the text "a.com", expected a web address',
            "begin it with `https://`",
        ),
        (
            "targets.local.job = {zone = ['a']}",
            "1:29",
            "`targets.local.job.zone` is a list, expected a text, a number or a boolean",
            None,
        ),
        (
            "targets.local.queues.q.max_cores = true",
            "1:36",
            "`targets.local.queues.q.max_cores` is the boolean true, expected a number above 0",
            None,
        ),
        (
            "targets.local.queues.q.max_time = '1:30'",
            "1:35",
            '`targets.local.queues.q.max_time` is the text "1:30", expected a duration',
            "write `1h30m` or `1m30s`",
        ),
        ("[defaults]\nx = 12:00:00", "2:5", "`12:00:00` is a time in TOML, expected a text", 'write `"12:00:00"`'),
        (
            "[defaults]\nx = [1, 2024-01-02]",
            "2:9",
            "`2024-01-02` is a date in TOML, expected a text",
            'write `"2024-01-02"`',
        ),
        ("target = 'lcal'", "1:10", "there is no target `lcal`", "did you mean `local`?"),
        (
            "[targets.prod]\nendpoint = 'https://x'",
            "1:10",
            "`targets.prod.kind` is missing",
            'write `kind = "ehpc"` under `[targets.prod]`; kinds: `local`, `slurm`, `command` or `ehpc`',
        ),
        (
            "targets.local.kind = 'ehpc'",
            "1:22",
            "the built-in target `local` cannot be of kind `ehpc`",
            "give the target another name",
        ),
        (
            "[targets.x]\nkind = 'command'",
            "2:1",
            "the target `x` has neither `commands` nor an `adapter`",
            'write four commands (submit, status, cancel, find) as the table `commands`, or `adapter = "gridengine"`',
        ),
        (
            "[targets.x]\nkind = 'command'\nadapter = 'gridengine'\ncommands = {submit = ['a']}",
            "4:1",
            "the target `x` has both `commands` and an `adapter`",
            "keep one of them",
        ),
        (
            "[targets.x]\nkind = 'command'\ncommands = {submit = ['a'], status = [], cancel = ['c']}",
            "3:1",
            "the target `x` lacks `commands.status`, `commands.find`",
            'write each as a list of words: `["/opt/site/bin/NAME"]`',
        ),
        (
            "targets.x.commands.submit = 'a --b'\ntargets.x.kind = 'slurm'",
            "1:29",
            '`targets.x.commands.submit` is the text "a --b", expected a list, each item a text that is not empty',
            'write `["a", "--b"]`',
        ),
        (
            "[targets.x]\nkind = 'command'\nadapter = 'gridengine'\nsettings = {project = '-x'}",
            "4:1",
            "the target `x` has a wrong value for `settings.project`: -x",
            "the settings are parallel_environment, memory_resource, memory_per_slot, time_resource, project, "
            "resources",
        ),
        (
            "[targets.x]\nkind = 'command'\nadapter = 'gridengine'\nsettings = {a = {b = 1}}",
            "4:17",
            "`targets.x.settings.a` is a table, expected a text, a number, a boolean or a list of them",
            None,
        ),
    ],
)
def test_bad_settings(tmp_path, own, place, message, help):
    found = only(tmp_path, own)
    assert (found.code, str(found.span), found.message) == (BAD_SETTING, f"specc.toml:{place}", message)
    assert found.help == help


def test_what_does_not_fit_is_left_out_and_the_rest_is_used(tmp_path):
    configuration = read(
        tmp_path,
        "project = 3\ntarget = 'nowhere'\nexclude = ['a', 3]\n[units]\na = 'MiB'\nb = 'x'\n"
        "[targets.p]\nkind = 'x'\n[targets.local]\nkind = 'slurm'\nrun_as = 'caller'\n",
    )
    settings = configuration.settings
    assert len(configuration.diagnostics) == 6
    assert (settings.project, settings.target, settings.exclude) == (tmp_path.name, "local", ("a",))
    assert dict(settings.units) == {"a": "MiB"}
    assert list(settings.targets) == ["local"]
    assert (settings.targets["local"].kind, settings.targets["local"].run_as) == ("local", "caller")


def test_the_default_target_may_be_in_the_other_file(tmp_path):
    assert read(tmp_path, "[targets.prod]\nkind = 'ehpc'\n", local="target = 'prod'\n").diagnostics == ()
    assert said(read(tmp_path, "[targets.prod]\nkind = 'ehpc'\n", local="target = 'prd'\n")) == [
        ("specc.local.toml:1:10", "'prd'", "there is no target `prd`", "did you mean `prod`?")
    ]


def test_a_target_is_not_missed_in_a_file_that_is_not_toml(tmp_path):
    (found,) = read(tmp_path, "[targets.prod\n", local="target = 'prod'\n").diagnostics
    assert found.code is CONFIG_SYNTAX


@pytest.mark.parametrize(
    ("own", "place", "message", "help"),
    [
        ("target = local\n", "1:10", "not TOML: invalid value", "write texts in quotes"),
        ("# 流体\r\na = 1\r\n b = = 2", "3:6", "not TOML: invalid value", "write texts in quotes"),
        ("project = “x”", "1:11", "not TOML: invalid value", '`“` is a Chinese or typographic quote: write `"`'),
        ("名 = 1", "1:1", "not TOML: invalid statement", "write a setting as `key = value`, with quotes"),
        ("a = [1,\n", "2:1", "not TOML: ", None),
        ("a = 1\na = 2", "2:6", "not TOML: cannot overwrite a value", None),
        ("a = 1\rb = 2", "1:6", "not TOML: ", None),
        ("x = 1\n" + "a." * 40 + "b = 1", "2:1", "not TOML: a key has more than 32 parts", None),
        ("x = " + "[" * 5000, "1:1", "not TOML: the text is nested too deeply", None),
        ("x = " + "1" * 5000, "1:5", "not TOML: a number has too many digits", None),
        ("流 = 1".encode("gb18030"), "1:1", "not TOML: the file is not UTF-8 text", "save the file as UTF-8"),
        ("# 流\nx".encode() + b"\xff", "2:2", "not TOML: the file is not UTF-8 text", "save the file as UTF-8"),
    ],
)
def test_not_toml(tmp_path, own, place, message, help):
    found = only(tmp_path, own)
    assert (found.code, str(found.span)) == (CONFIG_SYNTAX, f"specc.toml:{place}")
    assert found.message.startswith(message)
    assert (found.help or "").startswith(help or "")


def test_deep_values_are_refused(tmp_path):
    found = only(tmp_path, "defaults.x = " + "[" * 60 + "]" * 60)
    assert found.message == "nested deeper than 32 levels"


@pytest.mark.parametrize(
    "own",
    [
        "secret_access_key = 'hush'\n",
        "[targets.prod]\nkind = 'ehpc'\nqy_access_key_id = 'hush'\n",
        "targets.local.job = {zone = 'a', access-key = 'hush', x = 'y'}\n",
        "[defaults]\nx = [{password = 'hush'}]\n",
        "[defaults.credentials]\nkey = '''\nhush\nhush'''\n",
        "[[targets.local.secrets]]\na = ['hush']\n[[targets.local.secrets]]\na.b = 'hush'\n",
        "[targets.local]\n\"api key\" = 1\napi_key = 'hush'\n",
    ],
)
def test_credentials_are_refused_and_never_shown(tmp_path, own):
    configuration = read(tmp_path, own)
    found = [one for one in configuration.diagnostics if "looks like a credential" in one.message]
    assert len(found) == 1
    assert found[0].code is BAD_SETTING
    assert "`QY_ACCESS_KEY_ID` and `QY_SECRET_ACCESS_KEY`" in found[0].help
    assert "hush" not in found[0].span.source.text
    assert "hush" not in str(configuration.entries)
    assert len(found[0].span.source.text) == len(own)
    report = Report(configuration.diagnostics, Summary(1, 0, 0, 1, 0))
    assert all("hush" not in report_text(report, each) for each in ReportFormat)


@pytest.mark.parametrize("own", ["secret = hush\n", "a = {secret_key = 'hush', b = }\n", b"token = 'hush\xff'"])
def test_credentials_are_not_shown_in_a_file_that_is_not_toml(tmp_path, own):
    found = only(tmp_path, own)
    assert found.code is CONFIG_SYNTAX
    assert "hush" not in found.span.source.text


def test_settings_in_pyproject_beside_a_specc_toml(tmp_path):
    configuration = read(tmp_path, "", shared="[tool.specc]\nproject = 'x'\n")
    (found,) = configuration.diagnostics
    assert (found.code, str(found.span)) == (SHADOWED_SETTINGS, "pyproject.toml:1:7")
    assert not found.is_error
    assert configuration.settings.project == tmp_path.name
    (found,) = read(tmp_path, "", shared="[tool.specc]\nproject = \n").diagnostics
    assert (found.code, str(found.span)) == (SHADOWED_SETTINGS, "pyproject.toml:2:11")


def test_a_pyproject_whose_specc_is_no_table(tmp_path):
    found = only_of(read(tmp_path, shared="[tool]\nspecc = 3\n"))
    assert (found.code, str(found.span), found.message) == (
        BAD_SETTING,
        "pyproject.toml:2:9",
        "`tool.specc` is not a table",
    )


def test_mistakes_in_pyproject_are_named_without_its_prefix(tmp_path):
    found = only_of(read(tmp_path, shared="[tool.specc.units]\nmem_limit = 1\n"))
    assert (str(found.span), found.message) == (
        "pyproject.toml:2:13",
        "`units.mem_limit` is the number 1, expected a unit",
    )


def only_of(configuration):
    (found,) = configuration.diagnostics
    return found
