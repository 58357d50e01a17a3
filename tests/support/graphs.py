"""Small real ONNX graphs and packs around them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from qie_hub.digest import Digest
from qie_hub.formats.fileindex import CHUNK_MAX
from qie_hub.formats.manifest import Licence, Manifest, PackFile, PipelineSpec, Requirements, Variant
from qie_hub.packref import Version

OPSET = 17
LICENCE = b"Do what you like."


def floats(name: str, *shape: int | str | None) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, list(shape))


def ints(name: str, *shape: int | str | None) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, TensorProto.INT64, list(shape))


def constant(name: str, value: object, dtype: type = np.float32) -> onnx.TensorProto:
    return numpy_helper.from_array(np.asarray(value, dtype), name)


def model(
    nodes: Sequence[onnx.NodeProto],
    inputs: Sequence[onnx.ValueInfoProto],
    outputs: Sequence[onnx.ValueInfoProto],
    constants: Sequence[onnx.TensorProto] = (),
    *,
    opsets: Mapping[str, int] | None = None,
    metadata: Mapping[str, str] | None = None,
) -> onnx.ModelProto:
    graph = helper.make_graph(list(nodes), "g", list(inputs), list(outputs), list(constants))
    imports = [helper.make_opsetid(domain, version) for domain, version in (opsets or {"": OPSET}).items()]
    made = helper.make_model(graph, opset_imports=imports, ir_version=9)
    helper.set_model_props(made, dict(metadata or {}))
    return made


def affine(scale: float = 2.0, shift: float = 1.0, *, metadata: Mapping[str, str] | None = None) -> onnx.ModelProto:
    """y = x * scale + shift on 1x3xHxW."""
    nodes = [helper.make_node("Mul", ["x", "scale"], ["m"]), helper.make_node("Add", ["m", "shift"], ["y"])]
    return model(
        nodes,
        [floats("x", 1, 3, "h", "w")],
        [floats("y", 1, 3, "h", "w")],
        [constant("scale", scale), constant("shift", shift)],
        metadata=metadata,
    )


def filler() -> onnx.ModelProto:
    """y = a tensor of as many zeros as the caller asks for: the way to run out of memory on purpose."""
    return model([helper.make_node("ConstantOfShape", ["n"], ["y"])], [ints("n", None)], [floats("y", None)])


def endless() -> onnx.ModelProto:
    """Multiply x by itself ``n`` times in a loop: runs as long as the caller wants."""
    state = helper.make_tensor_value_info("go", TensorProto.BOOL, [])
    state_out = helper.make_tensor_value_info("go_out", TensorProto.BOOL, [])
    body = helper.make_graph(
        [helper.make_node("Identity", ["go"], ["go_out"]), helper.make_node("MatMul", ["v", "v"], ["v_out"])],
        "body",
        [ints("i"), state, floats("v", "s", "s")],
        [state_out, floats("v_out", "s", "s")],
    )
    return model(
        [helper.make_node("Loop", ["n", "yes", "x"], ["y"], body=body)],
        [ints("n"), floats("x", "s", "s")],
        [floats("y", "s", "s")],
        [constant("yes", True, np.bool_)],
    )


def pack(
    root: Path,
    files: Mapping[str, bytes],
    *,
    settings: Mapping[str, object] | None = None,
    stages: Mapping[str, str] | None = None,
    name: str = "tiny",
    version: str = "1.0.0",
    peak_ram: int = 64 << 20,
) -> tuple[Manifest, Variant]:
    """Write ``files`` below ``root``; return a manifest that lists them and its variant, ``cpu``."""
    for path, data in {"LICENSE.txt": LICENCE, **files}.items():
        goal = root / path
        goal.parent.mkdir(parents=True, exist_ok=True)
        goal.write_bytes(data)
    return manifest_for(
        {path: (len(data), Digest.of(data)) for path, data in files.items()},
        settings=settings, stages=stages, name=name, version=version, peak_ram=peak_ram,
    )  # fmt: skip


def manifest_for(
    files: Mapping[str, tuple[int, Digest]],
    *,
    settings: Mapping[str, object] | None = None,
    stages: Mapping[str, str] | None = None,
    name: str = "tiny",
    version: str = "1.0.0",
    peak_ram: int = 64 << 20,
    memory: Mapping[str, int] | None = None,
) -> tuple[Manifest, Variant]:
    stage_of = stages or {}
    listed = tuple(
        PackFile(
            path, size, digest, stage_of.get(path, "understand"), "Apache-2.0",
            *((digest, 64) if size > CHUNK_MAX else (None, None)),
        )
        for path, (size, digest) in {"LICENSE.txt": (len(LICENCE), Digest.of(LICENCE)), **files}.items()
    )  # fmt: skip
    variant = Variant(
        id="cpu",
        precision="fp32",
        provider="CPUExecutionProvider",
        architecture="any",
        params=1,
        peak_ram=peak_ram,
        pipeline=PipelineSpec("test", 1, dict(settings or {})),
        requirements=Requirements(memory=memory or {"understand": peak_ram}),
        files=tuple(files),
    )
    manifest = Manifest(
        publisher="acme",
        name=name,
        resolution=None,
        version=Version.parse(version),
        release=1,
        tier=None,
        issued="2026-01-01T00:00:00Z",
        title={"en": "test"},
        abilities=("tone.adjust",),
        files=listed,
        variants=(variant,),
        licences=(Licence("Apache-2.0", "LICENSE.txt"),),
    )
    return manifest, variant


def with_settings(variant: Variant, **settings: object) -> Variant:
    return replace(variant, pipeline=replace(variant.pipeline, settings=settings))


def external(
    name: str, shape: Sequence[int], location: str, *, offset: int = 0, length: int | None = None
) -> onnx.TensorProto:
    """A float initializer whose bytes lie in ``location``."""
    tensor = onnx.TensorProto(name=name, data_type=TensorProto.FLOAT, dims=list(shape))
    tensor.data_location = TensorProto.EXTERNAL
    size = 4 * int(np.prod(shape)) if length is None else length
    for key, value in (("location", location), ("offset", str(offset)), ("length", str(size))):
        tensor.external_data.add(key=key, value=value)
    return tensor


def external_add(location: str, shape: Sequence[int]) -> onnx.ModelProto:
    """y = x + weights, with the weights in ``location``."""
    return model(
        [helper.make_node("Add", ["x", "weights"], ["y"])],
        [floats("x", *shape)],
        [floats("y", *shape)],
        [external("weights", shape, location)],
    )


def boundless(factor: int) -> onnx.ModelProto:
    """A graph whose constants are small, but whose run asks for ``factor`` floats per input value."""
    nodes = [
        helper.make_node("Shape", ["x"], ["s"]),
        helper.make_node("ReduceProd", ["s"], ["p"], keepdims=1),
        helper.make_node("Mul", ["p", "factor"], ["n"]),
        helper.make_node("ConstantOfShape", ["n"], ["y"]),
        helper.make_node("ReduceSum", ["y"], ["z"]),
    ]
    return model(nodes, [floats("x", 1, 3, "h", "w")], [floats("z", 1)], [constant("factor", [factor], np.int64)])
