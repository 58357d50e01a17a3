from __future__ import annotations

from pathlib import Path

import onnx
import pytest
from onnx import TensorProto, helper

from tests.support import graphs
from tests.support.gating import add_of, passes, refusal, tensor
from tests.support.graphs import constant


def entries(**facts: str) -> onnx.TensorProto:
    made = tensor(dims=[4], data_location=TensorProto.EXTERNAL)
    for key, value in facts.items():
        made.external_data.add(key=key, value=value)
    return made


EXTERNAL = {
    "another directory": entries(location="../secret.data"),
    "absolute": entries(location="/etc/passwd"),
    "unlisted": entries(location="other.data"),
    "no location": entries(length="16"),
    "itself by dot": entries(location="./w.data"),
    "negative offset": entries(location="w.data", offset="-4"),
    "offset beyond": entries(location="w.data", offset="4"),
    "huge offset": entries(location="w.data", offset=str(1 << 62)),
    "short length": entries(location="w.data", length="12"),
    "length beyond": entries(location="w.data", length="400"),
    "attribute injection": entries(location="w.data", __class__="x"),
    "memory address": entries(location="*/_ORT_MEM_ADDR_/*"),
    "raw data besides": tensor(
        dims=[4], raw_data=bytes(16), external_data=[onnx.StringStringEntryProto(key="location", value="w.data")]
    ),
    "location flag missing": tensor(
        dims=[4], external_data=[onnx.StringStringEntryProto(key="location", value="w.data")]
    ),
}


@pytest.mark.parametrize("name", EXTERNAL)
@pytest.mark.parametrize("place", ["initializer", "attribute", "sparse", "subgraph", "sparse attribute"])
def test_external_data_may_lie_only_in_listed_files_wherever_the_tensor_stands(
    tmp_path: Path, name: str, place: str
) -> None:
    bad = EXTERNAL[name]
    sparse = onnx.SparseTensorProto(values=bad, indices=tensor(dims=[4], data_type=7, raw_data=bytes(32)), dims=[4])
    good = add_of(constant("w", [0.0] * 4))
    if place == "initializer":
        good = add_of(bad)
    elif place == "attribute":
        good.graph.node.append(helper.make_node("Constant", [], ["z"], value=bad))
    elif place == "sparse":
        good.graph.sparse_initializer.append(sparse)
    elif place == "sparse attribute":
        good.graph.node.append(helper.make_node("Constant", [], ["z"], sparse_value=sparse))
    else:
        body = helper.make_graph([], "b", [], [], [bad])
        good.graph.node.append(helper.make_node("If", ["x"], ["z"], then_branch=body, else_branch=body))
    keeper = graphs.external_add("w.data", (4,)).SerializeToString()
    files = {"m.onnx": good.SerializeToString(), "keeper.onnx": keeper, "w.data": bytes(16)}
    assert all(issue.startswith("m.onnx") for issue in refusal(tmp_path, files))


def test_the_same_external_data_done_right_passes_in_every_place(tmp_path: Path) -> None:
    bad = entries(location="w.data", offset="0", length="16")
    good = add_of(bad)
    good.graph.node.append(helper.make_node("Constant", [], ["z"], value=bad))
    passes(tmp_path, {"m.onnx": good.SerializeToString(), "w.data": bytes(16)})


@pytest.mark.parametrize(
    "bad",
    [
        tensor(dims=[5], raw_data=bytes(16)),
        tensor(dims=[4]),
        tensor(dims=[-1, -4], raw_data=bytes(16)),
        tensor(dims=[1 << 41], raw_data=bytes(16)),
        tensor(dims=[1] * 17 + [4], raw_data=bytes(16)),
        tensor(dims=[4], float_data=[0.0] * 3),
        tensor(dims=[4], float_data=[0.0] * 4, raw_data=bytes(16)),
        TensorProto(name="w", data_type=99, dims=[4], raw_data=bytes(16)),
        TensorProto(name="w", data_type=TensorProto.COMPLEX64, dims=[4], raw_data=bytes(32)),
        TensorProto(name="w", data_type=TensorProto.STRING, dims=[4], string_data=[b"a"]),
        TensorProto(name="w", data_type=TensorProto.STRING, dims=[4], data_location=TensorProto.EXTERNAL),
    ],
    ids=lambda bad: f"type {bad.data_type} dims {list(bad.dims)[:2]}",
)
def test_tensors_must_have_exactly_the_bytes_that_type_and_dimensions_say(
    tmp_path: Path, bad: onnx.TensorProto
) -> None:
    assert refusal(tmp_path, {"m.onnx": add_of(bad).SerializeToString()})


def test_half_byte_types_and_texts_pass(tmp_path: Path) -> None:
    packed = TensorProto(name="w", data_type=TensorProto.INT4, dims=[5], raw_data=bytes(3))
    listed = TensorProto(name="v", data_type=TensorProto.UINT4, dims=[5], int32_data=[1, 2, 3])
    text = TensorProto(name="t", data_type=TensorProto.STRING, dims=[2], string_data=[b"a", b"b"])
    passes(tmp_path, {"m.onnx": add_of(packed, listed, text).SerializeToString()})
