"""Where the files of a pack come from, and how a converter turns what a source holds into what a pack ships.

A new converter is one module with a pure function of the members' bytes and one row in `CONVERTERS`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from cdn.sources.ncnn import to_onnx
from qie_hub.errors import NotFound

Convert = Callable[[Sequence[bytes]], bytes]

CONVERTERS: Final[Mapping[str, Convert]] = {"ncnn": to_onnx}


def converter(name: str) -> Convert:
    """Return the converter of that name.

    Raises:
        NotFound: there is none.
    """
    try:
        return CONVERTERS[name]
    except KeyError:
        raise NotFound(hint="NOT_AMONG", what="converter", name=name, closest=sorted(CONVERTERS)) from None
