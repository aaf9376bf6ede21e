"""Which pages are generated, and where they lie."""

from pathlib import Path

from manual import chinese
from manual.bases import bases_page
from manual.codes import code_page, codes_page, page_of, rules_index
from manual.commands import commands_page
from manual.configuration import configuration_page
from manual.diagrams import diagrams
from specc.diagnostics.codes import CODES
from specc.project import shipped_apis
from specc.rules import RULES

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PAGES_OF_CODES = (DOCS / "codes", DOCS / "rules")


def pages() -> dict[Path, str]:
    """Each generated page with the text that it must have."""
    return {
        DOCS / "bases.md": bases_page(),
        DOCS / "codes.md": codes_page(CODES.values()),
        DOCS / "commands.md": commands_page(),
        DOCS / "configuration.md": configuration_page(),
        DOCS / "rules" / "index.md": rules_index(RULES),
        DOCS / "zh" / "codes.md": chinese.codes_page(CODES.values()),
        DOCS / "zh" / "fields.md": chinese.fields_page(shipped_apis()),
        **{DOCS / "assets" / "diagrams" / name: text for name, text in diagrams().items()},
        **{DOCS / page_of(code): code_page(code) for code in CODES.values()},
    }


def leftovers() -> list[Path]:
    """Pages of codes that are gone."""
    return sorted({path for folder in PAGES_OF_CODES for path in folder.glob("*.md")} - pages().keys())
