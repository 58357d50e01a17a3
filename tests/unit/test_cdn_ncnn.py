"""The ncnn converter: a small network by hand, and refusals."""

from __future__ import annotations

import struct

import numpy as np
import onnx
import onnxruntime as ort
import pytest

from cdn.sources.ncnn import FP16_TAG, parse_param, to_onnx
from qie_hub.errors import SourceError

PARAM = """7767517
9 11
Input input 0 1 data
MemoryData mean 0 1 mean 0=1 1=1 2=3
BinaryOp sub 2 1 data mean centred 0=1
BinaryOp mul 1 1 centred scaled 0=2 1=1 2=2.0
Convolution conv 1 1 scaled conv 0=6 1=1 5=1 6=18
Split split 1 2 conv a b
Swish swish 1 1 a left
Concat cat 2 1 left b both
PixelShuffle shuffle 1 1 both out 0=2
"""
MEAN = np.array([0.5, 0.25, 0.125], dtype="<f4")
WEIGHT = (np.arange(18) / 8 - 1).astype("<f2")
BIAS = np.array([0.0, 1.0, -1.0, 0.5, 2.0, -0.25], dtype="<f4")
WEIGHTS = MEAN.tobytes() + struct.pack("<I", FP16_TAG) + WEIGHT.tobytes() + BIAS.tobytes()


def expected(picture: np.ndarray) -> np.ndarray:
    """The same network, written out with numpy."""
    scaled = (picture - MEAN.reshape(1, 3, 1, 1)) * 2
    conv = np.einsum("oc,bchw->bohw", WEIGHT.astype(np.float32).reshape(6, 3), scaled) + BIAS.reshape(1, 6, 1, 1)
    both = np.concatenate([conv / (1 + np.exp(-conv)), conv], axis=1)
    batch, channels, height, width = both.shape
    blocks = both.reshape(batch, channels // 4, 2, 2, height, width).transpose(0, 1, 4, 2, 5, 3)
    return blocks.reshape(batch, channels // 4, height * 2, width * 2)


@pytest.mark.parametrize("shape", [(1, 3, 4, 6), (2, 3, 1, 1), (1, 3, 7, 5)])
def test_a_network_computes_the_same_in_onnx(shape: tuple[int, ...]) -> None:
    model = to_onnx([PARAM.encode(), WEIGHTS])
    session = ort.InferenceSession(model, providers=["CPUExecutionProvider"])
    picture = np.random.default_rng(1).random(shape, dtype=np.float32)
    [result] = session.run(["upscaled"], {"image": picture})
    np.testing.assert_allclose(result, expected(picture), atol=1e-5)


def test_weights_stay_half_as_long_as_floats() -> None:
    graph = onnx.load_from_string(to_onnx([PARAM.encode(), WEIGHTS])).graph
    kinds = {tensor.name: tensor.data_type for tensor in graph.initializer}
    assert kinds["conv:fp16"] == onnx.TensorProto.FLOAT16
    assert [dim.dim_param for dim in graph.input[0].type.tensor_type.shape.dim] == ["batch", "", "height", "width"]


def test_converting_twice_gives_the_same_bytes() -> None:
    assert to_onnx([PARAM.encode(), WEIGHTS]) == to_onnx([PARAM.encode(), WEIGHTS])


@pytest.mark.parametrize(
    ("param", "weights", "reason"),
    [
        (PARAM.replace("7767517", "1"), WEIGHTS, "not an ncnn param file"),
        (PARAM.replace("Swish swish", "Softmax swish"), WEIGHTS, "Softmax"),
        (PARAM.replace("9 11", "8 11"), WEIGHTS, "9 layers where 8"),
        (PARAM.replace("0=6 1=1 5=1 6=18", "0=6 1=1 5=1 6=18 3=2"), WEIGHTS, "parameters [3]"),
        (PARAM.replace("scaled 0=2 1=1", "scaled 0=7 1=1"), WEIGHTS, "operation 7"),
        (PARAM, WEIGHTS[:-4], "end early"),
        (PARAM, WEIGHTS + b"\0\0\0\0", "4 bytes of weights are left over"),
        (PARAM, WEIGHTS.replace(struct.pack("<I", FP16_TAG), bytes(4)), "storage kind 0x0"),
        (PARAM.replace("out 0=2", "out 0=3"), WEIGHTS, "not a valid graph"),
        (PARAM.replace("Input input 0 1 data", "Input"), WEIGHTS, "malformed"),
    ],
)
def test_what_the_converter_does_not_know_is_refused_by_name(param: str, weights: bytes, reason: str) -> None:
    with pytest.raises(SourceError) as caught:
        to_onnx([param.encode(), weights])
    assert caught.value.hint == "SOURCE_CONVERT"
    assert reason in str(caught.value.data["detail"])


def test_a_param_line_is_read_with_its_names_and_numbers() -> None:
    layer = parse_param(PARAM)[4]
    assert (layer.kind, layer.inputs, layer.outputs) == ("Convolution", ("scaled",), ("conv",))
    assert (layer.number(6), layer.number(9, 7)) == (18, 7)
