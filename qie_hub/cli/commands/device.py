"""``qie-hub device``: what this device has as far as packs care, and how each pack would do on it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from qie_hub.cli.explaining import change_text, reason_text
from qie_hub.cli.group import HubCommand
from qie_hub.cli.layout import Block, Line, Page, Pairs, Say, Table
from qie_hub.messages import seconds_text, size_text

if TYPE_CHECKING:
    from qie_hub.cli.call import Call
    from qie_hub.formats.decision import VariantVerdict
    from qie_hub.formats.device import Accelerator, DeviceProfile, ProviderProof
    from qie_hub.packref import PackRef


@click.command("device", cls=HubCommand)
@click.option("--bench", is_flag=True)
@click.pass_obj
def command(call: Call, *, bench: bool) -> None:
    """Show the device."""
    with call.hub() as hub:
        profile = hub.device(bench=bench)
        forecast = hub.forecast(profile)
    call.render.page(device_page(profile, forecast, call.render.say))


def device_page(profile: DeviceProfile, forecast: Sequence[VariantVerdict], say: Say) -> Page:
    """Lay a profile out with what each pack would do; what is not known is said to be unknown.

    The document is a device report (``--device`` reads it) with one more key, ``packs``.
    """
    facts = tuple((say(f"DEVICE.{name}"), value or say("WORD.unknown")) for name, value in _facts(profile, say))
    blocks: list[Block] = [Pairs(facts), Line(""), *_forecast_blocks(forecast, say)]
    blocks += _remarks(profile, say)
    document = {**profile.to_json(), "packs": [verdict.to_json() for verdict in forecast]}
    ids = tuple(f"{name}={value}" for name, value in _facts(profile, say) if value)
    return Page(document, tuple(blocks), ids)


def _remarks(profile: DeviceProfile, say: Say) -> list[Block]:
    """What a reader should know of the figures: set by hand, from a file, not found out, not measured."""
    blocks: list[Block] = []
    set_by_hand = sorted(name for name, source in profile.sources.items() if source == "override")
    if set_by_hand:
        blocks.append(Line(say("DEVICE.overridden", names=set_by_hand)))
    for warning in profile.warnings:
        message = say(f"PROBE.{warning.problem}", probe=warning.probe, detail=warning.detail)
        blocks.append(Line(say("CLI.warning", message=message), "yellow"))
    if profile.figures is None and profile.onnxruntime_version is not None:
        blocks.append(Line(say("DEVICE.next_bench"), "dim"))
    return blocks


def _forecast_blocks(forecast: Sequence[VariantVerdict], say: Say) -> list[Block]:
    """One row for each pack and resolution: its variant that fits, or that lacks least."""
    if not forecast:
        return [Line(say("DEVICE.no_packs"), "dim")]
    best: dict[PackRef, VariantVerdict] = {}
    for item in sorted(forecast, key=lambda one: (not one.fits, len(one.nearest))):
        best.setdefault(item.ref, item)
    shown = [best[ref] for ref in dict.fromkeys(item.ref for item in forecast)]
    rows = tuple((str(item.ref), item.variant, _time(item, say), _fit(item, say)) for item in shown)
    headings = (say("HEAD.pack"), say("HEAD.variant"), say("HEAD.edit"), say("HEAD.fits"))
    blocks: list[Block] = [Table(headings, rows, right=frozenset({2}), spare=(1,))]
    if any(item.predicted_ms is not None for item in forecast):
        blocks.append(Line(say("DEVICE.foretold"), "dim"))
    return blocks


def _time(verdict: VariantVerdict, say: Say) -> str:
    if verdict.predicted_ms is None:
        return say("WORD.unknown")
    low, high = verdict.predicted_range_ms or (verdict.predicted_ms, verdict.predicted_ms)
    texts = [seconds_text(milliseconds / 1000) for milliseconds in (low, high)]
    return texts[0] if texts[0] == texts[1] else say("DEVICE.between", low=texts[0], high=texts[1])


def _fit(verdict: VariantVerdict, say: Say) -> str:
    """Yes, or the first thing in the way and what would help."""
    if verdict.fits:
        return say("WORD.yes")
    reason = next(item for item in verdict.reasons if item.blocks)
    change = [change_text(item.to_json(), say) for item in verdict.nearest[:1]]
    return say("DEVICE.fits_not", reason=" → ".join([reason_text(reason.to_json(), say), *change]))


def _facts(profile: DeviceProfile, say: Say) -> list[tuple[str, str]]:
    return [
        ("system", _words(profile.os, profile.os_version, profile.arch, profile.libc)),
        ("environment", _environment(profile, say)),
        ("cpu", _words(profile.cpu_model or profile.soc, profile.soc_class, _level(profile, say))),
        ("cores", _cores(profile, say)),
        ("memory", _of(profile.memory_effective, profile.memory_total, say)),
        ("disk", _size(profile.disk_free)),
        ("accelerators", _accelerators(profile, say)),
        ("speed", _speed(profile, say)),
        ("onnxruntime", profile.onnxruntime_version or say("DEVICE.no_runtime")),
        ("backends", _backends(profile, say)),
        ("power", _power(profile, say)),
        ("network", "" if profile.metered is None else say("WORD.metered" if profile.metered else "WORD.unmetered")),
    ]


def _environment(profile: DeviceProfile, say: Say) -> str:
    if profile.environment is None:
        return ""
    return say("WORD.comma").join(say(f"DEVICE.{name}") for name in profile.environment) or say("DEVICE.plain")


def _level(profile: DeviceProfile, say: Say) -> str | None:
    return profile.isa_level and say("DEVICE.level", level=profile.isa_level)


def _cores(profile: DeviceProfile, say: Say) -> str:
    if profile.logical_cores is None:
        return ""
    quota = None if profile.cpu_quota_millis is None else f"{profile.cpu_quota_millis / 1000:g}"
    return _words(str(profile.logical_cores), quota and say("DEVICE.quota", quota=quota))


def _accelerators(profile: DeviceProfile, say: Say) -> str:
    if profile.accelerators is None:
        return ""
    return "\n".join(_accelerator(item, say) for item in profile.accelerators) or say("WORD.none")


def _accelerator(item: Accelerator, say: Say) -> str:
    kind = f"({say(f'DEVICE.{item.kind}')})" if item.kind in ("discrete", "integrated", "npu") else None
    memory = (
        _size(item.total) if item.free is None else say("DEVICE.free", free=size_text(item.free), of=_size(item.total))
    )
    return _words(item.name or item.vendor, kind, memory)


def _speed(profile: DeviceProfile, say: Say) -> str:
    figures = profile.figures
    if figures is None:
        return say("DEVICE.not_measured")
    rates = {"fp32": figures.fp32 / 1000, "int8": figures.int8 / 1000, "bandwidth": figures.bandwidth * 1.048576 / 1000}
    return say("DEVICE.figures", **{name: f"{rate:.3g}" for name, rate in rates.items()})


def _backends(profile: DeviceProfile, say: Say) -> str:
    """Every provider with what came of trying it: one that is only declared may fall back to the CPU in silence."""
    if profile.providers is None:
        return ""
    return "\n".join(_backend(name, profile.proofs.get(name), say) for name in profile.providers) or say("WORD.none")


def _backend(name: str, proof: ProviderProof | None, say: Say) -> str:
    if proof is None:
        return _words(name, f"({say('PROOF.none')})")
    return _words(name, f"({say(f'PROOF.{proof.outcome}')})", proof.detail)


def _power(profile: DeviceProfile, say: Say) -> str:
    parts = [] if profile.battery is None else [f"{profile.battery / 10:.0f} %"]
    if profile.charging is not None:
        parts.append(say("WORD.charging" if profile.charging else "WORD.discharging"))
    if profile.power_saver:
        parts.append(say("WORD.saving"))
    if profile.thermal is not None:
        parts.append(say(f"THERMAL.{profile.thermal}"))
    return say("WORD.comma").join(parts)


def _of(part: int | None, whole: int | None, say: Say) -> str:
    if part is None or whole is None:
        return _size(whole if part is None else part)
    return say("DEVICE.of", part=size_text(part), whole=size_text(whole))


def _size(count: int | None) -> str:
    return "" if count is None else size_text(count)


def _words(*parts: str | None) -> str:
    return " ".join(part for part in parts if part)
