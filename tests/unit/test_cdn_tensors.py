"""Where tensors lie in real weight files."""

from __future__ import annotations

import json
import struct
import tracemalloc
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from cdn.shard import cut
from cdn.tensors import Span, spans_of

WEIGHTS = {"layer.0.weight": (40_000, 3), "layer.0.bias": (1_000, 4), "layer.1.weight": (30_000, 5)}


def model() -> onnx.ModelProto:
    tensors = [
        numpy_helper.from_array(np.full(count, value, dtype=np.float32), name)
        for name, (count, value) in WEIGHTS.items()
    ]
    output = helper.make_tensor_value_info("y", TensorProto.FLOAT, [None])
    node = helper.make_node("Identity", ["layer.0.weight"], ["y"])
    return helper.make_model(helper.make_graph([node], "g", [], [output], tensors))


def check(path: Path, spans: tuple[Span, ...]) -> None:
    data = path.read_bytes()
    assert {span.name for span in spans} == set(WEIGHTS)
    for span in spans:
        count, value = WEIGHTS[span.name]
        assert data[span.start : span.stop] == np.full(count, value, dtype=np.float32).tobytes()


def test_weights_inside_an_onnx_file_are_found(tmp_path: Path) -> None:
    path = tmp_path / "net.onnx"
    path.write_bytes(model().SerializeToString())
    check(path, spans_of(path))


def test_external_weights_are_found_through_their_graph(tmp_path: Path) -> None:
    graph = tmp_path / "net.onnx"
    onnx.save(model(), str(graph), save_as_external_data=True, location="net.onnx.data", size_threshold=0)
    path = tmp_path / "net.onnx.data"
    check(path, spans_of(path, [graph]))
    assert spans_of(path) == ()


def test_safetensors_are_found_by_their_header(tmp_path: Path) -> None:
    blobs = {name: np.full(count, value, dtype=np.float32).tobytes() for name, (count, value) in WEIGHTS.items()}
    table: dict[str, object] = {"__metadata__": {"format": "pt"}}
    at = 0
    for name, blob in blobs.items():
        table[name] = {"dtype": "F32", "shape": [len(blob) // 4], "data_offsets": [at, at + len(blob)]}
        at += len(blob)
    header = json.dumps(table).encode()
    path = tmp_path / "net.safetensors"
    path.write_bytes(struct.pack("<Q", len(header)) + header + b"".join(blobs.values()))
    check(path, spans_of(path))


@pytest.mark.parametrize("name", ["broken.safetensors", "broken.onnx", "broken.data"])
@pytest.mark.parametrize(
    "data", [b"", b"\xff" * 40, b"\x00" * 40, b"PK\x03\x04 not a model", struct.pack("<Q", 1 << 40)]
)
def test_a_file_that_only_pretends_has_no_tensors_and_is_cut_all_the_same(
    tmp_path: Path, name: str, data: bytes
) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    assert spans_of(path) == ()
    assert cut(path)[0].size == len(data)


def test_overlapping_tensors_are_taken_once(tmp_path: Path) -> None:
    header = json.dumps({"a": {"data_offsets": [0, 100]}, "b": {"data_offsets": [50, 150]}}).encode()
    path = tmp_path / "net.safetensors"
    path.write_bytes(struct.pack("<Q", len(header)) + header + bytes(150))
    assert [span.name for span in spans_of(path)] == ["a"]


def test_changing_one_tensor_changes_only_its_chunks(tmp_path: Path) -> None:
    path = tmp_path / "net.onnx"
    net = model()
    path.write_bytes(net.SerializeToString())
    before, _ = cut(path, spans_of(path))
    net.graph.initializer[2].raw_data = np.full(30_000, 9, dtype=np.float32).tobytes()
    path.write_bytes(net.SerializeToString())
    after, _ = cut(path, spans_of(path))
    kept = {chunk.digest for chunk in before.chunks} & {chunk.digest for chunk in after.chunks}
    changed = sum(chunk.length for chunk in after.chunks if chunk.digest not in kept)
    assert 120_000 <= changed <= 120_200


def test_cutting_a_large_file_holds_one_chunk_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "weights.bin"
    with path.open("wb") as stream:
        stream.truncate(48 << 20)
    tracemalloc.start()
    try:
        index, _ = cut(path)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (index.size, len(index.chunks), len(index.shards)) == (48 << 20, 48, 1)
    assert peak < 4 << 20
