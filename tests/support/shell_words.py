"""Words of a shell script."""

import re


def words_in(script: str) -> list[str]:
    """Return every word that could be the name of a variable and is written as users write theirs."""
    return sorted({*re.findall(r"(?<!\w)[a-z][a-z_0-9]*", script)})
