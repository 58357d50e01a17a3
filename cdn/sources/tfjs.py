"""Turn a TensorFlow.js graph model (model.json and its weight shards) into an ONNX graph for one picture.

The graph is cut: it begins behind the node that ``options["input"]`` names, which the ONNX input ``image`` replaces,
and ends at the nodes of ``options["outputs"]``. Only what lies between is read, so loops of pre-processing that a
client does better itself never reach the pack. Operators that are not listed here are a `SourceError` that names
them, never a guess.

``image`` is float32, 1 x 3 x size x size, RGB in 0..1; ``options["scale"]`` is what the cut node's values are in
(255 for a net that was fed bytes). TensorFlow keeps channels last, ONNX wants them first: a four-dimensional value
that comes out of a convolution is an *image* (channels first) until something reshapes it; then it is *plain* and
ordered as in TensorFlow. What depends on constants only (anchors, shapes for a batch of one) is computed here.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from graphlib import TopologicalSorter
from typing import Any, Final

from cdn.sources.onnxfile import Graph

INPUT: Final = "image"


@dataclass(frozen=True, slots=True)
class Value:
    """A tensor of the source: a name in the ONNX graph, a constant, or ``parts`` where a node has several outputs.

    ``image`` says that the channels of the named tensor come first.
    """

    name: str = ""
    image: bool = False
    array: Any = None
    parts: tuple[Value, ...] = ()


@dataclass(frozen=True, slots=True)
class Node:
    """One node of the topology, with the values of its data inputs."""

    name: str
    operator: str
    attributes: Mapping[str, Any]
    values: tuple[Value, ...] = ()

    def integers(self, key: str) -> list[int]:
        """A list attribute."""
        return [int(item) for item in self.attributes.get(key, {}).get("list", {}).get("i", [])]

    def integer(self, key: str) -> int:
        """A number attribute; 0 where it is absent, as protobuf has it."""
        return int(self.attributes.get(key, {}).get("i", 0))

    def text(self, key: str) -> str:
        """A bytes attribute, which exporters write as a list of codes or as base64."""
        raw = self.attributes.get(key, {}).get("s", [])
        return (base64.b64decode(raw) if isinstance(raw, str) else bytes(raw)).decode()


Translate = Callable[[Graph, Node], Value]


def _convolution(graph: Graph, node: Node) -> Value:
    source, kernel = node.values
    depthwise = node.operator == "DepthwiseConv2dNative"
    if not source.image or kernel.array is None or node.text("data_format") not in ("", "NHWC"):
        raise graph.problem(f"{node.name} is not a convolution of an image with constant weights, channels last")
    if set(node.integers("dilations")) - {1} or node.text("padding") not in ("SAME", "VALID"):
        raise graph.problem(f"{node.name} has dilations or a padding of its own")
    height, width, channels, count = kernel.array.shape
    if depthwise:
        weight = kernel.array.transpose(2, 3, 0, 1).reshape(channels * count, 1, height, width)
    else:
        weight = kernel.array.transpose(3, 2, 0, 1)
    made = graph.node(
        "Conv",
        [source.name, graph.weight(weight)],
        kernel_shape=[height, width],
        strides=node.integers("strides")[1:3],
        group=channels if depthwise else 1,
        auto_pad="SAME_UPPER" if node.text("padding") == "SAME" else "VALID",
    )
    return Value(made, image=True)


def _batch_norm(graph: Graph, node: Node) -> Value:
    import numpy as np

    source, *constants = node.values
    if not source.image or any(value.array is None for value in constants) or node.attributes["is_training"]["b"]:
        raise graph.problem(f"{node.name} is not a normalisation with constants")
    gamma, beta, mean, variance = (value.array.astype(np.float64) for value in constants)
    scale = gamma / np.sqrt(variance + node.attributes["epsilon"]["f"])
    scaled = graph.node("Mul", [source.name, graph.constant(_channels(scale))])
    return Value(graph.node("Add", [scaled, graph.constant(_channels(beta - mean * scale))]), image=True)


def _channels(values: Any) -> Any:
    import numpy as np

    return values.astype(np.float32).reshape(1, -1, 1, 1)


def _arithmetic(operator: str) -> Translate:
    def translate(graph: Graph, node: Node) -> Value:
        image = any(value.image for value in node.values)
        names = [_operand(graph, node, value, image=image) for value in node.values]
        return Value(graph.node(operator, names), image=image)

    return translate


def _operand(graph: Graph, node: Node, value: Value, *, image: bool) -> str:
    if value.array is None:
        if value.image != image:
            raise graph.problem(f"{node.name} mixes channels first and last")
        return value.name
    if image and value.array.ndim not in (0, 1):
        raise graph.problem(f"{node.name} combines an image with {value.array.ndim} dimensions")
    return graph.constant(_channels(value.array) if image and value.array.ndim else value.array)


def _relu6(graph: Graph, node: Node) -> Value:
    import numpy as np

    [source] = node.values
    limits = [graph.constant(np.float32(limit)) for limit in (0, 6)]
    return Value(graph.node("Clip", [source.name, *limits]), image=source.image)


def _same(operator: str) -> Translate:
    def translate(graph: Graph, node: Node) -> Value:
        [source] = node.values
        return Value(graph.node(operator, [source.name]), image=source.image)

    return translate


def _shape(graph: Graph, node: Node) -> Value:
    """Only the batch is known of a shape, and it is one: asking for more fails at the slice."""
    import numpy as np

    del graph, node
    return Value(array=np.ones(1, np.int32))


def _reshape(graph: Graph, node: Node) -> Value:
    source, shape = node.values
    return Value(graph.node("Reshape", [_plain(graph, source), _integers(graph, node, shape)]))


def _squeeze(graph: Graph, node: Node) -> Value:
    return Value(graph.node("Squeeze", [_plain(graph, node.values[0]), _axes(graph, node.integers("squeeze_dims"))]))


def _concat(graph: Graph, node: Node) -> Value:
    *parts, axis = node.values
    return Value(graph.node("Concat", [_plain(graph, part) for part in parts], axis=int(axis.array)))


def _slice(graph: Graph, node: Node) -> Value:
    source, begin, size = node.values
    ends = [start + count if count >= 0 else 1 << 31 for start, count in zip(begin.array, size.array, strict=True)]
    edges = [_axes(graph, [int(item) for item in edge]) for edge in (begin.array, ends)]
    return Value(graph.node("Slice", [_plain(graph, source), *edges]))


def _transpose(graph: Graph, node: Node) -> Value:
    source, order = node.values
    return Value(graph.node("Transpose", [_plain(graph, source)], perm=[int(axis) for axis in order.array]))


def _pack(graph: Graph, node: Node) -> Value:
    axis = node.integer("axis")
    parts = [graph.node("Unsqueeze", [_plain(graph, value), _axes(graph, [axis])]) for value in node.values]
    return Value(graph.node("Concat", parts, axis=axis))


def _unpack(graph: Graph, node: Node) -> Value:
    import numpy as np

    [source], axis, numbers = node.values, node.integer("axis"), range(node.integer("num"))
    if source.array is not None:
        return Value(parts=tuple(Value(array=np.take(source.array, at, axis)) for at in numbers))
    name = _plain(graph, source)
    picked = (graph.node("Gather", [name, graph.constant(np.int64(at))], axis=axis) for at in numbers)
    return Value(parts=tuple(map(Value, picked)))


def _axes(graph: Graph, axes: Sequence[int]) -> str:
    import numpy as np

    return graph.constant(np.array(axes, np.int64))


def _integers(graph: Graph, node: Node, value: Value) -> str:
    if value.array is None:
        raise graph.problem(f"{node.name} needs numbers that only a run can tell")
    return _axes(graph, [int(item) for item in value.array])


def _plain(graph: Graph, value: Value) -> str:
    """A value's name with its dimensions in TensorFlow's order."""
    if value.array is not None:
        return graph.constant(value.array)
    return graph.node("Transpose", [value.name], perm=[0, 2, 3, 1]) if value.image else value.name


TRANSLATE: Final[Mapping[str, Translate]] = {
    "Conv2D": _convolution,
    "DepthwiseConv2dNative": _convolution,
    "FusedBatchNorm": _batch_norm,
    "BiasAdd": _arithmetic("Add"),
    "Add": _arithmetic("Add"),
    "AddN": _arithmetic("Sum"),
    "Sub": _arithmetic("Sub"),
    "Mul": _arithmetic("Mul"),
    "Relu6": _relu6,
    "Sigmoid": _same("Sigmoid"),
    "Exp": _same("Exp"),
    "Shape": _shape,
    "Reshape": _reshape,
    "Squeeze": _squeeze,
    "ConcatV2": _concat,
    "Slice": _slice,
    "Transpose": _transpose,
    "Pack": _pack,
    "Unpack": _unpack,
}


def _fold(node: Node) -> Any:
    """What a node of constants gives, None where it is not one of the few that occur."""
    import numpy as np

    arrays = [value.array for value in node.values]
    folds: Mapping[str, Callable[[], Any]] = {
        "Pack": lambda: np.stack(arrays, axis=node.integer("axis")),
        "Tile": lambda: np.tile(*arrays),
        "Reshape": lambda: np.reshape(arrays[0], tuple(arrays[1])),
        "Transpose": lambda: np.transpose(*arrays),
        "Add": lambda: arrays[0] + arrays[1],
        "Sub": lambda: arrays[0] - arrays[1],
        "Mul": lambda: arrays[0] * arrays[1],
        "StridedSlice": lambda: arrays[0][int(arrays[1][0])] if node.integer("shrink_axis_mask") == 1 else None,
    }
    fold = folds.get(node.operator)
    return None if fold is None or any(array is None for array in arrays) else fold()


def to_onnx(members: Sequence[bytes], options: Mapping[str, Any]) -> bytes:
    """Convert (model.json, shards in their order) to the bytes of an ONNX model.

    Args:
        members: the topology, then the weights.
        options: ``input`` (the node that the input replaces), ``size``, ``scale``, ``outputs`` (node by the name that
            the output gets), ``shapes`` (shape by the same name), and ``weights``, "fp32" to keep them as they are.

    Raises:
        SourceError: hint SOURCE_CONVERT; the model holds what this converter does not know.
    """
    graph = Graph("tfjs", weights=options.get("weights", "fp16"))
    try:
        model = json.loads(members[0])
        values = _constants(model, b"".join(members[1:]), graph)
        topology = {row["name"]: row for row in model["modelTopology"]["node"]}
        scaled = graph.node("Mul", [INPUT, _scale(graph, options)])
        values[options["input"]] = Value(scaled, image=True)
        for name in _order(topology, values, list(options["outputs"].values())):
            values[name] = _translate(graph, topology[name], values)
        ends = {
            name: (_plain(graph, values[inner]), options["shapes"][name]) for name, inner in options["outputs"].items()
        }
    except (KeyError, ValueError, IndexError, TypeError) as error:
        raise graph.problem(f"malformed model or options: {type(error).__name__} {error}") from None
    return graph.finish({INPUT: (1, 3, options["size"], options["size"])}, ends)


def _scale(graph: Graph, options: Mapping[str, Any]) -> str:
    import numpy as np

    return graph.constant(np.float32(options["scale"]))


def _constants(model: Mapping[str, Any], data: bytes, graph: Graph) -> dict[str, Value]:
    import numpy as np

    values, at = {}, 0
    for row in (row for group in model["weightsManifest"] for row in group["weights"]):
        if row["dtype"] not in ("float32", "int32") or "quantization" in row:
            raise graph.problem(f"weights of {row['name']} are stored as {row['dtype']}, possibly quantised")
        count = int(np.prod(row["shape"]))
        array = np.frombuffer(data, dtype="<f4" if row["dtype"] == "float32" else "<i4", count=count, offset=at)
        values[row["name"]] = Value(array=array.reshape(row["shape"]))
        at += array.nbytes
    if at != len(data):
        raise graph.problem(f"{len(data) - at} bytes of weights are left over")
    return values


def _order(topology: Mapping[str, Any], known: Mapping[str, Value], wanted: Sequence[str]) -> list[str]:
    """The nodes that the wanted ones need, each behind its inputs; nothing that is known already."""
    needs: dict[str, list[str]] = {}
    waiting = [name for name in wanted if name not in known]
    while waiting:
        name = waiting.pop()
        sources = (entry.partition(":")[0] for entry in _inputs(topology[name]))
        needs[name] = [source for source in sources if source not in known]
        waiting += [source for source in needs[name] if source not in needs]
    return list(TopologicalSorter(needs).static_order())


def _inputs(row: Mapping[str, Any]) -> list[str]:
    """The data inputs of a node; those that only order the execution begin with a caret."""
    return [entry for entry in row.get("input", ()) if not entry.startswith("^")]


def _translate(graph: Graph, row: Mapping[str, Any], values: Mapping[str, Value]) -> Value:
    inputs = tuple(_part(values, entry) for entry in _inputs(row))
    node = Node(row["name"], row["op"], row.get("attr", {}), inputs)
    folded = _fold(node)
    if folded is not None:
        return Value(array=folded)
    translate = TRANSLATE.get(node.operator)
    if translate is None:
        raise graph.problem(f"operator {node.operator} of {node.name} is not supported")
    return translate(graph, node)


def _part(values: Mapping[str, Value], entry: str) -> Value:
    """The value that an input names: ``node``, or ``node:2`` for the third output of one that has several."""
    name, _, number = entry.partition(":")
    value = values[name]
    return value.parts[int(number or 0)] if value.parts else value
