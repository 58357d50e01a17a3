"""The converters of TensorFlow.js, TensorFlow Lite and ONNX: small networks by hand, and refusals by name."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import onnx
import onnxruntime as ort
import pytest
from onnx import TensorProto, helper, numpy_helper

from cdn.sources import resized, tfjs, tflite
from cdn.sources.packages import PackageShelf
from qie_hub.errors import SourceError
from tests.support.lite_pack import CACHE, lite_recipe

RANDOM = np.random.default_rng(4)
KERNEL = RANDOM.normal(size=(1, 1, 3, 2)).astype(np.float32)
SCALE = np.array([2.0, -0.5], np.float32)
ANCHORS = RANDOM.normal(size=(4, 4, 2)).astype(np.float32)
CONSTANTS = {
    "kernel": KERNEL, "scale": SCALE, "one": np.int32(1), "four": np.int32(4), "two": np.int32(2),
    "zeros": np.zeros(1, np.int32), "ones": np.ones(1, np.int32), "anchors": ANCHORS,
}  # fmt: skip
TFJS = {"input": "start", "size": 4, "scale": 255, "outputs": {"out": "sum"}, "shapes": {"out": [1, 4, 4, 2]}}


def run(model: bytes, picture: np.ndarray) -> np.ndarray:
    session = ort.InferenceSession(model, providers=["CPUExecutionProvider"])
    [result] = session.run(None, {"image": picture.astype(np.float32)})
    return np.asarray(result)


def node(name: str, operator: str, *inputs: str, **attributes: Any) -> dict[str, Any]:
    return {"name": name, "op": operator, "input": list(inputs), "attr": attributes}


def text(value: str) -> dict[str, list[int]]:
    return {"s": list(value.encode())}


def numbers(*values: int) -> dict[str, Any]:
    return {"list": {"i": [str(value) for value in values]}}


def topology() -> list[dict[str, Any]]:
    """A 1x1 convolution, scaled by channel and clipped; its shape taken and made again; constants added."""
    how = {"strides": numbers(1, 1, 1, 1), "padding": text("SAME"), "data_format": text("NHWC")}
    return [
        node("sum", "Add", "again", "grid"),
        node("start", "Merge", "endless"),
        node("conv", "Conv2D", "start", "kernel", **how),
        node("scaled", "Mul", "conv", "scale"),
        node("clipped", "Relu6", "scaled", "^start"),
        node("shape", "Shape", "clipped"),
        node("batch", "StridedSlice", "shape", "zeros", "ones", "ones", shrink_axis_mask={"i": "1"}),
        node("wanted", "Pack", "batch", "four", "four", "two"),
        node("again", "Reshape", "clipped", "wanted"),
        node("grid", "Reshape", "anchors", "wanted"),
    ]


def model_json(rows: list[dict[str, Any]], constants: Mapping[str, Any] = CONSTANTS) -> list[bytes]:
    manifest = [
        {"name": name, "shape": list(np.shape(value)), "dtype": str(np.asarray(value).dtype)}
        for name, value in constants.items()
    ]
    document = {"modelTopology": {"node": rows}, "weightsManifest": [{"weights": manifest}]}
    return [json.dumps(document).encode(), b"".join(np.asarray(value).tobytes() for value in constants.values())]


def test_a_tensorflow_js_graph_computes_the_same_from_behind_its_cut() -> None:
    picture = RANDOM.random((1, 3, 4, 4), dtype=np.float32)
    conv = np.einsum("bchw,co->bhwo", picture * 255, KERNEL[0, 0])
    wanted = np.clip(conv * SCALE, 0, 6) + ANCHORS[None]
    np.testing.assert_allclose(run(tfjs.to_onnx(model_json(topology()), TFJS), picture), wanted, atol=1e-3)


def test_nodes_that_no_output_needs_may_be_anything() -> None:
    rows = [*topology(), node("loop", "LoopCond", "nobody")]
    assert tfjs.to_onnx(model_json(rows), TFJS) == tfjs.to_onnx(model_json(topology()), TFJS)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda rows: rows[4].update(op="Elu"), "operator Elu of clipped"),
        (lambda rows: rows[2]["attr"].update(dilations=numbers(1, 2, 2, 1)), "conv has dilations"),
        (lambda rows: rows[2]["attr"].update(data_format=text("NCHW")), "channels last"),
        (lambda rows: rows[0].update(input=["clipped", "grid"]), "combines an image with 4 dimensions"),
        (lambda rows: rows[8].update(input=["clipped", "scaled"]), "numbers that only a run can tell"),
        (lambda rows: rows[0].update(input=["again", "gone"]), "malformed"),
    ],
)
def test_what_the_tensorflow_js_converter_does_not_know_is_refused_by_name(
    change: Callable[[Any], None], reason: str
) -> None:
    rows = topology()
    change(rows)
    assert reason in complaint(lambda: tfjs.to_onnx(model_json(rows), TFJS))


def test_weights_that_do_not_fit_the_manifest_are_refused() -> None:
    whole, data = model_json(topology())
    assert "4 bytes of weights are left over" in complaint(lambda: tfjs.to_onnx([whole, data + bytes(4)], TFJS))
    assert "malformed" in complaint(lambda: tfjs.to_onnx([whole, data[:-4]], TFJS))
    quantised = whole.replace(b'"float32"', b'"uint8"')
    assert "stored as uint8" in complaint(lambda: tfjs.to_onnx([quantised, data], TFJS))


def complaint(act: Callable[[], object]) -> str:
    with pytest.raises(SourceError) as caught:
        act()
    assert caught.value.hint == "SOURCE_CONVERT"
    return str(caught.value.data["detail"])


# -- TensorFlow Lite: the real file (what it computes is held against MediaPipe in test_cdn_evidence), and damaged ones


@pytest.fixture(scope="module")
def selfie() -> bytes:
    recipe, shelf = lite_recipe(), PackageShelf(CACHE / "sources")
    [data] = shelf.read(shelf.fetch(recipe.sources["portrait"]), ["package/selfie_segmentation.tflite"])
    return data


def test_a_tensorflow_lite_file_keeps_its_half_long_weights(selfie: bytes) -> None:
    made = tflite.to_onnx([selfie], {"output": "person"})
    graph = onnx.load_from_string(made).graph
    kinds = {tensor.data_type for tensor in graph.initializer if np.prod(tensor.dims) > 4}
    assert kinds == {TensorProto.FLOAT16}
    assert made == tflite.to_onnx([selfie], {"output": "person"})


@pytest.mark.parametrize("length", [16, 1000, 100_000, 200_000, 248_000])
def test_a_tensorflow_lite_file_that_is_cut_short_is_refused(selfie: bytes, length: int) -> None:
    assert complaint(lambda: tflite.to_onnx([selfie[:length]], {"output": "person"}))


def test_what_the_tensorflow_lite_converter_does_not_know_is_refused_by_name(selfie: bytes) -> None:
    assert "not a TensorFlow Lite file" in complaint(lambda: tflite.to_onnx([b"\0" * 64], {"output": "person"}))
    other = selfie.replace(b"Convolution2DTransposeBias", b"Convolution2DTransposeXXXX")
    assert "Convolution2DTransposeBias is not supported" in complaint(lambda: tflite.to_onnx([other], {"output": "x"}))


# -- ONNX ---------------------------------------------------------------------------------------------------

RESIZED = {"size": 8, "output": "end", "name": "alpha", "scale": 255, "subtract": 128, "divide": 256}


def small_net(operator: str = "Relu") -> bytes:
    """A net for 8 x 8 with fp16 inside: down by a pool, up again to a size that is baked in, and a spare output."""
    weight = RANDOM.normal(size=(1, 3, 3, 3)).astype(np.float16)
    make, half, whole = helper.make_node, TensorProto.FLOAT16, TensorProto.FLOAT
    nodes = [
        make("Conv", ["half", "weight"], ["conv"], pads=[1] * 4, kernel_shape=[3, 3]),
        make("MaxPool", ["conv"], ["pooled"], kernel_shape=[2, 2], strides=[2, 2], ceil_mode=1),
        make(operator, ["pooled"], ["bent"]),
        make("Shape", ["wide"], ["shape"]),
        make("Slice", ["shape", "zero", "two"], ["front"]),
        make("Constant", [], ["baked"], value=numpy_helper.from_array(np.array([8, 8], np.int64))),
        make("Concat", ["front", "baked"], ["sizes"], axis=0),
        make("Resize", ["wide", "", "", "sizes"], ["large"], mode="linear"),
        make("Sigmoid", ["back"], ["result"]),
        make("Cast", ["result"], ["end"], to=whole),
        make("Cast", ["start"], ["half"], to=half),
        make("Cast", ["bent"], ["wide"], to=whole),
        make("Cast", ["large"], ["back"], to=half),
        make("Cast", ["bent"], ["spare"], to=whole),
    ]
    value = helper.make_tensor_value_info
    graph = helper.make_graph(
        nodes, "net", [value("start", whole, [1, 3, 8, 8])],
        [value("end", whole, [1, 1, 8, 8]), value("spare", whole, [1, 1, 4, 4])],
        [
            numpy_helper.from_array(item, name)
            for name, item in {"weight": weight, "zero": np.array([0]), "two": np.array([2])}.items()
        ],
        value_info=[value("wide", whole, [1, 1, 4, 4])],
    )  # fmt: skip
    return bytes(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 15)]).SerializeToString())


def sorted_like_the_runtime_wants(model: bytes) -> bytes:
    """The same net with its nodes in the order of their use; exporters of mixed precision append casts at the end."""
    net = onnx.load_from_string(model)
    order = [10, 0, 1, 2, 11, 3, 4, 5, 6, 7, 12, 8, 9, 13]
    nodes = [net.graph.node[number] for number in order]
    del net.graph.node[:]
    net.graph.node.extend(nodes)
    return bytes(net.SerializeToString())


def test_an_onnx_net_in_chunks_computes_the_same_without_its_spare_parts() -> None:
    source = small_net()
    picture = np.random.default_rng(5).random((1, 3, 8, 8), dtype=np.float32)
    session = ort.InferenceSession(sorted_like_the_runtime_wants(source), providers=["CPUExecutionProvider"])
    [wanted] = session.run(["end"], {"start": (picture * 255 - 128) / 256})
    model = resized.to_onnx([source[:100], source[100:]], RESIZED)
    np.testing.assert_allclose(run(model, picture), wanted, atol=2e-3)
    graph = onnx.load_from_string(model).graph
    assert [item.name for item in graph.output] == ["alpha"]
    assert not {"Shape", "Slice"} & {item.op_type for item in graph.node}


def test_an_onnx_net_for_another_size_scales_the_sizes_that_were_baked_in() -> None:
    model = resized.to_onnx([small_net()], {**RESIZED, "size": 6})
    assert run(model, np.zeros((1, 3, 6, 6))).shape == (1, 1, 6, 6)


@pytest.mark.parametrize(
    ("source", "options", "reason"),
    [
        (small_net("Softmax"), RESIZED, "operator Softmax"),
        (b"nothing of the kind" * 9, RESIZED, "not an ONNX file"),
        (small_net(), {**RESIZED, "output": "none"}, "malformed"),
        (small_net().replace(b"baked", b"other", 1), RESIZED, "not baked in"),
    ],
)
def test_what_the_onnx_converter_does_not_know_is_refused_by_name(
    source: bytes, options: dict[str, Any], reason: str
) -> None:
    assert reason in complaint(lambda: resized.to_onnx([source], options))
