from __future__ import annotations

import json
import os
import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from qie_hub.runtime.gate import check
from tests.support import graphs
from tests.support.gating import issues_of, passes, refusal


def safetensors(header: object, body: bytes) -> bytes:
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + body


GOOD_TENSORS = safetensors({"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}, bytes(8))
FILES = {
    "code": ("x.py", b"print(1)"),
    "pickle": ("x.pkl", b"\x80\x04."),
    "custom operators": ("x.so", b"\x7fELF"),
    "ort format": ("x.ort", b"ORTM"),
    "no suffix": ("README", b"hello"),
    "unnamed weights": ("x.data", bytes(8)),
    "duplicate key": ("x.json", b'{"a":1,"a":2}'),
    "not a number": ("x.json", b'{"a":NaN}'),
    "infinity": ("x.json", b'{"a":1e999}'),
    "big integer": ("x.json", b'{"a":9223372036854775808}'),
    "deep json": ("x.json", b"[" * 40 + b"]" * 40),
    "very deep json": ("x.json", b"[" * 200_000),
    "latin json": ("x.json", '{"a":"é"}'.encode("latin-1")),
    "binary text": ("x.txt", b"a\0b"),
    "latin text": ("x.txt", b"\xe9"),
    "not a font": ("x.otf", b"GIF89a" + bytes(40)),
    "font table beyond": ("x.ttf", b"\0\1\0\0\0\1" + bytes(6) + b"glyf" + bytes(4) + b"\0\0\0\x1c\0\0\xff\xff"),
    "not a picture": ("x.png", b"\xff\xd8\xff" + bytes(40)),
    "huge picture": ("x.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">II", 1 << 20, 1 << 20) + bytes(12)),
    "short tensors": ("x.safetensors", GOOD_TENSORS[:-1]),
    "tail of tensors": ("x.safetensors", GOOD_TENSORS + b"\0"),
    "huge header": ("x.safetensors", struct.pack("<Q", 1 << 60)),
    "overlap": (
        "x.safetensors",
        safetensors({n: {"dtype": "U8", "shape": [8], "data_offsets": [0, 8]} for n in "ab"}, bytes(8)),
    ),
    "wrong shape": (
        "x.safetensors",
        safetensors({"a": {"dtype": "F32", "shape": [3], "data_offsets": [0, 8]}}, bytes(8)),
    ),
}


@pytest.mark.parametrize("name", FILES)
def test_files_of_other_kinds_or_that_are_not_what_they_say_are_refused(tmp_path: Path, name: str) -> None:
    path, data = FILES[name]
    assert refusal(tmp_path, {path: data})


def test_good_safetensors_pass(tmp_path: Path) -> None:
    passes(tmp_path, {"x.safetensors": GOOD_TENSORS})


def test_links_missing_files_and_other_sizes_are_refused(tmp_path: Path) -> None:
    data = graphs.affine().SerializeToString()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "m.onnx").write_bytes(data)

    def outcome(root: Path, arrange: Callable[[Path], object]) -> str:
        manifest, variant = graphs.pack(root, {"sub/m.onnx": data})
        arrange(root / "sub" / "m.onnx")
        return " ".join(issues_of(lambda: check(root, manifest, variant)))

    def link(path: Path) -> None:
        path.unlink()
        path.symlink_to(tmp_path / "elsewhere" / "m.onnx")

    def link_parent(path: Path) -> None:
        path.unlink()
        path.parent.rmdir()
        path.parent.symlink_to(tmp_path / "elsewhere")

    def pipe(path: Path) -> None:
        path.unlink()
        os.mkfifo(path)

    assert "plain file" in outcome(tmp_path / "1", link)
    assert "symbolic link" in outcome(tmp_path / "2", link_parent)
    assert "plain file" in outcome(tmp_path / "3", pipe)
    assert "absent" in outcome(tmp_path / "4", lambda path: path.unlink())
    assert "manifest says" in outcome(tmp_path / "5", lambda path: path.write_bytes(data + b"\0"))
    assert outcome(tmp_path / "6", lambda path: None) == ""
