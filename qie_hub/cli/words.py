"""Names of things as the present language calls them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from qie_hub.cli.layout import Say
from qie_hub.messages import has


def ability_text(ability: str, say: Say) -> str:
    """What an ability is called; its own word where the table has none."""
    return say(f"ABILITY.{ability}") if has(f"ABILITY.{ability}") else ability


def title_text(title: Mapping[str, str], say: Say) -> str:
    """A pack's title in the present language, else in English, else any."""
    for language in (say("LANGUAGE.code"), "en", *title):
        if title.get(language):
            return title[language]
    return "–"


def label(name: str, say: Say) -> str:
    """A heading as the label of a line."""
    return say(f"HEAD.{name}").lower()


def joined(items: Iterable[str], say: Say) -> str:
    """A list as the present language writes it; a dash for none."""
    return say("WORD.comma").join(items) or "–"
