"""Turn an ncnn network (param text, fp16 weights) into an ONNX graph with dynamic height and width.

Only the layers that SPAN uses are known; anything else is a `SourceError` that names the layer, never a guess.
Weights stay fp16 in the file, value for value, and are cast to fp32 inside the graph (ONNX Runtime folds the casts
when it loads), so the file is as small as its source and computes in fp32.

The graph's input is ``image``: float32, batch x 3 x H x W, RGB in 0..1; its output ``upscaled`` is
batch x 3 x sH x sW in the same range, not clipped.

The file format: https://github.com/Tencent/ncnn/wiki/param-and-model-file-structure
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from qie_hub.errors import SourceError

PARAM_MAGIC: Final = "7767517"
FP16_TAG: Final = 0x01306B47
OPSET: Final = 17
IR_VERSION: Final = 9
INPUT: Final = "image"
OUTPUT: Final = "upscaled"


@dataclass(frozen=True, slots=True)
class Layer:
    """One line of a param file; ``params`` as written, by number."""

    kind: str
    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    params: Mapping[int, str]

    def number(self, key: int, default: int = 0) -> int:
        """An integer parameter."""
        return int(self.params.get(key, default))


def parse_param(text: str) -> tuple[Layer, ...]:
    """Read a param file.

    Raises:
        SourceError: the text is not one.
    """
    lines = text.split("\n")
    if not lines or lines[0].strip() != PARAM_MAGIC:
        raise _problem("not an ncnn param file")
    try:
        count = int(lines[1].split()[0])
        layers = tuple(_layer(line.split()) for line in lines[2:] if line.strip())
    except (IndexError, ValueError) as error:
        raise _problem(f"malformed param file: {error}") from None
    if len(layers) != count:
        raise _problem(f"{len(layers)} layers where {count} are announced")
    return layers


def _layer(words: Sequence[str]) -> Layer:
    kind, name, inputs, outputs = words[0], words[1], int(words[2]), int(words[3])
    names = words[4 : 4 + inputs + outputs]
    params = dict(word.split("=", 1) for word in words[4 + inputs + outputs :])
    return Layer(
        kind, name, tuple(names[:inputs]), tuple(names[inputs:]), {int(key): item for key, item in params.items()}
    )


class _Weights:
    """A reader over the bin file, which holds the weights in the order of the layers."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def plain(self, count: int) -> Any:
        """Read ``count`` float32 values."""
        import numpy as np

        return np.frombuffer(self._take(count * 4), dtype="<f4")

    def tagged(self, count: int) -> Any:
        """Read ``count`` float16 values behind their tag; blocks are padded to four bytes."""
        import numpy as np

        (tag,) = struct.unpack("<I", self._take(4))
        if tag != FP16_TAG:
            raise _problem(f"weights of storage kind {tag:#x} are not supported")
        raw = self._take((count * 2 + 3) // 4 * 4)
        return np.frombuffer(raw, dtype="<f2", count=count)

    def finish(self) -> None:
        """Complain about bytes that no layer asked for."""
        if self._at != len(self._data):
            raise _problem(f"{len(self._data) - self._at} bytes of weights are left over")

    def _take(self, length: int) -> bytes:
        part = self._data[self._at : self._at + length]
        if len(part) != length:
            raise _problem("the weights end early")
        self._at += length
        return part


@dataclass(slots=True)
class _Graph:
    """The ONNX graph as it grows. ``alias`` maps ncnn's split names to the tensor that they copy."""

    weights: _Weights
    nodes: list[Any] = field(default_factory=list)
    initializers: list[Any] = field(default_factory=list)
    alias: dict[str, str] = field(default_factory=dict)

    def name(self, tensor: str) -> str:
        """The ONNX name of an ncnn tensor."""
        return self.alias.get(tensor, tensor)

    def node(self, operator: str, layer: Layer, inputs: Sequence[str], **attributes: object) -> None:
        """Add a node that makes the layer's first output."""
        from onnx import helper

        names = [self.name(tensor) for tensor in inputs]
        self.nodes.append(
            helper.make_node(operator, names, [layer.outputs[0]], name=f"{layer.name}:{operator}", **attributes)
        )

    def constant(self, name: str, values: Any) -> str:
        """Add an initializer."""
        from onnx import numpy_helper

        self.initializers.append(numpy_helper.from_array(values, name))
        return name


def _input(graph: _Graph, layer: Layer) -> None:
    graph.alias[layer.outputs[0]] = INPUT


def _memory(graph: _Graph, layer: Layer) -> None:
    width, height, channels = (max(1, layer.number(key)) for key in (0, 1, 2))
    values = graph.weights.plain(width * height * channels)
    graph.constant(layer.outputs[0], values.reshape(1, channels, height, width))


def _binary(graph: _Graph, layer: Layer) -> None:
    import numpy as np

    operators = {0: "Add", 1: "Sub", 2: "Mul", 3: "Div"}
    operator = operators.get(layer.number(0))
    if operator is None:
        raise _problem(f"operation {layer.number(0)} of {layer.name} is not supported")
    inputs = list(layer.inputs)
    if layer.number(1):
        scalar = np.array(float(layer.params.get(2, "0")), dtype=np.float32)
        inputs.append(graph.constant(f"{layer.name}:scalar", scalar))
    graph.node(operator, layer, inputs)


def _convolution(graph: _Graph, layer: Layer) -> None:
    from onnx import TensorProto, helper

    known = {0, 1, 4, 5, 6}
    if set(layer.params) - known:
        raise _problem(f"parameters {sorted(set(layer.params) - known)} of {layer.name} are not supported")
    outputs, kernel, pad, count = layer.number(0), layer.number(1), layer.number(4), layer.number(6)
    stored = graph.constant(f"{layer.name}:fp16", graph.weights.tagged(count).reshape(outputs, -1, kernel, kernel))
    weight = f"{layer.name}:weight"
    graph.nodes.append(helper.make_node("Cast", [stored], [weight], name=f"{layer.name}:Cast", to=TensorProto.FLOAT))
    inputs = [layer.inputs[0], weight]
    if layer.number(5):
        inputs.append(graph.constant(f"{layer.name}:bias", graph.weights.plain(outputs)))
    graph.node("Conv", layer, inputs, kernel_shape=[kernel, kernel], pads=[pad] * 4)


def _split(graph: _Graph, layer: Layer) -> None:
    graph.alias.update(dict.fromkeys(layer.outputs, graph.name(layer.inputs[0])))


def _sigmoid(graph: _Graph, layer: Layer) -> None:
    graph.node("Sigmoid", layer, layer.inputs)


def _swish(graph: _Graph, layer: Layer) -> None:
    from onnx import helper

    source, gate = graph.name(layer.inputs[0]), f"{layer.name}:gate"
    graph.nodes.append(helper.make_node("Sigmoid", [source], [gate], name=f"{layer.name}:Sigmoid"))
    graph.node("Mul", layer, [source, gate])


def _concat(graph: _Graph, layer: Layer) -> None:
    if layer.number(0):
        raise _problem(f"{layer.name} joins along another axis than channels")
    graph.node("Concat", layer, layer.inputs, axis=1)


def _pixel_shuffle(graph: _Graph, layer: Layer) -> None:
    mode = "DCR" if layer.number(1) else "CRD"
    graph.node("DepthToSpace", layer, layer.inputs, blocksize=layer.number(0, 1), mode=mode)


_LAYERS: Final[Mapping[str, Callable[[_Graph, Layer], None]]] = {
    "Input": _input,
    "MemoryData": _memory,
    "BinaryOp": _binary,
    "Convolution": _convolution,
    "Split": _split,
    "Sigmoid": _sigmoid,
    "Swish": _swish,
    "Concat": _concat,
    "PixelShuffle": _pixel_shuffle,
}


def to_onnx(members: Sequence[bytes], options: Mapping[str, Any] | None = None) -> bytes:
    """Convert (param, bin) to the bytes of an ONNX model; no network needs ``options``.

    Raises:
        SourceError: hint SOURCE_CONVERT; the network holds what this converter does not know.
    """
    del options
    param, weights = members
    layers = parse_param(param.decode("utf-8"))
    graph = _Graph(_Weights(weights))
    for layer in layers:
        translate = _LAYERS.get(layer.kind)
        if translate is None:
            raise _problem(f"layer kind {layer.kind} is not supported")
        translate(graph, layer)
    graph.weights.finish()
    return _model(graph, graph.name(layers[-1].outputs[0]))


def _model(graph: _Graph, last: str) -> bytes:
    from onnx import TensorProto, checker, helper, shape_inference

    for node in graph.nodes:
        if last in node.output:
            node.output[list(node.output).index(last)] = OUTPUT
    tensor = helper.make_tensor_value_info
    body = helper.make_graph(
        graph.nodes,
        "ncnn",
        [tensor(INPUT, TensorProto.FLOAT, ["batch", 3, "height", "width"])],
        [tensor(OUTPUT, TensorProto.FLOAT, ["batch", 3, "out_height", "out_width"])],
        graph.initializers,
    )
    model = helper.make_model(
        body, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION, producer_name="qie_hub"
    )
    try:
        checker.check_model(model, full_check=True)
    except (checker.ValidationError, shape_inference.InferenceError) as error:
        raise _problem(f"not a valid graph: {str(error)[:200]}") from None
    data: bytes = model.SerializeToString(deterministic=True)
    return data


def _problem(text: str) -> SourceError:
    return SourceError(hint="SOURCE_CONVERT", source="ncnn", detail=text)
