"""Shell texts that nobody wrote for specc: the scripts of installed packages, and the steps of their workflows."""

import hashlib
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

PLACES = ("/usr", "/etc", "/opt")
OURS = Path(__file__).parent / "jobs"
SHEBANG = re.compile(rb"#!\s*(?:/usr)?(?:/local)?/bin/(?:env\s+(?:-\S+\s+)*)?(?:ba|da)?sh\b")
DIRECTIVE = re.compile(rb"^#(?:SBATCH|PBS|BSUB|\$) +-", re.MULTILINE)
OTHER_SHELL = re.compile(r"#!|#(?:compdef|autoload)\b")
"""How a text begins that is written for another program: a `#!` line, or what zsh reads at the head of a completion."""
ODD = re.compile(r"[^\t\n\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that YAML does not take as they are."""
SUFFIXES = (".sh", ".bash", ".sbatch", ".slurm", ".pbs", ".job", ".sub")
MOST_BYTES = 300_000
WORKFLOWS = ("workflows", "actions")


@dataclass(frozen=True)
class Text:
    """A shell text, where it was found, and whether YAML had it as a folded scalar."""

    where: str
    text: str
    is_folded: bool = False

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()[:12]


def gathered(places: Iterable[str] = PLACES) -> list[Text]:
    """Return every text once, by its content."""
    found: dict[str, Text] = {}
    for root in [str(OURS), *places]:
        for path in _files(root):
            for text in _texts(path):
                if not ODD.search(text.text):
                    found.setdefault(text.digest, text)
    return list(found.values())


def _files(root: str) -> Iterator[Path]:
    for folder, folders, names in os.walk(root):
        folders.sort()
        yield from (Path(folder, name) for name in sorted(names))


def _texts(path: Path) -> Iterator[Text]:
    """Yield the script that a file is, or the steps of a workflow."""
    try:
        if path.is_symlink() or not path.is_file() or path.stat().st_size > MOST_BYTES:
            return
        if path.suffix in (".yml", ".yaml"):
            yield from _steps(path) if any(name in path.parts for name in WORKFLOWS) else ()
            return
        if path.suffix not in SUFFIXES and not os.access(path, os.X_OK):
            return
        with path.open("rb") as file:
            begin = file.read(4096)
            is_shell = SHEBANG.match(begin) is not None or DIRECTIVE.search(begin) is not None
            data = begin + file.read() if is_shell or path.suffix in SUFFIXES else b""
        text = data.decode()
    except (OSError, UnicodeDecodeError):
        return
    if is_shell or (text.strip() and not OTHER_SHELL.match(text)):
        yield Text(str(path), text.replace("\r\n", "\n"))


def _steps(path: Path) -> Iterator[Text]:
    """Yield the commands of a workflow: the values of `run`, as YAML reads them."""
    try:
        root = yaml.compose(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        return
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if isinstance(node, yaml.SequenceNode):
            waiting += node.value
        for key, value in node.value if isinstance(node, yaml.MappingNode) else ():
            waiting.append(value)
            # A `${{ }}` of the workflow is filled in before a shell sees it.
            if key.value == "run" and isinstance(value, yaml.ScalarNode) and "${{" not in value.value:
                yield Text(f"{path}:{value.start_mark.line + 1}", value.value, value.style == ">")
