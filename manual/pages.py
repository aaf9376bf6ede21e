"""Which pages are generated, and where they lie."""

from pathlib import Path

from manual.codes import codes_page
from manual.commands import commands_page
from manual.configuration import configuration_page
from manual.rules import rule_page, rules_index
from specc.diagnostics.codes import CODES
from specc.rules import RULES

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
RULE_PAGES = DOCS / "rules"


def pages() -> dict[Path, str]:
    """Each generated page with the text that it must have."""
    return {
        DOCS / "codes.md": codes_page(CODES.values()),
        DOCS / "commands.md": commands_page(),
        DOCS / "configuration.md": configuration_page(),
        RULE_PAGES / "index.md": rules_index(RULES),
        **{RULE_PAGES / f"{rule.code.code}.md": rule_page(rule) for rule in RULES},
    }


def leftovers() -> list[Path]:
    """Pages of rules that are gone."""
    return sorted(set(RULE_PAGES.glob("*.md")) - pages().keys())
