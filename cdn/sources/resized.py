"""Turn an ONNX graph for one picture of a fixed size into a leaner one for another size.

What changes: outputs that nobody asks for go, with all that only they need; sizes that the exporter baked into
``Resize`` nodes are scaled with the input; arithmetic in fp16, which CPUs only imitate, becomes fp32, while the weights
stay fp16 in the file, value for value. Operators that are not listed here are a `SourceError`, never a guess.

The graph's input is ``image``: float32, 1 x 3 x size x size, RGB in 0..1, which is brought to what the source was
trained on by ``options``: times ``scale``, minus ``subtract``, divided by ``divide``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from graphlib import TopologicalSorter
from math import ceil
from typing import Any, Final

from cdn.sources.onnxfile import Graph

INPUT: Final = "image"
COPIED: Final = frozenset({"Conv", "Relu", "Concat", "MaxPool", "Add", "Sigmoid"})
"""Operators that mean the same at every size, and in the opsets of source and result."""
OPSETS: Final = range(13, 18)


@dataclass(frozen=True, slots=True)
class _Source:
    """The graph that is converted: what makes each tensor, its weights, and the shapes that the exporter noted."""

    nodes: Sequence[Any]
    makers: Mapping[str, int]
    weights: Mapping[str, Any]
    shapes: Mapping[str, tuple[int, ...]]
    entry: str

    def maker(self, name: str) -> Any:
        """The node that makes a tensor, None for weights and inputs."""
        return self.nodes[self.makers[name]] if name in self.makers else None

    def constant(self, name: str) -> Any:
        """The array of a tensor that never changes, None for others."""
        from onnx import numpy_helper

        if name in self.weights:
            return numpy_helper.to_array(self.weights[name])
        node = self.maker(name)
        return numpy_helper.to_array(node.attribute[0].t) if node is not None and node.op_type == "Constant" else None


def to_onnx(members: Sequence[bytes], options: Mapping[str, Any]) -> bytes:
    """Convert the parts of an ONNX file (joined in their order) to the bytes of a leaner model.

    Args:
        members: one file, or its chunks.
        options: ``size`` of the new input, ``output`` (name in the source), ``name`` (what it gets), and the three
            numbers of the module's head.

    Raises:
        SourceError: hint SOURCE_CONVERT; the graph holds what this converter does not know.
    """
    graph = Graph("onnx")
    try:
        source = _read(graph, b"".join(members))
        factor = options["size"] / source.shapes[source.entry][2]
        names = {"": "", source.entry: _prepared(graph, options)}
        for node in _needed(source, options["output"]):
            names[node.output[0]] = _translate(graph, source, node, names, factor)
        shape = _scaled(source.shapes[options["output"]], factor)
    except (KeyError, IndexError, ValueError) as error:
        raise graph.problem(f"malformed model or options: {type(error).__name__} {error}") from None
    size = options["size"]
    return graph.finish({INPUT: (1, 3, size, size)}, {options["name"]: (names[options["output"]], shape)})


def _read(graph: Graph, data: bytes) -> _Source:
    import onnx
    from google.protobuf.message import DecodeError  # type: ignore[import-untyped]  # has no types of its own

    try:
        model = onnx.load_from_string(data)
    except DecodeError as error:
        raise graph.problem(f"not an ONNX file: {error}") from None
    versions = {item.domain: item.version for item in model.opset_import}
    body = model.graph
    if set(versions) != {""} or versions[""] not in OPSETS or len(body.input) != 1:
        raise graph.problem(f"opsets {versions} and {len(body.input)} inputs")
    return _Source(
        nodes=body.node,
        makers={name: number for number, node in enumerate(body.node) for name in node.output},
        weights={tensor.name: tensor for tensor in body.initializer},
        shapes={
            value.name: tuple(item.dim_value for item in value.type.tensor_type.shape.dim)
            for value in (*body.value_info, *body.output, *body.input)
        },
        entry=body.input[0].name,
    )


def _prepared(graph: Graph, options: Mapping[str, Any]) -> str:
    import numpy as np

    times, minus = (options[key] / options["divide"] for key in ("scale", "subtract"))
    scaled = graph.node("Mul", [INPUT, graph.constant(np.float32(times))])
    return graph.node("Sub", [scaled, graph.constant(np.float32(minus))])


def _needed(source: _Source, output: str) -> list[Any]:
    """The nodes that an output needs, each behind its inputs, without those that only work out sizes."""
    needs: dict[int, list[int]] = {}
    waiting = [source.makers[output]]
    while waiting:
        number = waiting.pop()
        node = source.nodes[number]
        inputs = node.input[:1] if node.op_type == "Resize" else node.input
        needs[number] = [source.makers[name] for name in inputs if name in source.makers]
        waiting += [maker for maker in needs[number] if maker not in needs]
    return [source.nodes[number] for number in TopologicalSorter(needs).static_order()]


def _translate(graph: Graph, source: _Source, node: Any, names: dict[str, str], factor: float) -> str:
    from onnx import helper

    if node.op_type == "Cast":  # fp16 and back: everything is fp32 now
        return names[node.input[0]]
    attributes = {item.name: helper.get_attribute_value(item) for item in node.attribute}
    if node.op_type == "Resize":
        return graph.node("Resize", [names[node.input[0]], "", "", _sizes(graph, source, node, factor)], **attributes)
    if node.op_type not in COPIED:
        raise graph.problem(f"operator {node.op_type} of {node.name} is not supported")
    for name in node.input:
        if name in source.weights and name not in names:
            names[name] = graph.weight(source.constant(name))
    return graph.node(node.op_type, [names[name] for name in node.input], **attributes)


def _sizes(graph: Graph, source: _Source, node: Any, factor: float) -> str:
    """The size that a ``Resize`` aims at: exporters join batch and channels with height and width as constants."""
    import numpy as np

    joined = source.maker(node.input[3])
    baked = source.constant(joined.input[-1]) if joined is not None and joined.op_type == "Concat" else None
    before = source.shapes.get(node.input[0], ())
    if baked is None or baked.shape != (2,) or len(before) != 4:
        raise graph.problem(f"{node.name} aims at a size that is not baked in")
    return graph.constant(np.array(_scaled((*before[:2], *map(int, baked)), factor), np.int64))


def _scaled(shape: Sequence[int], factor: float) -> tuple[int, ...]:
    """Height and width for another size of input; pools round up, so do we."""
    batch, channels, height, width = shape
    return batch, channels, ceil(height * factor), ceil(width * factor)
