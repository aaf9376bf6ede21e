"""The languages in which specc speaks to a person. Inside, every message is English; at the console it is translated.

`language_of` says which language the environment asks for, and `specc.language.catalogue` opens its catalogue, which is
imported for who reads it: English has none, and costs nothing. JSON and every other format that programs read, and
whatever is made for others, stay English.
"""

from collections.abc import Callable, Mapping

Translate = Callable[[str], str]
"""From an English message to the message that the person reads."""

CHINESE = "zh_CN"
SIMPLIFIED = ("zh", "zh_cn", "zh_sg", "zh_my", "zh_hans")
"""Locales whose readers are used to the simplified script. Those of the traditional script get English."""
VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")


def in_english(message: str) -> str:
    """Return a message as it is."""
    return message


def language_of(environment: Mapping[str, str]) -> str | None:
    """Return the name of the catalogue for the language that the environment asks for; None for English.

    SPECC_LANG decides alone where it is set. Otherwise the first of LC_ALL, LC_MESSAGES and LANG that is set decides,
    as for other programs. Output is UTF-8, so a locale with another encoding gets English, which every encoding shows.
    """
    asked = environment.get("SPECC_LANG")
    if asked:
        return CHINESE if _is_chinese(asked) else None
    locale = next((environment[name] for name in VARIABLES if environment.get(name)), "")
    _, dot, encoding = locale.partition("@")[0].partition(".")
    if dot and encoding.lower().replace("-", "") != "utf8":
        return None
    return CHINESE if _is_chinese(locale) else None


def _is_chinese(locale: str) -> bool:
    """Return whether a locale is Chinese in the simplified script: `zh`, `zh_CN.UTF-8`, `zh-Hans`, `zh_Hans_CN`."""
    name = locale.partition("@")[0].partition(".")[0].lower().replace("-", "_")
    return name in SIMPLIFIED or name.startswith("zh_hans_")


_translate: Translate = in_english


def choose_language(environment: Mapping[str, str]) -> str | None:
    """Speak the language that the environment asks for from now on, and return its name; None for English."""
    global _translate
    language = language_of(environment)
    if language is None:
        _translate = in_english
        return None
    from specc.language.catalogue import catalogue_of  # only who does not read English waits for a catalogue

    _translate = catalogue_of(language).translate
    return language


def translator() -> Translate:
    """Return what translates into the language of the person."""
    return _translate


def translated(message: str) -> str:
    """Return a message of specc in the language of the person. Data of others is never a message."""
    return _translate(message)
