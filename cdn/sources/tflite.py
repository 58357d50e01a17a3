"""Turn a TensorFlow Lite model of one picture in and one map out into an ONNX graph.

Only the operators that the portrait net uses are known; anything else is a `SourceError` that names the operator,
never a guess. Weights that the file stores as fp16 stay fp16, value for value.

The graph's input is ``image``: float32, 1 x 3 x H x W, RGB in 0..1; its output has the name that the recipe gives it
and is 1 x C x H x W. TensorFlow Lite keeps channels last, so every tensor of the source is transposed on the way.

The file format: https://github.com/tensorflow/tensorflow/blob/master/tensorflow/lite/schema/schema.fbs
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from cdn.sources.flat import Table
from cdn.sources.onnxfile import Graph

INPUT: Final = "image"
MAGIC: Final = b"TFL3"
PADDING: Final = ("SAME_UPPER", "VALID")
SAME: Final = 0
CUSTOM: Final = 32
TRANSPOSED: Final = "Convolution2DTransposeBias"
TRANSPOSED_SAME: Final = 1
_TYPES: Final = {0: "<f4", 1: "<f2", 2: "<i4"}
_ACTIVATIONS: Final = {0: None, 1: "Relu", 3: "Relu6"}


@dataclass(frozen=True, slots=True)
class Tensor:
    """A tensor of the source: its shape (channels last), its name in the ONNX graph, or its constant values."""

    shape: tuple[int, ...]
    name: str = ""
    array: Any = None


@dataclass(frozen=True, slots=True)
class Operator:
    """One operator: what it is called, its inputs, its options as a table, and the bytes of a custom one's."""

    name: str
    inputs: tuple[Tensor, ...]
    output: Tensor
    options: Table
    custom: bytes

    def option(self, field: int, kind: str = "i", default: int = 0) -> int:
        """A number of the options."""
        return self.options.number(field, kind, default)


Translate = Callable[[Graph, Operator], str]


def _convolution(graph: Graph, operator: Operator) -> str:
    depthwise = operator.name == "DEPTHWISE_CONV_2D"
    source, kernel, bias = operator.inputs
    # A depthwise convolution has its multiplier in between, so its activation and dilations come one field later.
    activation, dilations = (4, (5, 6)) if depthwise else (3, (4, 5))
    if any(operator.option(field, default=1) != 1 for field in dilations) or kernel.array is None:
        raise graph.problem(f"{operator.name} with dilations, or without constant weights")
    weight = kernel.array.transpose(3, 0, 1, 2) if depthwise else kernel.array.transpose(0, 3, 1, 2)
    made = graph.node(
        "Conv",
        [source.name, graph.weight(weight), graph.weight(bias.array)],
        kernel_shape=list(weight.shape[2:]),
        strides=[operator.option(2), operator.option(1)],
        group=source.shape[3] if depthwise else 1,
        auto_pad=PADDING[operator.option(0, "b")],
    )
    return _activated(graph, made, operator.option(activation, "b"))


def _transposed(graph: Graph, operator: Operator) -> str:
    source, kernel, bias = operator.inputs
    padding, *strides = struct.unpack("<3i", operator.custom)
    # With strides as large as the kernel no two places of the output overlap, so SAME pads nothing.
    if padding != TRANSPOSED_SAME or list(kernel.shape[1:3]) != strides:
        raise graph.problem(f"{operator.name} whose kernel is not as large as its strides")
    weight = graph.weight(kernel.array.transpose(3, 0, 1, 2))
    return graph.node(
        "ConvTranspose", [source.name, weight, graph.weight(bias.array)], kernel_shape=strides, strides=strides
    )


def _arithmetic(name: str) -> Translate:
    def translate(graph: Graph, operator: Operator) -> str:
        if any(tensor.array is not None for tensor in operator.inputs):
            raise graph.problem(f"{operator.name} with a constant")
        made = graph.node(name, [tensor.name for tensor in operator.inputs])
        return _activated(graph, made, operator.option(0, "b"))

    return translate


def _average(graph: Graph, operator: Operator) -> str:
    [source] = operator.inputs
    kernel, strides = [operator.option(4), operator.option(3)], [operator.option(2), operator.option(1)]
    if PADDING[operator.option(0, "b")] != "VALID":
        raise graph.problem(f"{operator.name} with padding")
    made = graph.node("AveragePool", [source.name], kernel_shape=kernel, strides=strides)
    return _activated(graph, made, operator.option(5, "b"))


def _resize(graph: Graph, operator: Operator) -> str:
    import numpy as np

    source, size = operator.inputs
    corners, centres = operator.option(2, "b"), operator.option(3, "b")
    mode = "align_corners" if corners else "half_pixel" if centres else "asymmetric"
    sizes = np.array([1, source.shape[3], *size.array], np.int64)
    return graph.node(
        "Resize", [source.name, "", "", graph.constant(sizes)], mode="linear", coordinate_transformation_mode=mode
    )


def _plain(name: str) -> Translate:
    return lambda graph, operator: graph.node(name, [operator.inputs[0].name])


def _activated(graph: Graph, name: str, activation: int) -> str:
    import numpy as np

    if activation not in _ACTIVATIONS:
        raise graph.problem(f"activation {activation} is not supported")
    wanted = _ACTIVATIONS[activation]
    if wanted == "Relu6":
        return graph.node("Clip", [name, *(graph.constant(np.float32(limit)) for limit in (0, 6))])
    return name if wanted is None else graph.node(wanted, [name])


# The operators by their number in the schema.
_OPERATORS: Final[Mapping[int, tuple[str, Translate]]] = {
    0: ("ADD", _arithmetic("Add")),
    1: ("AVERAGE_POOL_2D", _average),
    3: ("CONV_2D", _convolution),
    4: ("DEPTHWISE_CONV_2D", _convolution),
    14: ("LOGISTIC", _plain("Sigmoid")),
    18: ("MUL", _arithmetic("Mul")),
    19: ("RELU", _plain("Relu")),
    23: ("RESIZE_BILINEAR", _resize),
    CUSTOM: (TRANSPOSED, _transposed),
    117: ("HARD_SWISH", _plain("HardSwish")),
}
DEQUANTIZE: Final = 6


def to_onnx(members: Sequence[bytes], options: Mapping[str, Any]) -> bytes:
    """Convert (model.tflite,) to the bytes of an ONNX model; ``options["output"]`` is the output's name.

    Raises:
        SourceError: hint SOURCE_CONVERT; the model holds what this converter does not know.
    """
    graph = Graph("tflite")
    [data] = members
    if data[4:8] != MAGIC:
        raise graph.problem("not a TensorFlow Lite file")
    try:
        model = Table.root(data)
        [body] = model.tables(2)
        tensors = _tensors(model, body)
        [entry], [end] = body.numbers(1, "i"), body.numbers(2, "i")
        tensors[entry] = Tensor(tensors[entry].shape, INPUT)
        for row in body.tables(3):
            _translate(graph, model, row, tensors)
        shapes = {at: _first(tensors[at].shape) for at in (entry, end)}
        wanted = {str(options["output"]): (tensors[end].name, shapes[end])}
    except (ValueError, IndexError, KeyError, struct.error) as error:
        raise graph.problem(f"malformed model or options: {type(error).__name__} {error}") from None
    return graph.finish({INPUT: shapes[entry]}, wanted)


def _first(shape: Sequence[int]) -> tuple[int, ...]:
    """A shape with its channels brought to the front."""
    batch, height, width, channels = shape
    return batch, channels, height, width


def _tensors(model: Table, body: Table) -> list[Tensor]:
    import numpy as np

    buffers, tensors = model.tables(4), []
    for row in body.tables(0):
        shape, data = row.numbers(0, "i"), buffers[row.number(2, "I")].raw(0)
        array = np.frombuffer(data, _TYPES[row.number(1, "b")]).reshape(shape) if data else None
        tensors.append(Tensor(shape, array=array))
    return tensors


def _translate(graph: Graph, model: Table, row: Table, tensors: list[Tensor]) -> None:
    code = model.tables(1)[row.number(0, "I")]
    kind = max(code.number(0, "b"), code.number(3))
    inputs = tuple(tensors[at] for at in row.numbers(1, "i"))
    [end] = row.numbers(2, "i")
    if kind == DEQUANTIZE:  # weights stored as fp16 stay so; the graph widens them where they are used
        tensors[end] = inputs[0]
        return
    name, translate = _OPERATORS.get(kind, (f"number {kind}", None))
    if translate is None or (kind == CUSTOM and code.raw(1).decode() != TRANSPOSED):
        raise graph.problem(f"operator {name} is not supported")
    operator = Operator(name, inputs, tensors[end], row.table(4) or Table(b"\0" * 8, 4), row.raw(5))
    tensors[end] = Tensor(tensors[end].shape, translate(graph, operator))
