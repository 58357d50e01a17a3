from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from qie_hub.errors import UnsafeContent
from qie_hub.runtime.filerules import font_issues, json_issues, png_issues, safetensors_issues, text_issues
from qie_hub.runtime.gate import check
from qie_hub.runtime.onnxwire import WireError, read
from tests.support import graphs

SEEDS = [
    graphs.affine(metadata={"character": "a\nb"}).SerializeToString(),
    graphs.endless().SerializeToString(),
    graphs.external_add("w.data", (4,)).SerializeToString(),
]


@settings(max_examples=300, deadline=None)
@given(
    seed=st.sampled_from(SEEDS),
    edits=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=6),
    cut=st.floats(0, 1),
)
def test_a_damaged_graph_passes_or_is_refused_and_nothing_else(
    seed: bytes, edits: list[tuple[float, int]], cut: float
) -> None:
    data = bytearray(seed)
    for where, byte in edits:
        data[int(where * (len(data) - 1))] = byte
    del data[int(cut * len(data)) + 1 :]
    with tempfile.TemporaryDirectory() as folder:
        files = {"m.onnx": bytes(data), "w.data": np.zeros(4, np.float32).tobytes()}
        manifest, variant = graphs.pack(Path(folder), files)
        try:
            check(Path(folder), manifest, variant)
        except UnsafeContent as refused:
            assert refused.data["issues"]


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_answered_by_every_reader(data: bytes) -> None:
    for issues in (font_issues, json_issues, png_issues, safetensors_issues, text_issues):
        assert isinstance(issues(memoryview(data)), list)
    try:
        read(memoryview(data))
    except WireError as error:
        assert str(error)
