"""All generated files of a folder of schemas, and which files are stale."""

import os
from enum import StrEnum
from pathlib import Path

from specc import assets
from specc.diagnostics import Diagnostic, codes
from specc.disk import check_stays
from specc.disk.contents import SUFFIX, shipped_names
from specc.errors import SpeccError
from specc.fast_dataclass import dataclass
from specc.nodes import Layer, LayerKind, Node
from specc.parser import parse_tree
from specc.schema import ApiSchema, JsonObject, read_schema
from specc.schemagen.build import build_request, build_response, dump
from specc.schemagen.editor import build_editor
from specc.schemagen.page import read_page
from specc.schemagen.settings import build_settings
from specc.source import Source
from specc.system.reader import Unreadable, read_file

PAGE, PATCH = "submitjob.md", "submitjob.patch.yaml"
REQUEST, RESPONSE = "request.schema.json", "response.schema.json"
EDITOR = "jobspec.schema.json"
SETTINGS = "specc.schema.json"
MAX_BYTES = 4 << 20
WRITE = "run `specc schema check --write`"


@dataclass(frozen=True, slots=True, eq=False)
class Version:
    """One API version as its page and patch give it."""

    name: str
    folder: Path
    request: JsonObject
    response: JsonObject
    patch: Source

    def schema(self) -> ApiSchema:
        """Return the schema as the compiler reads it."""
        request, response = (Source("", dump(part)) for part in (self.request, self.response))
        return read_schema(self.name, request, response, self.patch)


def generate(root: Path) -> tuple[dict[Path, str], list[Diagnostic]]:
    """Return the generated files below `root` with the text that each must have: no files when a page has an error."""
    versions: list[Version] = []
    found: list[Diagnostic] = []
    for page in sorted(root.rglob(PAGE)):
        version, wrong = _version(root, page)
        found.extend(wrong)
        if version is not None and not any(each.is_error for each in wrong):
            versions.append(version)
    if any(each.is_error for each in found):
        return {}, found
    files: dict[Path, str] = {}
    for version in versions:
        files[version.folder / REQUEST] = dump(version.request)
        files[version.folder / RESPONSE] = dump(version.response)
    if versions:
        apis = [version.schema() for version in versions]
        files[root / EDITOR] = dump(build_editor(apis, shipped_bases()))
        files[root / SETTINGS] = dump(build_settings(apis))
    return files, found


def stale(root: Path) -> list[Diagnostic]:
    """Return where generated files below `root` differ from what their pages and patches give.

    Raises SpeccError where there is no page.
    """
    files, found = generate(root)
    for path, wanted in files.items():
        if (difference := _difference(root, path, wanted, "what its page and patch give", WRITE)) is not None:
            found.append(difference)
    if not files and not found:
        raise SpeccError(f"{root} has no API page: no {PAGE} below it")
    return found


def stale_copy(path: Path, wanted: str) -> list[Diagnostic]:
    """Return where a project's copy of a schema for editors differs from `wanted`, the schema that ships."""
    help = f"run `specc schema check {path.as_posix()} --write`"
    found = _difference(path.parent, path, wanted, "the schema of this version of specc", help)
    return [found] if found is not None else []


def _version(root: Path, path: Path) -> tuple[Version | None, list[Diagnostic]]:
    name = path.parent.relative_to(root).as_posix()
    text, found = _read(root, path)
    patch_text, patch_found = (
        _read(root, path.with_name(PATCH)) if os.path.exists(path.with_name(PATCH)) else (None, [])
    )
    found += patch_found
    if text is None:
        return None, found
    page, page_found = read_page(text)
    found += page_found
    if page is None:
        return None, found
    patch_source = patch_text or Source(PATCH, "")
    patch, patch_wrong = parse_tree(patch_source, Layer(LayerKind.API, name))
    request, request_found = build_request(page, patch)
    response, response_found = build_response(page)
    found += [*patch_wrong, *request_found, *response_found]
    return Version(name, path.parent, request, response, patch_source), found


def _read(root: Path, path: Path) -> tuple[Source | None, list[Diagnostic]]:
    name = path.relative_to(root.parent).as_posix()
    check_stays(path, "read")
    try:
        data = read_file(path, MAX_BYTES)
    except Unreadable as error:
        raise SpeccError(f"cannot read {path}: {error.reason}") from error
    try:
        return Source(name, data.decode("utf-8-sig"), name), []
    except UnicodeDecodeError as error:
        message = f"byte {error.start} is not UTF-8"
        return None, [codes.NOT_TEXT.at(Source(name, "", name).span(), message)]


def _difference(root: Path, path: Path, wanted: str, what: str, help: str) -> Diagnostic | None:
    """Return the first line of a file that differs, or None."""
    if not os.path.exists(path):
        name = path.relative_to(root.parent).as_posix()
        return codes.STALE_SCHEMA.at(Source(name, "", name).span(), "the generated file is missing", help=help)
    source, found = _read(root, path)
    if source is None:
        return found[0]
    text = source.text.replace("\r\n", "\n")  # git may check files out with either line break
    if text == wanted:
        return None
    is_lines, want_lines = text.split("\n"), wanted.split("\n")
    same = next((i for i, pair in enumerate(zip(is_lines, want_lines, strict=False)) if pair[0] != pair[1]), None)
    number = min(len(is_lines), len(want_lines)) if same is None else same
    start = source.line_starts[min(number, len(source.line_starts) - 1)]
    expected = f"`{want_lines[number].strip()[:80]}`" if number < len(want_lines) else "the end of the file"
    span = source.span(start, start + len(source.line(source.position(start).line)))
    message = f"the file is not {what}: expected {expected} here"
    return codes.STALE_SCHEMA.at(span, message, help=help)


def shipped_bases() -> dict[str, str]:
    """Return the names of the bases that ship, each with the sentence that its text begins with."""
    folder = assets.folder("templates")
    heads = {
        name: (folder / f"{name}{SUFFIX}").read_text(encoding="utf-8").partition("\n")[0] for name in shipped_names()
    }
    return {name: head.partition(": ")[2].rstrip(".").capitalize() + "." for name, head in heads.items()}


class Kind(StrEnum):
    """The schemas that a page gives."""

    REQUEST = "request"
    RESPONSE = "response"
    EDITOR = "editor"
    SETTINGS = "settings"


def build_schema(page: Source, patch: Source | None, kind: Kind) -> tuple[JsonObject | None, list[Diagnostic]]:
    """Return the schema of that kind, with the patch applied, and all diagnostics of both texts.

    Raises SpeccError for the settings, which no page describes.
    """
    if kind is Kind.SETTINGS:
        raise SpeccError(
            "the schema of specc.toml is not made from a page", help="run `specc schema show --kind settings`"
        )
    content, found = read_page(page)
    if content is None:
        return None, found
    node: Node | None = None
    if patch is not None:
        node, more = parse_tree(patch, Layer(LayerKind.API))
        found.extend(more)
    if kind is Kind.RESPONSE:
        schema, more = build_response(content)
        return schema, found + more
    schema, more = build_request(content, node)
    found += more
    if kind is Kind.REQUEST or any(diagnostic.is_error for diagnostic in found):
        return schema, found
    response, more = build_response(content)
    texts = [Source(part, dump(body)) for part, body in (("request", schema), ("response", response))]
    api = read_schema(page.path, texts[0], texts[1], patch or Source("", "{}"))
    return build_editor([api], shipped_bases()), found + more
