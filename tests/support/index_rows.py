"""Index rows for tests of choosing: only what the test is about has to be said."""

from __future__ import annotations

from typing import Any

from qie_hub.digest import Digest
from qie_hub.formats.index import PackRow, VariantRow
from qie_hub.formats.manifest import Requirements
from qie_hub.packref import Version

GIB = 1 << 30


def variant(name: str = "cpu-fp32", *, memory: int = GIB, disk: int = GIB // 10, **more: Any) -> VariantRow:
    provider = more.pop("provider", "CPUExecutionProvider")
    fields = {key: more.pop(key) for key in ("isa", "os", "onnxruntime", "client") if key in more}
    needs = Requirements(memory={"repaint": memory}, disk=disk, provider=provider, **fields)
    return VariantRow(
        id=name, precision=more.pop("precision", "fp32"), provider=provider,
        architecture=more.pop("architecture", "any"), params=1000, peak_ram=memory, pipeline="lite", pipeline_api=1,
        requirements=needs, install_size=disk, **more,
    )  # fmt: skip


def row(name: str, resolution: int | None, *variants: VariantRow, version: str = "1.0.0", **more: Any) -> PackRow:
    return PackRow(
        publisher=more.pop("publisher", "acme"), name=name, resolution=resolution, version=Version.parse(version),
        release=more.pop("release", 1), tier=more.pop("tier", name), title={"en": name},
        abilities=more.pop("abilities", ("text.replace",)), licences=(), accept=(), optional=(),
        manifest=Digest.of(f"{name}{resolution}{version}".encode()), manifest_size=1000,
        variants=variants or (variant(),), **more,
    )  # fmt: skip
