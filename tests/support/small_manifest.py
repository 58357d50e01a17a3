"""The smallest manifest that says everything."""

from __future__ import annotations

from qie_hub.digest import Digest
from qie_hub.formats.manifest import Licence, Manifest, PackFile, PipelineSpec, Requirements, Variant
from qie_hub.packref import PackRef, Version


def make_manifest(ref: str, release: int, issued: str, rolled_back_from: str | None = None) -> Manifest:
    """A small pack: one file with its licence."""
    name = PackRef.parse(ref)
    assert name.publisher is not None and name.version is not None
    weights = f"weights of {ref}".encode()
    text = b"MIT License"
    files = (
        PackFile("LICENSE", len(text), Digest.of(text), "finish", "MIT"),
        PackFile("net.onnx", len(weights), Digest.of(weights), "repaint", "MIT"),
    )
    variant = Variant(
        "cpu-fp32", "fp32", "cpu", "any", 1, 1 << 20, PipelineSpec("lite", 1), Requirements(),
        tuple(file.path for file in files),
    )  # fmt: skip
    return Manifest(
        publisher=name.publisher, name=name.name, resolution=name.resolution, version=name.version, release=release,
        tier=None, issued=issued, title={"en": str(name), "zh": "样品"}, abilities=("tone.adjust",), files=files,
        variants=(variant,), licences=(Licence("MIT", "LICENSE"),),
        rolled_back_from=None if rolled_back_from is None else Version.parse(rolled_back_from),
    )  # fmt: skip
