"""Follows constants through a graph, to see a size bomb before the runtime folds it. Pure.

ONNX Runtime computes what depends on constants alone while it loads a graph: 107 bytes can ask for gigabytes. This
module knows the shape of every constant tensor and, for small integer ones, the values (they are the shapes that
``ConstantOfShape``, ``Expand``, ``Tile`` and their like grow to). It gives up (None) where it cannot know; what it
misses meets the canary, which measures memory.
"""

from __future__ import annotations

import struct
from collections import ChainMap
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import zip_longest
from math import ceil, prod
from typing import Final, TypeAlias

from qie_hub.runtime.onnxwire import Message

Shape: TypeAlias = tuple[int, ...]
Numbers: TypeAlias = tuple[int | float, ...]

_FEW: Final = 64
_FORMATS: Final = {1: "f", 6: "i", 7: "q", 11: "d"}
_TYPED: Final = {6: "int32_data", 7: "int64_data"}


@dataclass(frozen=True, slots=True)
class Constant:
    """A tensor known at load time.

    ``numbers`` only for at most `_FEW` elements of a plain type, else None; ``given`` counts the elements that really
    lie in a file and that this one comes from: large weights may be cast and scaled, but not multiplied.
    """

    shape: Shape
    numbers: Numbers | None = None
    given: int = 0

    @property
    def elements(self) -> int:
        """How many elements it has."""
        return prod(self.shape)


class Shapes:
    """The constants that are visible at one place of a graph."""

    def __init__(self, known: ChainMap[str, Constant]) -> None:
        self._known = known

    def inner(self) -> Shapes:
        """The scope of a subgraph: sees the outer constants, keeps its own."""
        return Shapes(self._known.new_child())

    def constant(self, name: str, tensor: Message) -> None:
        """Note a tensor given in the file."""
        value = _read(tensor)
        if value is not None:
            self._known[name] = value

    def node(self, node: Message, operator: str, budget: int) -> str | None:
        """Follow one node; return what is wrong with it, or None.

        A node whose size exceeds ``budget`` elements, and what it was given, is not followed further.
        """
        inputs = [self._known.get(name) if name else None for name in node.texts("input")]
        attributes = {attribute.text("name"): attribute for attribute in node.messages("attribute")}
        result = _infer(operator, inputs, attributes)
        if result is None:
            return None
        given = max((value.given for value in inputs if value is not None), default=result.given)
        if result.elements > max(budget, given):
            return f"a constant of shape {list(result.shape)[:8]} exceeds {budget} elements"
        for name in node.texts("output")[:1]:
            self._known[name] = replace(result, given=given)
        return None


def _infer(operator: str, inputs: list[Constant | None], attributes: Mapping[str, Message]) -> Constant | None:
    grow = _GROWING.get(operator)
    if grow is not None:
        return grow(inputs, attributes)
    known = [value for value in inputs if value is not None]
    if not inputs or len(known) != len(inputs):
        return None
    follow = _FOLLOWING.get(operator)
    return None if follow is None else follow(known, attributes)


# -- operators that may grow from small constants -----------------------------------------------------------


def _of_shape(position: int) -> Callable[[list[Constant | None], Mapping[str, Message]], Constant | None]:
    """The operator's output is at least as large as the numbers of input ``position`` say."""

    def grow(inputs: list[Constant | None], attributes: Mapping[str, Message]) -> Constant | None:
        del attributes
        wanted = _whole(inputs, position)
        return None if wanted is None else Constant(tuple(max(size, 0) for size in wanted))

    return grow


def _expand(inputs: list[Constant | None], attributes: Mapping[str, Message]) -> Constant | None:
    del attributes
    wanted = _whole(inputs, 1)
    if wanted is None:
        return None
    source = inputs[0].shape if inputs[0] is not None else ()
    return Constant(broadcast(wanted, source))


def _tile(inputs: list[Constant | None], attributes: Mapping[str, Message]) -> Constant | None:
    del attributes
    repeats = _whole(inputs, 1)
    if repeats is None:
        return None
    source = inputs[0].shape if inputs[0] is not None else (1,) * len(repeats)
    return Constant(tuple(size * max(times, 0) for size, times in zip(source, repeats, strict=False)))


def _range(inputs: list[Constant | None], attributes: Mapping[str, Message]) -> Constant | None:
    del attributes
    parts = [value.numbers for value in inputs if value is not None and value.numbers]
    if len(parts) != 3:
        return None
    start, limit, delta = (part[0] for part in parts)
    if delta == 0:
        return None
    count = (limit - start) / delta
    if count != count or abs(count) == float("inf"):
        return None
    size = max(0, ceil(count))
    numbers = tuple(start + step * delta for step in range(size)) if size <= _FEW else None
    return Constant((size,), numbers)


def _one_hot(inputs: list[Constant | None], attributes: Mapping[str, Message]) -> Constant | None:
    del attributes
    depth = _whole(inputs, 1)
    if not depth:
        return None
    source = inputs[0].shape if inputs[0] is not None else ()
    return Constant((*source, max(depth[0], 0)))


def _resize(inputs: list[Constant | None], attributes: Mapping[str, Message]) -> Constant | None:
    del attributes
    sizes = _whole(inputs, 3)
    if sizes:
        return Constant(tuple(max(size, 0) for size in sizes))
    scales = next((value.numbers for value in inputs[1:3][::-1] if value is not None and value.numbers), None)
    if scales is None or any(scale != scale or abs(scale) > 1e9 for scale in scales):
        return None
    source = inputs[0].shape if inputs[0] is not None else (1,) * len(scales)
    return Constant(tuple(int(size * max(scale, 0)) for size, scale in zip(source, scales, strict=False)))


def _pad(inputs: list[Constant | None], attributes: Mapping[str, Message]) -> Constant | None:
    pads = _whole(inputs, 1) or _attribute(attributes, "pads")
    if pads is None or len(pads) % 2 or (len(inputs) > 3 and inputs[3] is not None):
        return None
    half = len(pads) // 2
    source = inputs[0].shape if inputs and inputs[0] is not None else (1,) * half
    grown = zip(source, pads[:half], pads[half:], strict=False)
    return Constant(tuple(max(size + before + after, 0) for size, before, after in grown))


def _random(inputs: list[Constant | None], attributes: Mapping[str, Message]) -> Constant | None:
    del inputs
    wanted = _attribute(attributes, "shape")
    return None if wanted is None else Constant(tuple(max(size, 0) for size in wanted))


def _given(inputs: list[Constant | None], attributes: Mapping[str, Message]) -> Constant | None:
    del inputs
    tensor = attributes["value"].message("t") if "value" in attributes else None
    if tensor is not None:
        return _read(tensor)
    listed = _attribute(attributes, "value_ints")
    if listed is not None:
        return Constant((len(listed),), listed if len(listed) <= _FEW else None)
    if "value_int" in attributes:
        return Constant((), (attributes["value_int"].integer("i"),))
    return None


# -- operators whose inputs are all constant ----------------------------------------------------------------


def _same(known: list[Constant], attributes: Mapping[str, Message]) -> Constant | None:
    del attributes
    return Constant(known[0].shape, known[0].numbers)


def _elementwise(known: list[Constant], attributes: Mapping[str, Message]) -> Constant | None:
    del attributes
    shape: Shape = ()
    for value in known:
        shape = broadcast(shape, value.shape)
    return Constant(shape)


def _arithmetic(
    apply: Callable[[int | float, int | float], int | float],
) -> Callable[[list[Constant], Mapping[str, Message]], Constant | None]:
    def follow(known: list[Constant], attributes: Mapping[str, Message]) -> Constant | None:
        plain = _elementwise(known, attributes)
        if plain is None or len(known) != 2 or plain.elements > _FEW:
            return plain
        left, right = known[0].numbers, known[1].numbers
        if not left or not right or not (len(left) == len(right) or 1 in {len(left), len(right)}):
            return plain
        count = max(len(left), len(right))
        pairs = zip(left * (count // len(left)), right * (count // len(right)), strict=True)
        return Constant(plain.shape, tuple(_wrap(apply(a, b)) for a, b in pairs))

    return follow


def _wrap(number: int | float) -> int | float:
    """Overflow as int64 does in the runtime; it also keeps a chain of squarings from growing without end here."""
    if isinstance(number, float):
        return number
    return (number + (1 << 63)) % (1 << 64) - (1 << 63)


def _matmul(known: list[Constant], attributes: Mapping[str, Message]) -> Constant | None:
    del attributes
    left, right = known[0].shape, known[1].shape
    if len(left) < 2 or len(right) < 2:
        return None
    return Constant((*broadcast(left[:-2], right[:-2]), left[-2], right[-1]))


def _concat(known: list[Constant], attributes: Mapping[str, Message]) -> Constant | None:
    axis = attributes["axis"].integer("i") if "axis" in attributes else 0
    first = known[0].shape
    if not first or not -len(first) <= axis < len(first) or any(len(value.shape) != len(first) for value in known):
        return None
    total = sum(value.shape[axis] for value in known)
    shape = tuple(total if at == axis % len(first) else size for at, size in enumerate(first))
    numbers: Numbers | None = ()
    for value in known:
        if len(first) != 1 or numbers is None or value.numbers is None or total > _FEW:
            numbers = None
        else:
            numbers = numbers + value.numbers
    return Constant(shape, numbers)


def _flat(known: list[Constant], attributes: Mapping[str, Message]) -> Constant | None:
    """Unsqueeze, Squeeze, Reshape of small shapes: the numbers stay; as a shape, a vector of them will do."""
    del attributes
    value = known[0]
    return Constant((value.elements,), value.numbers)


def _shape_of(known: list[Constant], attributes: Mapping[str, Message]) -> Constant | None:
    del attributes
    return Constant((len(known[0].shape),), known[0].shape)


def broadcast(one: Shape, other: Shape) -> Shape:
    """Numpy's broadcast, taking the larger size where the two do not fit (the runtime will refuse those)."""
    pairs = zip_longest(reversed(one), reversed(other), fillvalue=1)
    return tuple(reversed([0 if 0 in pair else max(pair) for pair in pairs]))


_GROWING: Final[Mapping[str, Callable[[list[Constant | None], Mapping[str, Message]], Constant | None]]] = {
    "Constant": _given,
    "ConstantOfShape": _of_shape(0),
    "Expand": _expand,
    "Tile": _tile,
    "Range": _range,
    "OneHot": _one_hot,
    "Resize": _resize,
    "Upsample": _resize,
    "Pad": _pad,
    "RandomNormal": _random,
    "RandomUniform": _random,
    "HannWindow": _of_shape(0),
    "HammingWindow": _of_shape(0),
    "BlackmanWindow": _of_shape(0),
}
_FOLLOWING: Final[Mapping[str, Callable[[list[Constant], Mapping[str, Message]], Constant | None]]] = {
    "Add": _arithmetic(lambda a, b: a + b),
    "Sub": _arithmetic(lambda a, b: a - b),
    "Mul": _arithmetic(lambda a, b: a * b),
    **dict.fromkeys(("Identity", "Cast", "EyeLike"), _same),
    **dict.fromkeys(
        ("Div", "Pow", "Where", "And", "Or", "Xor", "Equal", "Less", "Greater", "Max", "Min", "Sum", "Mean", "Mod"),
        _elementwise,
    ),
    **dict.fromkeys(("Unsqueeze", "Squeeze", "Reshape", "Flatten"), _flat),
    "MatMul": _matmul,
    "Concat": _concat,
    "Shape": _shape_of,
}


def _read(tensor: Message) -> Constant | None:
    dims = tensor.integers("dims")
    if dims is None or any(size < 0 for size in dims):
        return None
    return Constant(dims, _numbers(tensor, prod(dims)), given=prod(dims))


def _numbers(tensor: Message, elements: int) -> Numbers | None:
    type_ = tensor.integer("data_type")
    form = _FORMATS.get(type_)
    if elements > _FEW or form is None:
        return None
    raw = bytes(tensor.raw("raw_data"))
    if raw:
        fits = len(raw) == elements * struct.calcsize("<" + form)
        return struct.unpack(f"<{elements}{form}", raw) if fits else None
    listed = tensor.integers(_TYPED[type_]) if type_ in _TYPED else None
    return listed if listed is not None and len(listed) == elements else None


def _whole(inputs: list[Constant | None], position: int) -> tuple[int, ...] | None:
    value = inputs[position] if position < len(inputs) else None
    if value is None or value.numbers is None or any(isinstance(number, float) for number in value.numbers):
        return None
    return tuple(int(number) for number in value.numbers)


def _attribute(attributes: Mapping[str, Message], name: str) -> tuple[int, ...] | None:
    return attributes[name].integers("ints") if name in attributes else None
