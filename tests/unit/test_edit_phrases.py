"""The golden phrases, development and frozen half; and that nothing a person may type breaks the grammar."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cdn.budget import load_tiers
from qie_hub.edit.grammar.instruction import understand
from qie_hub.edit.grammar.phrases import EXAMPLES, WISHES
from tests.support.phrases import Phrase, acts, answers, load

DEVELOPMENT, STRANGERS, FROZEN = load("development.tsv"), load("strangers.tsv"), load("frozen.tsv")


def shares(phrases: list[Phrase]) -> dict[str, float]:
    counted = Counter(phrase.judge() for phrase in phrases)
    return {verdict: counted[verdict] / len(phrases) for verdict in ("right", "refused", "wrong")}


def test_there_are_enough_phrases_in_both_languages_and_a_tenth_is_dictated() -> None:
    every = DEVELOPMENT + FROZEN
    assert len(every) >= 400
    assert len(FROZEN) >= 200
    assert len({phrase.sentence for phrase in FROZEN} & {phrase.sentence for phrase in DEVELOPMENT}) == 0
    for phrases in (FROZEN, every):
        assert sum(phrase.dictated for phrase in phrases) >= 0.09 * len(phrases)
        chinese = sum(any("\u4e00" <= one <= "\u9fff" for one in phrase.sentence) for phrase in phrases)
        assert 0.3 < chinese / len(phrases) < 0.8


def test_the_frozen_half_is_understood_and_hardly_ever_wrongly() -> None:
    found = shares(FROZEN)
    assert found["right"] >= 0.85, found
    assert found["wrong"] <= 0.01, found


def test_what_was_learned_stays_learned() -> None:
    found = shares(DEVELOPMENT)
    assert found["right"] >= 0.97, found
    assert found["wrong"] <= 0.003, found


def test_each_tier_answers_the_sentences_that_it_is_known_for() -> None:
    tiers = load_tiers()
    for answer in answers():
        assert answer.holds(frozenset(tiers[answer.tier].abilities)), answer


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_sentence_that_is_offered_is_understood(language: str) -> None:
    things = {"zh": "左边那只猫", "en": "the left cat"}
    offered = [*EXAMPLES[language], *(wish.format(name=things[language]) for wish in WISHES[language])]
    for sentence in offered:
        instruction = understand(sentence)
        assert instruction.problem is None, sentence
        assert instruction.language == language, sentence


@given(st.text(max_size=60))
def test_nothing_that_can_be_typed_raises(sentence: str) -> None:
    instruction = understand(sentence)
    assert (instruction.problem is None) == bool(instruction.operations and not instruction.candidates)
    assert len(instruction.candidates) <= 3


@settings(derandomize=True)
@given(
    st.sampled_from([phrase.sentence for phrase in STRANGERS + FROZEN]),
    st.text("abcxyz狐狸星云鲸鱼", min_size=4, max_size=8),
)
def test_an_unknown_word_in_a_wish_is_never_swallowed(sentence: str, word: str) -> None:
    """Next to a wish; after a reason (``我要拿去打印``) nobody can tell what still belongs to it."""
    if _looks(sentence) and _ends_in_a_wish(sentence):
        assert not _done(f"{sentence} {word}")


def test_an_unknown_word_after_no_wish_or_reason_of_a_stranger_is_swallowed() -> None:
    wishes = [phrase.sentence for phrase in STRANGERS + FROZEN if _looks(phrase.sentence)]
    assert len(wishes) > 100
    swallowed = [one for one in wishes for word in ("狐狸星云", "abcxyz") if _done(f"{one} {word}")]
    assert swallowed == []


def _looks(sentence: str) -> bool:
    """Whether a sentence wishes for what knows no free words: looks, borders, sizes."""
    abilities = understand(sentence).abilities
    return bool(abilities) and abilities <= {"tone.adjust", "border.add", "image.resize", "image.upscale"}


def _ends_in_a_wish(sentence: str) -> bool:
    """Whether nothing is said after the last wish but marks."""
    last = understand(sentence).operations[-1].clause
    return re.sub(r"\W+$", "", sentence).endswith(re.sub(r"\W+$", "", last))


def _done(sentence: str) -> bool:
    instruction = understand(sentence)
    return instruction.problem is None and all(map(acts, instruction.operations))
