"""Tiny inputs for any graph, so that it can be run once without knowing what it is for.

Fixed dimensions stay. A free one becomes 1 where it counts pictures (the first of several), 3 where it counts
channels (the second of four), else the size of the attempt; equal names get equal sizes.

Example::

    [feeds(session, size) for size in SIZES]   # try until one of them runs
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

import numpy as np

from qie_hub.errors import InferenceError

if TYPE_CHECKING:
    from qie_hub.ports import Array
    from qie_hub.runtime.sessions import GraphSession

SIZES: Final = (32, 48, 64, 160, 224, 256, 320, 512, 1)
_TYPES: Final[Mapping[str, type[np.generic]]] = {
    "tensor(float)": np.float32, "tensor(double)": np.float64, "tensor(float16)": np.float16,
    "tensor(int8)": np.int8, "tensor(int16)": np.int16, "tensor(int32)": np.int32, "tensor(int64)": np.int64,
    "tensor(uint8)": np.uint8, "tensor(uint16)": np.uint16, "tensor(uint32)": np.uint32,
    "tensor(uint64)": np.uint64, "tensor(bool)": np.bool_, "tensor(string)": np.str_,
}  # fmt: skip


def feeds(session: GraphSession, size: int, fixed: Mapping[str, Sequence[int]] | None = None) -> dict[str, Array]:
    """Make one feed per input of the graph.

    Args:
        session: the graph.
        size: pixels (or tokens) for free dimensions.
        fixed: whole shapes by input name, where the pack states them.

    Raises:
        InferenceError: an input is of a type that numpy lacks.
    """
    named: dict[str, int] = {}
    made = {}
    for name, type_, dims in session.inputs:
        shape = (fixed or {}).get(name) or [_size(dim, at, len(dims), size, named) for at, dim in enumerate(dims)]
        made[name] = _fill(session.name, type_, tuple(shape))
    return made


def _size(dim: int | str | None, at: int, rank: int, size: int, named: dict[str, int]) -> int:
    if isinstance(dim, int) and dim > 0:
        return dim
    if at == 0 and rank > 1:
        value = 1
    elif at == 1 and rank == 4:
        value = 3
    else:
        value = size
    return named.setdefault(dim, value) if isinstance(dim, str) and dim != "?" else value


def _fill(graph: str, type_: str, shape: tuple[int, ...]) -> Array:
    kind = _TYPES.get(type_)
    if kind is None:
        raise InferenceError(graph=graph, problem=f"no tiny input of type {type_}")
    if issubclass(kind, np.floating):
        return np.linspace(0, 1, int(np.prod(shape)), dtype=np.float64).reshape(shape).astype(kind)
    return np.full(shape, "a") if kind is np.str_ else np.zeros(shape, kind)
