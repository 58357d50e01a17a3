"""How fast a device is, in a few figures, and what an edit will take there. Pure.

A publisher measures an edit on its own machine; `normalise` turns that into the time on an imaginary reference
device, which is what an index row's ``edit_ms`` says. A device measures itself for a second; `predict` turns
``edit_ms`` into the time there. Both use the same mix of figures, so on the publisher's machine the prediction is what
was measured.

Invariants: ``predict(normalise(ms, f, *kind), f, *kind) == ms`` up to rounding; faster figures never give a longer
time; no floats leave this module.

Example::

    predict(1500, Figures("k", threads=4, fp32=200_000, int8=400_000, serial=60_000, bandwidth=20_000), "lite", "fp32")
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Final

from qie_hub.formats.fields import Fields
from qie_hub.formats.index import PackRow, VariantRow
from qie_hub.packref import PackRef


@dataclass(frozen=True, slots=True)
class Figures:
    """What the micro-benchmark measured.

    ``fp32`` is convolutions on all threads, ``serial`` the same on one, both in million multiply-adds per second;
    ``int8`` is quantised matrix products on all threads, likewise; ``bandwidth`` is weights read by products with
    one row, in MiB per second. ``key`` names processor, threads, quota and runtime: figures hold for one key.
    """

    key: str
    threads: int
    fp32: int
    int8: int
    serial: int
    bandwidth: int

    def to_json(self) -> dict[str, object]:
        """The object in reports and in the cache."""
        return asdict(self)

    @classmethod
    def read(cls, fields: Fields) -> Figures:
        """Read the object."""
        return cls(
            key=fields.text("key", limit=1000),
            threads=fields.integer("threads", low=1, high=4096),
            fp32=fields.integer("fp32", low=1),
            int8=fields.integer("int8", low=1),
            serial=fields.integer("serial", low=1),
            bandwidth=fields.integer("bandwidth", low=1),
        )


REFERENCE: Final = Figures("reference", threads=4, fp32=100_000, int8=200_000, serial=30_000, bandwidth=10_000)
"""A laptop of the middle, by definition. Only ratios to it matter, so it never has to be measured or changed."""

CPU: Final = "CPUExecutionProvider"
"""The provider that figures are of."""

_MIX: Final[Mapping[str, Mapping[str, int]]] = {
    "lite": {"serial": 60, "fp32": 40},
    "fp32": {"fp32": 60, "serial": 30, "bandwidth": 10},
    "fp16": {"fp32": 60, "serial": 20, "bandwidth": 20},
    "int8": {"int8": 65, "serial": 15, "bandwidth": 20},
    "int4": {"int8": 50, "serial": 10, "bandwidth": 40},
}
"""Kind of pipeline, else precision -> share in percent of an edit's time that follows each figure.

The lite pipeline measures and draws on one thread, reads text on all, and fills on two: on two cores an edit takes 0.73
of its time on one, which is this mix on the reference device. The others spend most of theirs in their graphs. A kind
that is not listed goes by the precision, an unlisted precision like fp32.
"""


def normalise(measured_ms: int, figures: Figures, pipeline: str, precision: str) -> int:
    """Return the milliseconds that the reference device would take for what took ``measured_ms`` at ``figures``."""
    return max(1, round(measured_ms / _slowness(figures, pipeline, precision)))


def predict(edit_ms: int, figures: Figures, pipeline: str, precision: str) -> int:
    """Return the milliseconds that an edit takes at ``figures`` if it takes ``edit_ms`` on the reference device."""
    return max(1, round(edit_ms * _slowness(figures, pipeline, precision)))


SMOOTH: Final = "smooth_ms"
ROUGH: Final = "rough_ms"
"""Names in a variant's ``measured``: one edit on smooth and on rough ground, on the reference device."""


def between(
    edit_ms: int | None, measured: Mapping[str, int], figures: Figures, pipeline: str, precision: str
) -> tuple[int, int] | None:
    """Return the milliseconds of one edit at ``figures`` on smooth and on rough ground; None where not measured.

    A pack whose builder did not tell them apart takes ``edit_ms`` on both.
    """
    if edit_ms is None:
        return None
    low, high = (predict(measured.get(name, edit_ms), figures, pipeline, precision) for name in (SMOOTH, ROUGH))
    return min(low, high), max(low, high)


def time_of(multiply_adds: int, figures: Figures) -> int:
    """Return the milliseconds of so many fp32 multiply-adds on all threads."""
    return round(multiply_adds / (figures.fp32 * 1000))


def predict_variant(variant: VariantRow, figures: Figures | None) -> int | None:
    """Return the milliseconds of one edit with a variant, None while the variant or the device is not measured.

    Figures are the CPU's: for another provider there is no prediction.
    """
    if figures is None or variant.edit_ms is None or not runs_on_cpu(variant.requirements.provider):
        return None
    return predict(variant.edit_ms, figures, variant.pipeline, variant.precision)


def range_variant(variant: VariantRow, figures: Figures | None) -> tuple[int, int] | None:
    """Return the milliseconds of one edit with a variant on smooth and on rough ground; None as `predict_variant`."""
    if figures is None or not runs_on_cpu(variant.requirements.provider):
        return None
    return between(variant.edit_ms, variant.measured, figures, variant.pipeline, variant.precision)


def runs_on_cpu(provider: str) -> bool:
    """Whether figures, which are the CPU's, say anything of a variant that needs this provider ("" is any)."""
    return provider in ("", CPU)


def predictions(rows: Iterable[PackRow], figures: Figures | None) -> dict[tuple[PackRef, str], int]:
    """Return the milliseconds of one edit for every exact ref and variant that can be predicted."""
    found = {(row.ref, variant.id): predict_variant(variant, figures) for row in rows for variant in row.variants}
    return {key: time for key, time in found.items() if time is not None}


def _slowness(figures: Figures, pipeline: str, precision: str) -> float:
    """How many times longer than the reference device this one takes."""
    mix = _MIX.get(pipeline) or _MIX.get(precision) or _MIX["fp32"]
    ratios = {name: float(getattr(REFERENCE, name)) / float(getattr(figures, name)) for name in mix}
    return sum(share * ratios[name] for name, share in mix.items()) / 100
