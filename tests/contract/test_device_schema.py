from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from qie_hub.formats.device import KINDS, SCHEMA, THERMAL, Accelerator, DeviceProfile, Kind, ProbeWarning, ProviderProof
from qie_hub.formats.speed import REFERENCE

SCHEMA_FILE = Path(__file__).resolve().parents[2] / "manifests" / "schema" / "device.schema.json"
TYPES = {
    Kind.TEXT: "string",
    Kind.BYTES: "integer",
    Kind.COUNT: "integer",
    Kind.PERMILLE: "integer",
    Kind.TRUTH: "boolean",
    Kind.TEXTS: "array",
    Kind.ACCELERATORS: "array",
}


def schema() -> dict[str, Any]:
    return json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))


def test_the_schema_has_exactly_the_keys_that_a_report_has() -> None:
    properties = schema()["properties"]
    assert set(properties) == set(DeviceProfile().to_json())
    assert properties["schema"] == {"const": SCHEMA}
    assert properties["thermal"]["enum"] == [*THERMAL, None]
    for name, kind in KINDS.items():
        if name != "thermal":
            assert properties[name]["type"] == [TYPES[kind], "null"], name


def test_the_schema_has_exactly_the_keys_of_what_lies_inside() -> None:
    inner = schema()["$defs"]
    values = {
        "accelerator": Accelerator(),
        "proof": ProviderProof("proved", "k"),
        "figures": REFERENCE,
        "warning": ProbeWarning("p", "failed"),
    }
    for name, value in values.items():
        assert set(inner[name]["properties"]) == set(value.to_json()), name
