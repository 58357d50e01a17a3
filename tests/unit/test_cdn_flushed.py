"""The converter of vanishing weights: a small graph by hand, refusals, and what it does to the text detector."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime as ort
import pytest
from onnx import TensorProto, helper, numpy_helper
from skimage import data

from cdn.sources.flushed import NEGLIGIBLE, slow_graphs, to_onnx
from cdn.sources.packages import PackageShelf
from qie_hub.errors import SourceError
from tests.support.lite_pack import CACHE, lite_folder, lite_recipe

KEPT = [1.5, -NEGLIGIBLE, NEGLIGIBLE * 1.01, 0.0]
GONE = [1e-40, -1e-39, 1e-31, -NEGLIGIBLE / 2]


def graph(values: list[float], *, kind: int = TensorProto.FLOAT) -> onnx.ModelProto:
    weights = numpy_helper.from_array(np.array(values, helper.tensor_dtype_to_np_dtype(kind)), "w")
    node = helper.make_node("Add", ["x", "w"], ["y"])
    given = [helper.make_tensor_value_info(name, kind, [len(values)]) for name in "xy"]
    body = helper.make_graph([node], "small", given[:1], given[1:], [weights])
    model = helper.make_model(body, opset_imports=[helper.make_opsetid("", 17)])
    helper.set_model_props(model, {"character": "a\nb"})
    return model


def weights_of(model: bytes) -> list[Any]:
    return [numpy_helper.to_array(tensor) for tensor in onnx.load_from_string(model).graph.initializer]


def test_what_vanishes_becomes_zero_and_everything_else_stays() -> None:
    source = graph(KEPT + GONE)
    made = to_onnx([source.SerializeToString()], {})
    [values] = weights_of(made)
    np.testing.assert_array_equal(values, np.array(KEPT + [0.0] * len(GONE), np.float32))
    again = onnx.load_from_string(made)
    again.graph.initializer[0].CopyFrom(source.graph.initializer[0])
    assert again == source


@pytest.mark.parametrize(
    ("members", "options", "says"),
    [
        ([b"no model"], {}, "not an ONNX file"),
        ([graph(KEPT).SerializeToString()], {}, "no weight is that small"),
        ([graph(GONE, kind=TensorProto.DOUBLE).SerializeToString()], {}, "no weight is that small"),
        ([graph(GONE).SerializeToString()], {"size": 3}, "takes no options"),
    ],
)
def test_refusals_say_why(members: list[bytes], options: dict[str, Any], says: str) -> None:
    with pytest.raises(SourceError) as refused:
        to_onnx(members, options)
    assert says in refused.value.data["detail"]


def test_weights_in_another_file_are_refused() -> None:
    model = graph(GONE)
    onnx.external_data_helper.set_external_data(model.graph.initializer[0], "weights.bin")
    with pytest.raises(SourceError) as refused:
        to_onnx([model.SerializeToString()], {})
    assert "outside the file" in refused.value.data["detail"]


@pytest.mark.parametrize("name", ["ocr/det.onnx", "ocr/rec.onnx"])
def test_the_nets_of_the_pack_compute_what_they_computed_before(name: str) -> None:
    recipe = lite_recipe()
    [file] = [file for file in recipe.files if file.path == name]
    shelf = PackageShelf(CACHE / "sources")
    [source] = shelf.read(shelf.fetch(recipe.sources[str(file.source)]), file.members)
    picture = np.asarray(data.page() if "rec" in name else data.coffee(), np.float32)
    picture = picture[96:144, :320] if "rec" in name else picture[:384, :576]
    if picture.ndim == 2:
        picture = np.repeat(picture[:, :, None], 3, axis=2)
    feed = (picture.transpose(2, 0, 1)[None] / 255 - 0.5) / 0.5
    before, after = (run(model, feed) for model in (source, (lite_folder() / name).read_bytes()))
    assert before.std() > 1e-3
    np.testing.assert_allclose(after, before, rtol=0, atol=1e-6)


def test_graphs_that_are_slowed_down_are_named_and_none_of_the_pack_is(tmp_path: Path) -> None:
    (tmp_path / "nets").mkdir()
    for name, values in (("slow", KEPT + GONE), ("fine", KEPT)):
        (tmp_path / "nets" / f"{name}.onnx").write_bytes(graph(values).SerializeToString())
    assert slow_graphs(tmp_path) == {"nets/slow.onnx": 2}
    assert slow_graphs(lite_folder()) == {}


def run(model: bytes, feed: Any) -> Any:
    session = ort.InferenceSession(model, providers=["CPUExecutionProvider"])
    return session.run(None, {session.get_inputs()[0].name: feed.astype(np.float32)})[0]
