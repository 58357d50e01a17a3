"""docs/exit-codes.md and the tree in errors.py say the same."""

from __future__ import annotations

import inspect
import pickle
import re
from pathlib import Path

import pytest

from qie_hub import errors

PAGE = Path(__file__).parents[2] / "docs" / "exit-codes.md"
ROW = re.compile(r"^\| (\d+) \| `(\w+)` \| `(\w+)` \|", re.MULTILINE)
RANGES = {
    errors.TrustError: (10, 19),
    errors.IntegrityError: (20, 29),
    errors.TransferError: (30, 39),
    errors.StoreError: (40, 49),
    errors.RuntimeFault: (50, 59),
    errors.PublishError: (60, 69),
}


def tree() -> list[type[errors.QieHubError]]:
    found = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, errors.QieHubError)]
    assert len(found) > 40
    return found


def test_the_page_has_exactly_the_rows_of_the_tree() -> None:
    rows = ROW.findall(PAGE.read_text(encoding="utf-8"))
    assert len(rows) == len(set(rows))
    assert set(rows) == {(str(kind.exit_code), kind.code, kind.__name__) for kind in tree()}


@pytest.mark.parametrize("kind", tree(), ids=lambda kind: kind.__name__)
def test_an_error_lies_in_the_range_of_its_base(kind: type[errors.QieHubError]) -> None:
    ranges = [bounds for base, bounds in RANGES.items() if issubclass(kind, base)]
    low, high = ranges[0] if ranges else (1, 130)
    assert low <= kind.exit_code <= high
    if not ranges:
        assert kind.exit_code in {1, 2, 3, 4, 5, 6, 7, 70, 130}


def test_code_names_are_unique_except_for_the_base() -> None:
    names = [kind.code for kind in tree() if kind is not errors.QieHubError]
    assert sorted(names) == sorted(set(names))


@pytest.mark.parametrize("kind", tree(), ids=lambda kind: kind.__name__)
def test_an_error_survives_a_pipe_between_processes(kind: type[errors.QieHubError]) -> None:
    error = kind(hint="ANOTHER_HINT", ref="acme/pro", need=5)
    back = pickle.loads(pickle.dumps(error))
    assert type(back) is kind
    assert back.to_json() == error.to_json()
    assert back.to_json()["hint"] == "ANOTHER_HINT"
