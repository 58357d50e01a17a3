"""Packs that the content gate refuses or lets pass."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import onnx
import pytest
from onnx import TensorProto, helper

from qie_hub.errors import UnsafeContent
from qie_hub.runtime.gate import check
from tests.support import graphs
from tests.support.graphs import floats, model


def refusal(root: Path, files: dict[str, bytes]) -> list[str]:
    """The issues of a pack of these files; fails if the gate lets it pass."""
    manifest, variant = graphs.pack(root, files)
    with pytest.raises(UnsafeContent) as caught:
        check(root, manifest, variant)
    issues = caught.value.data["issues"]
    assert isinstance(issues, list)
    return issues


def passes(root: Path, files: dict[str, bytes]) -> None:
    manifest, variant = graphs.pack(root, files)
    check(root, manifest, variant)


def add_of(*initializers: onnx.TensorProto, name: str = "w") -> onnx.ModelProto:
    return model([helper.make_node("Add", ["x", name], ["y"])], [floats("x", 4)], [floats("y", 4)], initializers)


def tensor(**fields: object) -> onnx.TensorProto:
    return TensorProto(**{"name": "w", "data_type": TensorProto.FLOAT, **fields})


def issues_of(act: Callable[[], None]) -> list[str]:
    """What the gate found; nothing if it lets pass."""
    try:
        act()
    except UnsafeContent as error:
        return list(error.data["issues"])  # type: ignore[call-overload]  # the gate's data is a list of texts
    return []
