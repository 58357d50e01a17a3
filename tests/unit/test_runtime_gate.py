from __future__ import annotations

import tracemalloc
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, onnx_ml_pb2
from PIL import Image

from qie_hub.digest import Digest
from qie_hub.runtime import onnxwire
from qie_hub.runtime.gate import check
from qie_hub.runtime.graphrules import MAX_CONSTANT
from tests.support import graphs
from tests.support.gating import issues_of, passes, refusal
from tests.support.graphs import constant, external, floats, ints, model

# -- what passes --------------------------------------------------------------------------------------------


def test_ordinary_packs_pass(tmp_path: Path) -> None:
    Image.new("RGB", (8, 8)).save(tmp_path / "golden.png")
    passes(
        tmp_path,
        {
            "one.onnx": graphs.affine().SerializeToString(),
            "deep/two.onnx": graphs.external_add("two.data", (4,)).SerializeToString(),
            "deep/two.data": np.zeros(4, np.float32).tobytes(),
            "loop.onnx": graphs.endless().SerializeToString(),
            "vocab.json": b'{"a": 1.5, "b": [1, 2]}',
            "LICENSE.txt": "许可证".encode(),
            "golden.png": (tmp_path / "golden.png").read_bytes(),
        },
    )


def test_three_gigabytes_of_mapped_weights_pass_without_being_read(tmp_path: Path) -> None:
    size, parts = 3 << 30, 6
    with (tmp_path / "big.data").open("wb") as file:
        file.truncate(size)
    each = size // parts // 4
    weights = [external(f"w{n}", (each,), "big.data", offset=n * each * 4) for n in range(parts)]
    nodes = [helper.make_node("Gather", [f"w{n}", "x"], [f"y{n}"]) for n in range(parts)]
    graph = model(nodes, [ints("x", None)], [floats(f"y{n}", None) for n in range(parts)], weights)
    data = graph.SerializeToString()
    (tmp_path / "big.onnx").write_bytes(data)
    files = {"big.onnx": (len(data), Digest.of(data)), "big.data": (size, Digest.of(b""))}
    manifest, variant = graphs.manifest_for(files)
    tracemalloc.start()
    check(tmp_path, manifest, variant)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 << 20


def large_weights(root: Path, *nodes: onnx.NodeProto) -> list[str]:
    """The issues of nodes over 2^27 int8 weights, twice the budget, and a small scale."""
    size = 1 << 27
    root.mkdir()
    with (root / "w.data").open("wb") as file:
        file.truncate(size)
    weights = external("w", (1 << 14, 1 << 13), "w.data", length=size)
    weights.data_type = TensorProto.INT8
    scale = constant("scale", np.ones((1 << 14, 1)), np.float32)
    data = model(nodes, [], [floats("y", None)], [weights, scale]).SerializeToString()
    (root / "m.onnx").write_bytes(data)
    files = {"m.onnx": (len(data), Digest.of(data)), "w.data": (size, Digest.of(b""))}
    manifest, variant = graphs.manifest_for(files)
    return issues_of(lambda: check(root, manifest, variant))


def test_large_weights_may_be_cast_and_scaled_but_not_multiplied(tmp_path: Path) -> None:
    cast = helper.make_node("Cast", ["w"], ["c"], to=TensorProto.FLOAT)
    assert large_weights(tmp_path / "a", cast, helper.make_node("Mul", ["c", "scale"], ["y"])) == []
    [issue] = large_weights(tmp_path / "b", cast, helper.make_node("Concat", ["c", "c"], ["y"], axis=0))
    assert f"exceeds {MAX_CONSTANT} elements" in issue


def test_the_readers_table_is_the_schema_of_the_installed_onnx() -> None:
    scalars = {1: "double", 2: "float", 3: "int", 4: "int", 5: "int", 9: "bytes", 12: "bytes", 13: "int", 14: "int"}
    names = {
        "Model": "ModelProto", "OperatorSet": "OperatorSetIdProto", "Entry": "StringStringEntryProto",
        "Graph": "GraphProto", "Annotation": "TensorAnnotation", "Node": "NodeProto",
        "Attribute": "AttributeProto", "Tensor": "TensorProto", "Sparse": "SparseTensorProto",
        "Value": "ValueInfoProto", "Type": "TypeProto", "TypedShape": "TypeProto.Tensor",
        "Element": "TypeProto.Sequence", "MapType": "TypeProto.Map", "Shape": "TensorShapeProto",
        "Dimension": "TensorShapeProto.Dimension",
    }  # fmt: skip
    assert set(names) == set(onnxwire.SCHEMA)
    same = {"SparseTensor": "TypedShape", "Optional": "Element"}
    back = {full.rpartition(".")[2]: ours for ours, full in names.items()} | same
    back["Tensor"] = "TypedShape"
    back["TensorProto"] = "Tensor"
    for ours, full in names.items():
        descriptor = onnx_ml_pb2.DESCRIPTOR.message_types_by_name[full.split(".")[0]]
        for part in full.split(".")[1:]:
            descriptor = descriptor.nested_types_by_name[part]
        theirs = {
            field.number: (field.name, scalars.get(field.type) or back.get(field.message_type.name), field.is_repeated)
            for field in descriptor.fields
        }
        mine = onnxwire.SCHEMA[ours]
        assert set(mine) == set(theirs), ours
        for number, field in mine.items():
            if field.type != "refused":
                assert (field.name, field.type, field.many) == theirs[number], (ours, number)


# -- size bombs ---------------------------------------------------------------------------------------------


def test_a_hundred_bytes_that_ask_for_gigabytes_are_refused(tmp_path: Path) -> None:
    bomb = model(
        [helper.make_node("ConstantOfShape", ["s"], ["y"])],
        [],
        [floats("y", None)],
        [constant("s", [1 << 29], np.int64)],
    )
    bomb.graph.ClearField("name")
    data = bomb.SerializeToString()
    assert len(data) <= 107
    [issue] = refusal(tmp_path, {"bomb.onnx": data})
    assert "ConstantOfShape" in issue
    assert str(1 << 29) in issue


def grown(*nodes: onnx.NodeProto, **constants: tuple[object, type]) -> bytes:
    initializers = [constant(name, value, dtype) for name, (value, dtype) in constants.items()]
    return model(list(nodes), [floats("x", 1, 1)], [floats("y", None)], initializers).SerializeToString()


BOMBS = {
    "expand": grown(helper.make_node("Expand", ["x", "s"], ["y"]), s=([1 << 20, 1 << 10], np.int64)),
    "tile": grown(helper.make_node("Tile", ["x", "s"], ["y"]), s=([1 << 14, 1 << 14], np.int64)),
    "tile of a weight": grown(
        helper.make_node("Tile", ["w", "s"], ["y"]), s=([1 << 14], np.int64), w=([0.0] * (1 << 13), np.float32)
    ),
    "range": grown(
        helper.make_node("Range", ["a", "b", "c"], ["y"]),
        a=(0, np.int64), b=(1 << 40, np.int64), c=(1, np.int64),
    ),
    "fine range": grown(
        helper.make_node("Range", ["a", "b", "c"], ["y"]),
        a=(0.0, np.float32), b=(1.0, np.float32), c=(1e-12, np.float32),
    ),
    "one hot": grown(
        helper.make_node("OneHot", ["i", "d", "v"], ["y"]),
        i=([0] * 1000, np.int64), d=([1 << 20], np.int64), v=([0.0, 1.0], np.float32),
    ),
    "resize by sizes": grown(helper.make_node("Resize", ["x", "", "", "s"], ["y"]), s=([1 << 20, 1 << 10], np.int64)),
    "resize by scales": grown(helper.make_node("Resize", ["x", "", "s"], ["y"]), s=([1e5, 1e5], np.float32)),
    "pad": grown(helper.make_node("Pad", ["x", "p"], ["y"]), p=([1 << 14, 0, 0, 1 << 14], np.int64)),
    "random": grown(helper.make_node("RandomNormal", [], ["y"], shape=[1 << 15, 1 << 15])),
    "computed shape": grown(
        helper.make_node("Mul", ["a", "a"], ["b"]),
        helper.make_node("Concat", ["b", "a"], ["s"], axis=0),
        helper.make_node("Cast", ["s"], ["t"], to=TensorProto.INT64),
        helper.make_node("ConstantOfShape", ["t"], ["y"]),
        a=([1 << 12], np.int64),
    ),
    "outer product": grown(
        helper.make_node("ConstantOfShape", ["s"], ["a"]),
        helper.make_node("ConstantOfShape", ["t"], ["b"]),
        helper.make_node("MatMul", ["a", "b"], ["y"]),
        s=([1 << 15, 1], np.int64), t=([1, 1 << 15], np.int64),
    ),
    "broadcast": grown(
        helper.make_node("ConstantOfShape", ["s"], ["a"]),
        helper.make_node("ConstantOfShape", ["t"], ["b"]),
        helper.make_node("Div", ["a", "b"], ["y"]),
        s=([1 << 15, 1], np.int64), t=([1 << 15], np.int64),
    ),
    "constant node": grown(
        helper.make_node("Constant", [], ["s"], value_ints=[1 << 30]),
        helper.make_node("ConstantOfShape", ["s"], ["y"]),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BOMBS)
def test_constants_that_grow_beyond_the_budget_are_refused(tmp_path: Path, name: str) -> None:
    [issue] = refusal(tmp_path, {"bomb.onnx": BOMBS[name]})
    assert f"exceeds {MAX_CONSTANT} elements" in issue


def test_a_bomb_in_a_subgraph_sees_the_outer_constants(tmp_path: Path) -> None:
    body = helper.make_graph([helper.make_node("ConstantOfShape", ["s"], ["y"])], "b", [], [floats("y", None)])
    node = helper.make_node("If", ["c"], ["y"], then_branch=body, else_branch=body)
    data = model(
        [node], [], [floats("y", None)], [constant("s", [1 << 30], np.int64), constant("c", True, np.bool_)]
    ).SerializeToString()
    assert len(refusal(tmp_path, {"bomb.onnx": data})) == 2


def test_endless_squaring_is_followed_in_bounded_time(tmp_path: Path) -> None:
    nodes = [helper.make_node("Mul", [f"v{n}", f"v{n}"], [f"v{n + 1}"]) for n in range(3000)]
    passes(
        tmp_path, {"m.onnx": model(nodes, [], [ints("v3000", 1)], [constant("v0", [3], np.int64)]).SerializeToString()}
    )


def test_an_input_of_a_fixed_monstrous_size_is_refused(tmp_path: Path) -> None:
    data = model([helper.make_node("Relu", ["x"], ["y"])], [floats("x", 1 << 20, 1 << 20)], [floats("y", None)])
    assert "fixed dimensions" in refusal(tmp_path, {"m.onnx": data.SerializeToString()})[0]


# -- operators, opsets and structure ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("domain", "operator", "opsets"),
    [
        ("com.evil", "Add", {"": 17, "com.evil": 1}),
        ("com.evil", "Add", {"": 17}),
        ("com.microsoft", "PyOp", {"": 17, "com.microsoft": 1}),
        ("com.microsoft", "EPContext", {"": 17, "com.microsoft": 1}),
        ("com.microsoft", "FusedMatMul", {"": 17}),
        ("", "Add", {"": 99}),
        ("", "Add", {"": 3}),
        ("", "Add", {"": 17, "ai.onnx.preview.training": 1}),
    ],
)
def test_foreign_domains_opsets_and_code_loading_operators_are_refused(
    tmp_path: Path, domain: str, operator: str, opsets: dict[str, int]
) -> None:
    node = helper.make_node(operator, ["x", "x"], ["y"], domain=domain)
    data = model([node], [floats("x", 4)], [floats("y", 4)], opsets=opsets).SerializeToString()
    assert refusal(tmp_path, {"m.onnx": data})


def test_local_functions_and_training_graphs_are_refused(tmp_path: Path) -> None:
    with_function = graphs.affine()
    with_function.functions.append(helper.make_function("com.x", "F", ["a"], ["b"], [], [helper.make_opsetid("", 17)]))
    with_training = graphs.affine()
    with_training.training_info.add().initialization.initializer.append(external("w", (4,), "../w.data"))
    assert "functions" in refusal(tmp_path / "f", {"m.onnx": with_function.SerializeToString()})[0]
    assert "training_info" in refusal(tmp_path / "t", {"m.onnx": with_training.SerializeToString()})[0]


def _field(number: int, wire: int, payload: bytes) -> bytes:
    return bytes([number << 3 | wire]) + payload


@pytest.mark.parametrize(
    ("tail", "reason"),
    [
        (bytes([0x7A, 0x00]), "field 15"),
        (_field(7, 2, b"\0"), "given twice"),
        (_field(1, 0, b"\x08"), "given twice"),
        (_field(5, 2, b"\0"), "wire type"),
        (_field(5, 3, b""), "wire type"),
        (_field(5, 0, b"\xff" * 11), "10 bytes"),
        (_field(5, 0, b"\xff"), "cut short"),
        (_field(14, 2, b"\x7f"), "cut short"),
    ],
    ids=["unknown field", "second graph", "second number", "wrong type", "group", "overlong", "open", "cut"],
)
def test_what_two_readers_could_read_differently_is_refused(tmp_path: Path, tail: bytes, reason: str) -> None:
    [issue] = refusal(tmp_path, {"m.onnx": graphs.affine().SerializeToString() + tail})
    assert reason in issue


def test_deep_nesting_is_refused(tmp_path: Path) -> None:
    inner = helper.make_graph([], "b", [], [])
    for _ in range(25):
        inner = helper.make_graph([helper.make_node("If", ["c"], ["y"], then_branch=inner)], "b", [], [])
    deep = graphs.affine()
    deep.graph.node.append(helper.make_node("If", ["c"], ["y"], then_branch=inner))
    assert "nested deeper" in refusal(tmp_path, {"m.onnx": deep.SerializeToString()})[0]


def test_an_empty_and_a_random_file_are_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path / "a", {"m.onnx": b""})
    assert refusal(tmp_path / "b", {"m.onnx": bytes(range(256)) * 40})


def test_every_issue_of_every_file_is_reported_at_once(tmp_path: Path) -> None:
    issues = refusal(tmp_path, {"a.onnx": b"", "b.json": b"{", "c.exe": b"MZ", "d.onnx": BOMBS["pad"]})
    assert sorted({issue.split(":")[0] for issue in issues}) == ["a.onnx", "b.json", "c.exe", "d.onnx"]
