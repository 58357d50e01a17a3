"""An ONNX graph as a converter grows it: nodes, constants, weights stored as fp16, and the finished bytes.

Every converter writes the same kind of file: opset `OPSET`, weights as fp16 that a `Cast` widens inside the graph
(ONNX Runtime folds the casts when it loads, so the file is half as large and the arithmetic is fp32), checked in
full by onnx before its bytes leave, and the same bytes for the same source.

Example::

    graph = Graph("tfjs")
    half = graph.node("Mul", [graph.entry, graph.constant("half", np.float32(0.5))])
    data = graph.finish({"image": (1, 3, 300, 300)}, {"scores": (half, (1, 90))})
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from qie_hub.errors import SourceError

OPSET: Final = 17
IR_VERSION: Final = 9
SMALLEST_WEIGHT: Final = 1024
"""Tensors below this many elements stay fp32: they weigh nothing, and biases and norms are the delicate ones."""

Shape = Sequence[int | str]


class Graph:
    """One graph in the making. Names of tensors are made here and never clash."""

    def __init__(self, source: str, *, weights: str = "fp16") -> None:
        """Begin a graph; ``source`` is the format that is converted; ``weights`` "fp32" leaves floats as they are."""
        self.source = source
        self._halve = weights == "fp16"
        self._nodes: list[Any] = []
        self._initializers: list[Any] = []

    def problem(self, text: str) -> SourceError:
        """The error for what this converter does not know."""
        return SourceError(hint="SOURCE_CONVERT", source=self.source, detail=text)

    def node(self, operator: str, inputs: Sequence[str], **attributes: object) -> str:
        """Add a node and return the name of its output."""
        from onnx import helper

        name = f"{len(self._nodes)}:{operator}"
        self._nodes.append(helper.make_node(operator, list(inputs), [name], name=name, **attributes))
        return name

    def constant(self, values: Any) -> str:
        """Add an array as it is."""
        import numpy as np
        from onnx import numpy_helper

        name = f"constant:{len(self._initializers)}"
        self._initializers.append(numpy_helper.from_array(np.asarray(values, order="C"), name))
        return name

    def weight(self, values: Any) -> str:
        """Add floats, stored as fp16 where that saves something or nothing is lost, and return them as fp32.

        Raises:
            SourceError: a value does not fit into fp16.
        """
        import numpy as np
        from onnx import TensorProto

        exact = values.dtype == np.float16
        if not exact and (not self._halve or values.size < SMALLEST_WEIGHT):
            return self.constant(values)
        if not exact and float(np.abs(values).max()) > float(np.finfo(np.float16).max):
            raise self.problem("a weight is too large for fp16")
        return self.node("Cast", [self.constant(values.astype(np.float16))], to=TensorProto.FLOAT)

    def finish(self, inputs: Mapping[str, Shape], outputs: Mapping[str, tuple[str, Shape]]) -> bytes:
        """Return the model's bytes.

        Args:
            inputs: shape of each input by name, all float32.
            outputs: name of the tensor inside the graph, and shape, by the name that the output gets.

        Raises:
            SourceError: onnx finds the graph wrong, or its shapes are not the ones that are announced.
        """
        from onnx import TensorProto, checker, helper, shape_inference

        self._rename({inner: name for name, (inner, _) in outputs.items()})
        tensor = helper.make_tensor_value_info
        body = helper.make_graph(
            self._nodes,
            self.source,
            [tensor(name, TensorProto.FLOAT, shape) for name, shape in inputs.items()],
            [tensor(name, TensorProto.FLOAT, shape) for name, (_, shape) in outputs.items()],
            self._initializers,
        )
        model = helper.make_model(
            body, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION, producer_name="qie_hub"
        )
        try:
            checker.check_model(model, full_check=True)
        except (checker.ValidationError, shape_inference.InferenceError) as error:
            raise self.problem(f"not a valid graph: {str(error)[:200]}") from None
        data: bytes = model.SerializeToString(deterministic=True)
        return data

    def _rename(self, names: Mapping[str, str]) -> None:
        for node in self._nodes:
            for part in (node.input, node.output):
                part[:] = [names.get(name, name) for name in part]
