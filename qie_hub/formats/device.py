"""What is known of a device: one frozen report, schema 1.

Invariants:

* Unknown is None, never a made-up value; nothing here identifies a person or a machine.
* Every value that is known has an entry in ``sources``: the probe that found it, ``override`` or ``file``.
* No floats: memory and disk in bytes, battery in permille, the CPU quota in thousandths of a core.
* `derive` is the only place where one field follows from others; it runs after overrides, so an override of an
  input moves what follows from it, and an override of the result wins.
* ``DeviceProfile.from_bytes(profile.to_bytes()) == profile``.

Example::

    DeviceProfile.from_bytes(b'{"schema":1,"os":"linux","memory_effective":4294967296}').memory_effective
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Final

from qie_hub.formats import canonical
from qie_hub.formats.fields import Fields, Issues
from qie_hub.formats.speed import Figures

SCHEMA: Final = 1
DERIVED: Final = "derived"


class Kind(StrEnum):
    """How a field is written, read and overridden."""

    TEXT = "text"
    BYTES = "bytes"
    COUNT = "count"
    PERMILLE = "permille"
    TRUTH = "truth"
    TEXTS = "texts"
    ACCELERATORS = "accelerators"


KINDS: Final[Mapping[str, Kind]] = {
    "os": Kind.TEXT, "os_version": Kind.TEXT, "arch": Kind.TEXT, "libc": Kind.TEXT,
    "environment": Kind.TEXTS, "soc": Kind.TEXT, "soc_class": Kind.TEXT,
    "cpu_model": Kind.TEXT, "isa": Kind.TEXTS, "isa_level": Kind.TEXT,
    "physical_cores": Kind.COUNT, "logical_cores": Kind.COUNT, "cpu_quota_millis": Kind.COUNT,
    "memory_total": Kind.BYTES, "memory_available": Kind.BYTES, "memory_limit_free": Kind.BYTES,
    "memory_effective": Kind.BYTES, "swap": Kind.BYTES,
    "accelerators": Kind.ACCELERATORS, "onnxruntime_version": Kind.TEXT, "providers": Kind.TEXTS,
    "disk_free": Kind.BYTES, "reflink": Kind.TRUTH, "hard_link": Kind.TRUTH, "sparse": Kind.TRUTH,
    "battery": Kind.PERMILLE, "charging": Kind.TRUTH, "thermal": Kind.TEXT, "power_saver": Kind.TRUTH,
    "metered": Kind.TRUTH,
}  # fmt: skip
"""Every field that a probe, a file or an override may set. `thermal` is one of `THERMAL`."""

DRIVES: Final[Mapping[str, tuple[str, ...]]] = {
    "CUDAExecutionProvider": ("nvidia",), "TensorrtExecutionProvider": ("nvidia",),
    "ROCMExecutionProvider": ("amd",), "MIGraphXExecutionProvider": ("amd",), "VitisAIExecutionProvider": ("amd",),
    "OpenVINOExecutionProvider": ("intel",), "CoreMLExecutionProvider": ("apple",),
    "QNNExecutionProvider": ("qualcomm",), "DmlExecutionProvider": ("nvidia", "amd", "intel", "qualcomm"),
}  # fmt: skip
"""Execution provider -> vendors whose accelerators it drives. The CPU provider drives none."""

THERMAL: Final = ("nominal", "fair", "serious", "critical")
ISA_LEVELS: Final = (
    ("amx_int8", "amx_int8"),
    ("avx512_vnni", "avx512_vnni"),
    ("avx_vnni", "avx_vnni"),
    ("avx512f", "avx512"),
    ("avx2", "avx2"),
    ("avx", "avx"),
    ("sse2", "sse2"),
    ("sme", "sme"),
    ("i8mm", "i8mm"),
    ("dotprod", "dotprod"),
    ("neon", "neon"),
)
"""CPU feature -> level, best first: what decides the speed of int8 and fp32 kernels on x86 and on ARM."""


@dataclass(frozen=True, slots=True)
class Accelerator:
    """A GPU or NPU that the process can see.

    ``vendor`` is nvidia, amd, intel, apple, qualcomm, arm, mediatek or other; ``kind`` integrated, discrete or npu;
    ``memory_kind`` dedicated (its own), unified (one pool with the CPU) or shared (mostly the system's). ``total`` and
    ``free`` count memory of its own in bytes, a firmware's carve-out included; ``shared`` is what the driver lets it
    borrow of the system's memory besides: never added to ``total``. ``raw`` keeps the probe's own words.
    """

    vendor: str | None = None
    kind: str | None = None
    name: str | None = None
    memory_kind: str | None = None
    total: int | None = None
    free: int | None = None
    shared: int | None = None
    driver: str | None = None
    architecture: str | None = None
    raw: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, object]:
        """The object in the report."""
        return {
            "vendor": self.vendor, "kind": self.kind, "name": self.name, "memory_kind": self.memory_kind,
            "total": self.total, "free": self.free, "shared": self.shared, "driver": self.driver,
            "architecture": self.architecture, "raw": dict(self.raw),
        }  # fmt: skip

    @classmethod
    def read(cls, fields_: Fields) -> Accelerator:
        """Read the object; absent keys are unknown."""
        texts = {
            name: fields_.optional(name, lambda key: fields_.text(key, limit=200))
            for name in ("vendor", "kind", "name", "memory_kind", "driver", "architecture")
        }
        raw = fields_.optional("raw", lambda key: fields_.table(key, lambda inner, name: inner.text(name)))
        return cls(
            total=fields_.optional("total", fields_.integer),
            free=fields_.optional("free", fields_.integer),
            shared=fields_.optional("shared", fields_.integer),
            raw=raw or {},
            **texts,
        )


@dataclass(frozen=True, slots=True)
class ProviderProof:
    """What came of running a small graph on one execution provider with CPU fallback forbidden.

    ``outcome`` is proved, absent, refused (the session fell back or could not be made), wrong (the numbers
    differ), crashed, timeout or broken (the runtime itself does not start). ``detail`` is the cause in the
    runtime's words, for people; ``key`` names runtime version, driver and device: another key needs another proof;
    ``devices`` are what the runtime itself lists for the provider (``GPU NVIDIA``), empty where it lists none.
    """

    outcome: str
    key: str
    detail: str | None = None
    devices: tuple[str, ...] = ()

    @property
    def proved(self) -> bool:
        """Whether the provider counts."""
        return self.outcome == "proved"

    def to_json(self) -> dict[str, object]:
        """The object in the report."""
        return {"outcome": self.outcome, "key": self.key, "detail": self.detail, "devices": list(self.devices)}

    @classmethod
    def read(cls, fields_: Fields) -> ProviderProof:
        """Read the object."""
        return cls(
            fields_.text("outcome", limit=32),
            fields_.text("key", limit=1000),
            fields_.optional("detail", fields_.text),
            fields_.optional("devices", fields_.texts) or (),
        )


@dataclass(frozen=True, slots=True)
class ProbeWarning:
    """A probe that did not answer: ``problem`` is failed, timeout, crashed or implausible. Its fields are None."""

    probe: str
    problem: str
    detail: str = ""

    def to_json(self) -> dict[str, object]:
        """The object in the report."""
        return {"probe": self.probe, "problem": self.problem, "detail": self.detail}

    @classmethod
    def read(cls, fields_: Fields) -> ProbeWarning:
        """Read the object."""
        return cls(fields_.text("probe", limit=64), fields_.text("problem", limit=32), fields_.text("detail"))


@dataclass(frozen=True, slots=True)
class PowerState:
    """Power as the runtime's policy needs it. ``battery`` in permille; None is unknown."""

    battery: int | None = None
    charging: bool | None = None
    thermal: str | None = None
    power_saver: bool | None = None


@dataclass(frozen=True, slots=True)
class DeviceProfile:
    """One device. See `KINDS` for units; ``memory_limit_free`` is what control groups leave to this process.

    ``logical_cores`` counts the CPUs that this process may run on; ``providers`` are those that the installed
    ONNX Runtime declares, ``proofs`` what came of trying them; ``figures`` what the micro-benchmark measured.
    """

    os: str | None = None
    os_version: str | None = None
    arch: str | None = None
    libc: str | None = None
    environment: tuple[str, ...] | None = None
    soc: str | None = None
    soc_class: str | None = None
    cpu_model: str | None = None
    isa: tuple[str, ...] | None = None
    isa_level: str | None = None
    physical_cores: int | None = None
    logical_cores: int | None = None
    cpu_quota_millis: int | None = None
    memory_total: int | None = None
    memory_available: int | None = None
    memory_limit_free: int | None = None
    memory_effective: int | None = None
    swap: int | None = None
    accelerators: tuple[Accelerator, ...] | None = None
    onnxruntime_version: str | None = None
    providers: tuple[str, ...] | None = None
    disk_free: int | None = None
    reflink: bool | None = None
    hard_link: bool | None = None
    sparse: bool | None = None
    battery: int | None = None
    charging: bool | None = None
    thermal: str | None = None
    power_saver: bool | None = None
    metered: bool | None = None
    proofs: Mapping[str, ProviderProof] = field(default_factory=dict)
    figures: Figures | None = None
    sources: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[ProbeWarning, ...] = ()

    @property
    def proved(self) -> frozenset[str]:
        """The execution providers that count."""
        return frozenset(name for name, proof in self.proofs.items() if proof.proved)

    @property
    def power(self) -> PowerState:
        """Power as the runtime's policy needs it."""
        return PowerState(self.battery, self.charging, self.thermal, self.power_saver)

    @property
    def threads(self) -> int | None:
        """How many threads can truly run at once: cores this process may use, bounded by its quota, at least 1."""
        known = [count for count in (self.physical_cores, self.logical_cores) if count]
        if self.cpu_quota_millis is not None:
            known.append(max(1, self.cpu_quota_millis // 1000))
        return min(known) if known else None

    def with_values(self, values: Mapping[str, Any], source: str) -> DeviceProfile:
        """The same device with ``values`` (None allowed: unknown), noted as coming from ``source``."""
        sources = {name: old for name, old in self.sources.items() if name not in values}
        sources |= {name: source for name, value in values.items() if value is not None}
        return replace(self, **values, sources=sources)

    def to_json(self) -> dict[str, object]:
        """The report."""
        document: dict[str, object] = {"schema": SCHEMA}
        for name, kind in KINDS.items():
            value = getattr(self, name)
            if kind is Kind.ACCELERATORS and value is not None:
                value = [item.to_json() for item in value]
            document[name] = list(value) if isinstance(value, tuple) else value
        document["proofs"] = {name: proof.to_json() for name, proof in self.proofs.items()}
        document["figures"] = None if self.figures is None else self.figures.to_json()
        document["sources"] = dict(self.sources)
        document["warnings"] = [item.to_json() for item in self.warnings]
        return document

    def to_bytes(self) -> bytes:
        """The report as canonical JSON."""
        return canonical.dumps(self.to_json())

    @classmethod
    def from_bytes(cls, data: bytes) -> DeviceProfile:
        """Read a report; absent fields are unknown.

        Raises:
            FormatError: with every issue found.
        """
        issues = Issues("device")
        fields_ = Fields(canonical.loads(data, what="device"), issues)
        fields_.integer("schema", low=SCHEMA, high=SCHEMA)
        values = {name: fields_.optional(name, _reader(fields_, kind)) for name, kind in KINDS.items()}
        if values["thermal"] not in (None, *THERMAL):
            fields_.complain("thermal", f"not one of {', '.join(THERMAL)}")
        profile = cls(
            proofs=_table(fields_, "proofs", ProviderProof.read),
            figures=fields_.optional("figures", lambda key: Figures.read(fields_.inner(key))),
            sources=fields_.optional("sources", lambda key: fields_.table(key, Fields.text)) or {},
            warnings=fields_.optional("warnings", lambda key: fields_.items(key, ProbeWarning.read)) or (),
            **values,
        )
        issues.raise_any()
        return profile


def derive(profile: DeviceProfile, *, settled: Collection[str] = ()) -> DeviceProfile:
    """Fill in what follows from other fields, where it is neither known nor ``settled`` (as "unknown", for example).

    ``memory_effective`` = the smaller of what the host has available and what control groups leave;
    ``isa_level`` = the best known feature.
    """
    values: dict[str, Any] = {}
    known = [count for count in (profile.memory_available, profile.memory_limit_free) if count is not None]
    if profile.memory_effective is None and known:
        values["memory_effective"] = min(known)
    if profile.isa_level is None and profile.isa is not None:
        values["isa_level"] = next((level for feature, level in ISA_LEVELS if feature in profile.isa), None)
    return profile.with_values({name: value for name, value in values.items() if name not in settled}, DERIVED)


def implausible(profile: DeviceProfile) -> tuple[tuple[str, str], ...]:
    """Name the fields that cannot be true, each with why: a probe that lies is worth as little as one that fails."""
    found: list[tuple[str, str]] = []
    total = profile.memory_total
    for name in ("memory_available", "memory_effective"):
        value = getattr(profile, name)
        if value is not None and total is not None and value > total:
            found.append((name, f"{value} of {total} bytes"))
    found += [(name, "zero") for name in ("memory_total", "logical_cores") if getattr(profile, name) == 0]
    if profile.battery is not None and profile.battery > 1000:
        found.append(("battery", f"{profile.battery} permille"))
    for name, kind in KINDS.items():
        value = getattr(profile, name)
        if kind in (Kind.BYTES, Kind.COUNT) and value is not None and value < 0:
            found.append((name, f"negative: {value}"))
    return tuple(found)


def _reader(fields_: Fields, kind: Kind) -> Any:
    if kind is Kind.ACCELERATORS:
        return lambda key: fields_.items(key, Accelerator.read, limit=64)
    if kind is Kind.PERMILLE:
        return lambda key: fields_.integer(key, high=1000)
    return {
        Kind.TEXT: lambda key: fields_.text(key, limit=200),
        Kind.TEXTS: lambda key: fields_.texts(key, limit=1024),
        Kind.TRUTH: fields_.truth,
    }.get(kind, fields_.integer)


def _table(fields_: Fields, key: str, read: Any) -> dict[str, Any]:
    return fields_.optional(key, lambda name: fields_.table(name, lambda inner, item: read(inner.inner(item)))) or {}
