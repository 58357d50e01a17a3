"""An ONNX graph with its vanishing weights set to zero; everything else stays as it was.

Weight decay drives weights that nothing needs towards zero, and some end below the smallest normal float32. Processors
compute with such numbers in microcode, a hundred times slower: two thirds of the time of PP-OCRv6's detector went into
two of its 83 convolutions, where 24 % and 63 % of the weights are denormal. What is below `NEGLIGIBLE` cannot reach the
last bit of any sum that matters, and its products cannot become denormal themselves.

Not done at run time: ONNX Runtime's ``session.set_denormal_as_zero`` covers the threads of its pool and the one thread
that made the first session of the process; an edit runs in any thread, and an app's own threads are not ours to change.

Example::

    to_onnx([path.read_bytes()], {})
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from qie_hub.errors import SourceError

NEGLIGIBLE: Final = 2.0**-100
"""Magnitude (7.9e-31) below which a weight becomes zero; the smallest normal float32 is 2**-126."""


def to_onnx(members: Sequence[bytes], options: Mapping[str, Any]) -> bytes:
    """Return the model with float32 weights below `NEGLIGIBLE` set to zero.

    Args:
        members: one ONNX file, weights inside, or its chunks.
        options: none.

    Raises:
        SourceError: hint SOURCE_CONVERT; it is no ONNX file, its weights lie elsewhere, or it has none to flush.
    """
    import onnx
    from google.protobuf.message import DecodeError  # type: ignore[import-untyped]  # has no types of its own

    if options:
        raise _problem(f"takes no options, got {sorted(options)}")
    try:
        model = onnx.load_from_string(b"".join(members))
    except DecodeError as error:
        raise _problem(f"not an ONNX file: {error}") from None
    changed = sum(_flush(tensor) for tensor in model.graph.initializer)
    if not changed:
        # A recipe that names this converter for nothing is out of date: its author should know.
        raise _problem("no weight is that small; take the file as it is")
    return bytes(model.SerializeToString(deterministic=True))


def slow_graphs(folder: Path) -> dict[str, int]:
    """Return the graphs below a folder with weights below the smallest normal float32, and how many each has.

    Weights in files of their own are not read: those of generative nets are gigabytes, and quantised.
    """
    import onnx

    found = {}
    for path in sorted(folder.rglob("*.onnx")):
        model = onnx.load(str(path), load_external_data=False)
        found[path.relative_to(folder).as_posix()] = sum(_denormal(tensor) for tensor in model.graph.initializer)
    return {name: count for name, count in found.items() if count}


def _denormal(tensor: Any) -> int:
    import numpy as np
    from onnx import TensorProto, numpy_helper

    if tensor.data_type != TensorProto.FLOAT or tensor.data_location == TensorProto.EXTERNAL:
        return 0
    values = numpy_helper.to_array(tensor)
    return int(np.count_nonzero((values != 0) & (np.abs(values) < np.finfo(np.float32).tiny)))


def _flush(tensor: Any) -> int:
    """Set the vanishing values of one tensor to zero; returns how many there were."""
    import numpy as np
    from onnx import TensorProto, numpy_helper

    if tensor.data_location == TensorProto.EXTERNAL:
        raise _problem(f"the weights of {tensor.name} lie outside the file")
    if tensor.data_type != TensorProto.FLOAT:
        return 0
    values = numpy_helper.to_array(tensor)
    vanishing = (values != 0) & (np.abs(values) < NEGLIGIBLE)
    count = int(np.count_nonzero(vanishing))
    if count:
        tensor.CopyFrom(numpy_helper.from_array(np.where(vanishing, np.float32(0), values), tensor.name))
    return count


def _problem(text: str) -> SourceError:
    return SourceError(hint="SOURCE_CONVERT", source="onnx", detail=text)
