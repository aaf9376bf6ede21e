"""No regular expression of specc takes more than linear time, whatever text a repository gives it.

Each is run on texts made of its own parts. A quadratic one takes a hundred times as long as a linear one, so the
limit is far from both.
"""

import ast
import importlib
import pkgutil
import re
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from support.projects import Place
from support.pumping import pumps
from support.tables import each
from support.work import limited

import specc
from specc.config.credentials import masked_lines
from specc.rules.secret_in_spec import KNOWN, secrets
from specc.source import MAX_BYTES, Source

HERE = Path(specc.__file__).parent
SHORT, LONG = 2_048, 16_384
SUSPICIOUS, MOST_SECONDS = 0.001, 0.1
MOST_PARTS = 30
SEARCHES = {"search", "finditer", "findall", "sub", "subn", "split"}
MATCHED_IN_PLACE = ("specc.config.places.", "specc.lsp.completion.REST_IN_QUOTES")
"""Modules that hand their patterns to one function, which matches them where it stands."""
OF_SPECC_ITSELF = {
    "specc.cli.commands.rules.FENCED": "it reads the docstrings of rules",
    "specc.cli.commands.rules.PROSE": "it reads the docstrings of rules",
    "specc.rules.documentation.BLOCK": "it reads the docstrings of rules",
    "specc.rules.documentation.HEADING": "it reads the docstrings of rules",
}


@cache
def uses() -> dict[str, set[str]]:
    """The methods that are called on each pattern, by the pattern's whole name, wherever it is imported."""
    found: dict[str, set[str]] = {}
    for path in HERE.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        module = ".".join(path.relative_to(HERE.parent).with_suffix("").parts).removesuffix(".__init__")
        origins = {
            alias.asname or alias.name: node.module
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and node.module
            for alias in node.names
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id.isupper():
                name = node.value.id
                found.setdefault(f"{origins.get(name, module)}.{name}", set()).add(node.attr)
    return found


def named_patterns() -> Iterator[tuple[str, "re.Pattern[Any]"]]:
    """Every pattern that a module of specc holds, also in tables."""
    for info in pkgutil.walk_packages(specc.__path__, "specc."):
        if not info.name.endswith("__main__"):
            module = importlib.import_module(info.name)
            for name, value in vars(module).items():
                yield from _in(f"{info.name}.{name}", value)


def _in(name: str, value: object) -> Iterator[tuple[str, "re.Pattern[Any]"]]:
    if isinstance(value, re.Pattern):
        yield name, value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _in(f"{name}[]", item)
    elif isinstance(value, tuple | list):
        for item in value[:100]:
            yield from _in(f"{name}[]", item)


def literal_patterns() -> Iterator[tuple[str, "re.Pattern[Any]", bool]]:
    """Every pattern that `re` compiles when it is used, as in `re.search(r"...", text)` and `re.search(NAME, text)`,
    with whether a text is searched for it. What is filled in is a word."""
    for path in HERE.rglob("*.py"):
        source = path.read_text(encoding="utf-8")
        if "re." not in source:
            continue
        module = ast.parse(source)
        name = ".".join(path.relative_to(HERE.parent).with_suffix("").parts).removesuffix(".__init__")
        definitions = (each for each in module.body if isinstance(each, ast.FunctionDef | ast.ClassDef))
        for node in (node for definition in definitions for node in ast.walk(definition)):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and isinstance(node.func.value, ast.Name)
                and node.func.value.id == "re"
                and node.args
                and (text := _text(node.args[0], name)) is not None
            ):
                flags = re.MULTILINE if "^" in text else 0
                is_searched = node.func.attr not in ("match", "fullmatch")
                yield f"{path.relative_to(HERE)}:{node.lineno}", re.compile(text, flags), is_searched


def _text(node: ast.expr, module: str) -> str | None:
    if isinstance(node, ast.Name) and node.id.isupper():
        value = getattr(importlib.import_module(module), node.id)
        return value if isinstance(value, str) else None
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.JoinedStr):
        return "".join(each.value if isinstance(each, ast.Constant) else "name" for each in node.values)
    return None


def all_patterns() -> list[tuple[str, "re.Pattern[Any]", bool]]:
    """Each pattern once, with whether a text is searched for it."""
    found: dict[tuple[object, int], tuple[str, re.Pattern[Any], bool]] = {}
    for name, pattern in named_patterns():
        if name not in OF_SPECC_ITSELF:
            methods = uses().get(name.removesuffix("[]"), set())
            is_matched = bool(methods & {"match", "fullmatch"}) or name.startswith(MATCHED_IN_PLACE)
            is_searched = bool(methods & SEARCHES) or not is_matched
            found.setdefault((pattern.pattern, pattern.flags), (name, pattern, is_searched))
    for name, pattern, is_searched in literal_patterns():
        known = found.get((pattern.pattern, pattern.flags))
        if known is None or (is_searched and not known[2]):
            found[pattern.pattern, pattern.flags] = name, pattern, is_searched
    for what, text in KNOWN.items():
        found.setdefault((text, 0), (f"secrets: {what}", re.compile(text), True))
    return list(found.values())


def seconds_of(pattern: "re.Pattern[Any]", text: Any, *, is_searched: bool) -> float:
    start = time.process_time()
    if is_searched:
        for _ in pattern.finditer(text):
            pass
    else:
        pattern.match(text)
        pattern.fullmatch(text)
    return time.process_time() - start


def slowest(pattern: "re.Pattern[Any]", *, is_searched: bool) -> tuple[float, str]:
    """The time that the worst text takes, and what it repeats.

    A short text shows which parts could be slow, and a long one whether they are; that is tried again, because the
    machine may be busy.
    """
    worst = 0.0, ""
    for part in pumps(pattern)[:MOST_PARTS]:
        if seconds_of(pattern, _text_of(pattern, part, SHORT), is_searched=is_searched) < SUSPICIOUS:
            continue
        text = _text_of(pattern, part, LONG)
        seconds = min(seconds_of(pattern, text, is_searched=is_searched) for _ in range(2))
        worst = max(worst, (seconds, part))
        if seconds >= MOST_SECONDS:
            break
    return worst


def _text_of(pattern: "re.Pattern[Any]", part: str, length: int) -> Any:
    text = part * (length // len(part)) + "\0"
    return text if isinstance(pattern.pattern, str) else text.encode()


@pytest.mark.slow
def test_no_pattern_takes_more_than_linear_time() -> None:
    patterns = all_patterns()
    assert len(patterns) > 180
    slow = []
    for name, pattern, is_searched in patterns:
        seconds, part = slowest(pattern, is_searched=is_searched)
        if seconds >= MOST_SECONDS:
            slow.append(f"{name}: {seconds:.2f} s for {part!r} again and again")
    assert not slow, "\n".join(slow)


@pytest.mark.parametrize("text", [r"(?:passw)[\w-]*\s*=", r"a+b|a+c"])
@pytest.mark.slow
def test_this_test_finds_patterns_of_quadratic_time(text: str) -> None:
    assert slowest(re.compile(text), is_searched=True)[0] >= MOST_SECONDS


@each(
    "word",
    [
        *(
            "passw",
            "secret",
            "token-",
            "api_key",
            "access_key ",
            "sk-",
            "sk-a1-",
            "eyJ-",
            "eyJaaaaaaaaaa.",
            "a+",
            "a+b://",
        ),
        *("-----BEGIN A ", "glpat-", "xoxb-", "://", "a://b:", "password=", "password:\n", '"', "'", "\\", "read "),
    ],
)
@pytest.mark.slow
def test_looking_for_secrets_takes_linear_time(word: str) -> None:
    text = (word * MAX_BYTES)[:MAX_BYTES]
    with limited():
        secrets(Source("a", text + "\0"))
        masked_lines(text)


@pytest.mark.parametrize(
    "text", ["passw" * 50_000, "x = passw" + "passw" * 50_000, "[passw" * 40_000, "'passw\n" * 40_000]
)
def test_settings_made_of_words_for_secrets(place: Place, text: str) -> None:
    place.put("specc.toml", text.encode())
    with limited():
        assert place.run("check") == 2


@pytest.mark.parametrize("value", ["算" * 40 + " x", "é" * 60 + "$", "算" * 5000 + ";"])
def test_a_long_value_in_another_script_is_judged_at_once(place: Place, value: str) -> None:
    place.write(
        a=f"specc: 1\nvars: {{v: '{value}'}}\njob: {{name: a, core_limit: 1, cmd_line: 'echo {{{{ vars.v }}}} y'}}\n"
    )
    with limited():
        assert place.run("check", "a.job.yaml") == 1
    assert "SPC307" in place.out


CREDENTIALS = {
    "my_password = one": "my_password = ***",
    "'api-key'= two": "'api-key'= ***",
    "name = three": "name = three",
    "API_TOKEN =": "API_TOKEN =",
    "x-secret-y=four # more": "x-secret-y=***********",
    "password.a = five": "password.a = five",
    "a = {token = 6}": "a = {token = **",
}


def test_what_follows_a_credential_is_starred_out() -> None:
    assert masked_lines("\n".join(CREDENTIALS)) == "\n".join(CREDENTIALS.values())
