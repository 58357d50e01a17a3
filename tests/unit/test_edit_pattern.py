"""Patterns that are compiled when they are used."""

from __future__ import annotations

import gc
import re
import subprocess
import sys

import pytest

from qie_hub.edit.grammar import instruction
from qie_hub.edit.grammar.pattern import Pattern, gave


def test_every_pattern_of_the_grammar_is_a_valid_expression() -> None:
    instruction.understand("把‘¥199’改成‘¥99’")
    patterns = [one for one in gc.get_objects() if isinstance(one, Pattern)]
    assert len(patterns) > 500
    for pattern in patterns:
        assert pattern.made.pattern == pattern.pattern


def test_an_invalid_expression_shows_at_its_first_use() -> None:
    with pytest.raises(re.error):
        Pattern("(").search("")


def test_a_match_knows_its_pattern() -> None:
    one, same, other = Pattern("a+"), Pattern("a+"), Pattern("b")
    found = one.search("caat")
    assert found is not None
    assert one.gave(found)
    assert gave((other, one), found)
    assert not gave((other, same), found)


def test_methods_do_what_those_of_re_do() -> None:
    pattern = Pattern("(a)|(b)")
    assert pattern.split("xay") == ["x", "a", None, "y"]
    assert pattern.sub("-", "ab", 1) == "-b"
    assert [one.group() for one in pattern.finditer("abc", 1)] == ["b"]
    assert pattern.findall("a") == [("a", "")]
    assert pattern.match("ba", 1) is not None
    assert pattern.fullmatch("ab") is None


def test_importing_the_grammar_compiles_next_to_nothing() -> None:
    """A thousand expressions would take a second of every process that edits."""
    code = (
        "import gc\n"
        "from qie_hub.edit.grammar import instruction\n"
        "from qie_hub.edit.grammar.pattern import Pattern\n"
        "print(sum(isinstance(one, Pattern) and one._made is not None for one in gc.get_objects()))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 50
