"""The table of messages: complete in both languages, and filled with facts that really come."""

from __future__ import annotations

import string
from pathlib import Path

import pytest

from qie_hub import messages
from qie_hub.errors import DiskFull, NotFound, UsageError
from qie_hub.messages import LANGUAGES, describe, has, language_of, seconds_text, size_text, text
from tests.support.source_scan import KINDS, error_sites, first_arguments

TABLE = messages.table()
FILES = sorted((Path(messages.__file__).parent / "texts").glob("*.toml"))


ALIKE = {"TIER.pro", "TIER.ultra-lite", "DEVICE.onnxruntime", "CHANGE.OTHER_RUNTIME", "CHANGE.NEWER_CLIENT"}
ALIKE |= {key for key in TABLE if key.endswith(".examples") or key == "NEXT.install"}


def words(pattern: str) -> bool:
    """Whether a pattern says something beside its placeholders."""
    return any(any(character.isalpha() for character in said) for said, *_ in string.Formatter().parse(pattern))


def placeholders(pattern: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(pattern) if name is not None}


def test_no_key_stands_in_two_files() -> None:
    homes: dict[str, list[str]] = {}
    for path in FILES:
        for key in messages.entries(path.stem):
            homes.setdefault(key, []).append(path.name)
    assert len(homes) > 100
    assert {key: names for key, names in homes.items() if len(names) > 1} == {}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_entry_speaks_both_languages_and_names_the_same_facts(path: Path) -> None:
    for key, entry in messages.entries(path.stem).items():
        assert set(entry) == set(LANGUAGES), f"{path.name}: {key}"
        assert all(entry[language].strip() for language in LANGUAGES), f"{path.name}: {key}"
        assert placeholders(entry["en"]) == placeholders(entry["zh"]), f"{path.name}: {key}"
        assert "" not in placeholders(entry["en"]), f"{path.name}: {key} has a nameless placeholder"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_chinese_entries_are_chinese_where_the_english_ones_are_words(path: Path) -> None:
    same = {
        key for key, entry in messages.entries(path.stem).items() if entry["zh"] == entry["en"] and words(entry["en"])
    }
    assert same <= ALIKE


@pytest.mark.parametrize("kind", sorted(KINDS.values(), key=lambda kind: kind.__name__), ids=lambda kind: kind.__name__)
def test_every_error_code_has_a_sentence_and_says_what_to_do_next(kind: type) -> None:
    assert has(kind.code), f"no text for {kind.code}"
    assert has(f"HINT.{kind.code}"), f"no HINT.{kind.code}"


def test_every_hint_in_the_source_has_an_entry() -> None:
    sites = [site for site in error_sites() if site.hints]
    assert len(sites) > 10
    missing = [
        f"{site.where}: {hint}" for site in sites for hint in site.hints if not has(hint) and not has(f"HINT.{hint}")
    ]
    assert missing == []


def test_every_fact_that_a_sentence_names_is_given_where_the_error_is_made() -> None:
    wrong = []
    for site in error_sites():
        if site.facts is None:
            continue
        for hint in site.hints or (site.kind.code,):
            what = hint if has(hint) else site.kind.code
            further = next((key for key in (f"HINT.{hint}", f"HINT.{site.kind.code}") if has(key)), None)
            for key in (what, further):
                if key is None or key not in TABLE:
                    continue
                absent = placeholders(TABLE[key]["en"]) - site.facts
                if absent:
                    wrong.append(f"{site.where}: {key} names {sorted(absent)}, given are {sorted(site.facts)}")
    assert wrong == []


def test_every_warning_of_the_source_has_an_entry() -> None:
    codes = first_arguments("Warned")
    assert codes
    assert [f"{where}: {code}" for where, code in codes if not has(code)] == []


def test_every_key_that_the_command_line_says_has_an_entry() -> None:
    keys = first_arguments("say", "note", "text", "ask", "choose")
    keys = [(where, key) for where, key in keys if where.startswith("qie_hub/cli")]
    assert len(keys) > 30
    assert [f"{where}: {key}" for where, key in keys if key not in TABLE] == []


def test_a_missing_fact_or_key_never_makes_a_second_failure() -> None:
    assert text("NO_SUCH_KEY", "en", {"path": "x"}) == "NO_SUCH_KEY (path=x)"
    assert "?" in text("NOT_FOUND", "en", {})
    assert describe(NotFound(), "zh")[0].startswith("找不到")


def test_facts_are_written_for_people() -> None:
    sentence, _ = describe(DiskFull(need=63_200_000, free=1_500, home="/h"), "en")
    assert "63.2 MB" in sentence
    assert "1.5 kB" in sentence
    _, hint = describe(UsageError(hint="BAD_RESOLUTION", text="300", known=(256, 512)), "en")
    assert hint is not None
    assert "256, 512" in describe(UsageError(hint="BAD_RESOLUTION", text="300", known=(256, 512)), "en")[0]
    assert "256、512" in describe(UsageError(hint="BAD_RESOLUTION", text="300", known=(256, 512)), "zh")[0]


def test_a_hint_of_its_own_speaks_before_the_code() -> None:
    what, following = describe(UsageError(hint="BAD_REF", text="a b"), "en")
    assert what == "'a b' is not a pack name."
    assert following is not None
    assert "ultra-lite" in following


def test_codes_are_named_by_their_table() -> None:
    error = NotFound(what="origin", name="x", closest=[])
    assert "来源" in describe(error, "zh")[0]
    assert "origin" in describe(error, "en")[0]


def test_facts_cannot_reach_into_python() -> None:
    filler = messages._Filler("en")
    assert filler.vformat("{x.__class__}", (), messages._Facts({"x": "a"})) == "?"


@pytest.mark.parametrize(
    ("count", "shown"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1 kB"),
        (63_240_000, "63.2 MB"),
        (999_600, "1 MB"),
        (1_250_000_000, "1.25 GB"),
        (5_000_000_000_000_000, "5000 TB"),
    ],
)
def test_sizes_have_three_digits_and_decimal_units(count: int, shown: str) -> None:
    assert size_text(count) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"), [(0.42, "0.4 s"), (12.4, "12 s"), (200, "3 min 20 s"), (7500, "2 h 5 min")]
)
def test_durations_are_short(seconds: float, shown: str) -> None:
    assert seconds_text(seconds) == shown


@pytest.mark.parametrize(
    ("sentence", "language"),
    [("去掉水印", "zh"), ("make the 背景 white", "zh"), ("remove it", "en"), ("", None), ("  ", None), (None, None)],
)
def test_the_language_of_a_sentence_is_seen(sentence: str | None, language: str | None) -> None:
    assert language_of(sentence) == language


def test_the_first_key_of_the_command_line_reads_only_its_own_file() -> None:
    messages.entries.cache_clear()
    try:
        assert text("CLI.warning", "en", {"message": "m"}) == "warning: m"
        assert messages.entries.cache_info().currsize == 1
    finally:
        messages.entries.cache_clear()
