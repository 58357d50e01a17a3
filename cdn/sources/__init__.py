"""Where the files of a pack come from, and how a converter turns what a source holds into what a pack ships.

A new converter is one module with a pure function of the members' bytes and the recipe's options, and one row in
`CONVERTERS`. Each is small and needs nothing but numpy and onnx; that its graphs compute what the source's own
framework computes was measured once, see `evidence`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from cdn.sources import flushed, ncnn, resized, tfjs, tflite
from qie_hub.errors import NotFound

Convert = Callable[[Sequence[bytes], Mapping[str, Any]], bytes]

CONVERTERS: Final[Mapping[str, Convert]] = {
    "flush": flushed.to_onnx,
    "ncnn": ncnn.to_onnx,
    "onnx": resized.to_onnx,
    "tfjs": tfjs.to_onnx,
    "tflite": tflite.to_onnx,
}


def converter(name: str) -> Convert:
    """Return the converter of that name.

    Raises:
        NotFound: there is none.
    """
    try:
        return CONVERTERS[name]
    except KeyError:
        raise NotFound(hint="NOT_AMONG", what="converter", name=name, closest=sorted(CONVERTERS)) from None
