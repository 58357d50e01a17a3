"""The golden documents as plain values to change, for tests of readers."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from qie_hub.errors import FormatError

GOLDEN = Path(__file__).parents[1] / "golden" / "format"


def document(name: str) -> dict[str, Any]:
    """The golden document ``name``, parsed by a reader that is not ours."""
    value: dict[str, Any] = json.loads((GOLDEN / name).read_bytes())
    return value


def changed(base: dict[str, Any], path: str, value: Any) -> bytes:
    """The document with the value at ``path`` (``files.0.size``) replaced; `Ellipsis` removes it."""
    result = copy.deepcopy(base)
    *parents, last = path.split(".")
    place: Any = result
    for part in parents:
        place = place[int(part)] if isinstance(place, list) else place[part]
    key: Any = int(last) if isinstance(place, list) else last
    if value is ...:
        del place[key]
    else:
        place[key] = value
    return json.dumps(result).encode()


def issues_of(read: Callable[[bytes], object], data: bytes) -> list[str]:
    """What the reader complains about; fails the test if it accepts the document."""
    with pytest.raises(FormatError) as caught:
        read(data)
    issues = caught.value.data["issues"]
    assert isinstance(issues, list)
    return issues
