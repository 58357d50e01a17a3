"""``qie-hub device``: what this device has, as far as packs care."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from qie_hub.cli.group import HubCommand
from qie_hub.cli.layout import Block, Line, Page, Pairs, Say, Table
from qie_hub.messages import size_text

if TYPE_CHECKING:
    from qie_hub.cli.call import Call
    from qie_hub.formats.device import DeviceProfile


@click.command("device", cls=HubCommand)
@click.option("--bench", is_flag=True)
@click.pass_obj
def command(call: Call, *, bench: bool) -> None:
    """Show the device."""
    with call.hub() as hub:
        profile = hub.device(bench=bench)
    call.render.page(device_page(profile, call.render.say))


def device_page(profile: DeviceProfile, say: Say) -> Page:
    """Lay a profile out; what is not known is said to be unknown."""
    facts = tuple((say(f"DEVICE.{name}"), value or say("WORD.unknown")) for name, value in _facts(profile, say))
    blocks: list[Block] = [Pairs(facts)]
    if profile.providers:
        blocks += [Line(""), _provider_table(profile, say)]
    for warning in profile.warnings:
        message = say(f"PROBE.{warning.problem}", probe=warning.probe, detail=warning.detail)
        blocks.append(Line(say("CLI.warning", message=message), "yellow"))
    ids = tuple(f"{name}={value}" for name, value in _facts(profile, say) if value)
    return Page(profile.to_json(), tuple(blocks), ids)


def _facts(profile: DeviceProfile, say: Say) -> list[tuple[str, str]]:
    return [
        ("system", _words(profile.os, profile.os_version, profile.arch, profile.libc)),
        ("environment", ", ".join(profile.environment or ())),
        ("cpu", _words(profile.cpu_model, profile.soc, profile.isa_level)),
        ("cores", _cores(profile, say)),
        ("memory", _of(profile.memory_effective, profile.memory_total, say)),
        ("disk", _size(profile.disk_free)),
        ("accelerators", _accelerators(profile, say)),
        ("speed", _speed(profile, say)),
        ("onnxruntime", profile.onnxruntime_version or ""),
        ("power", _power(profile, say)),
        ("network", "" if profile.metered is None else say("WORD.metered" if profile.metered else "WORD.unmetered")),
    ]


def _cores(profile: DeviceProfile, say: Say) -> str:
    if profile.logical_cores is None:
        return ""
    quota = None if profile.cpu_quota_millis is None else f"{profile.cpu_quota_millis / 1000:g}"
    return _words(str(profile.logical_cores), quota and say("DEVICE.quota", quota=quota))


def _accelerators(profile: DeviceProfile, say: Say) -> str:
    if profile.accelerators is None:
        return ""
    shown = [_words(item.vendor, item.name, item.kind, _size(item.total)) for item in profile.accelerators]
    return "\n".join(shown) or say("WORD.none")


def _speed(profile: DeviceProfile, say: Say) -> str:
    figures = profile.figures
    if figures is None:
        return ""
    rates = {"fp32": figures.fp32 / 1000, "int8": figures.int8 / 1000, "bandwidth": figures.bandwidth * 1.048576 / 1000}
    return say("DEVICE.figures", **{name: f"{rate:.3g}" for name, rate in rates.items()})


def _power(profile: DeviceProfile, say: Say) -> str:
    parts = [] if profile.battery is None else [f"{profile.battery / 10:.0f} %"]
    if profile.charging is not None:
        parts.append(say("WORD.charging" if profile.charging else "WORD.discharging"))
    if profile.thermal is not None:
        parts.append(say(f"THERMAL.{profile.thermal}"))
    return ", ".join(parts)


def _provider_table(profile: DeviceProfile, say: Say) -> Table:
    rows = []
    for name in profile.providers or ():
        proof = profile.proofs.get(name)
        outcome = say(f"PROOF.{proof.outcome}") if proof is not None else say("PROOF.none")
        rows.append((name, outcome, (proof.detail or "") if proof is not None else ""))
    return Table((say("HEAD.provider"), say("HEAD.state"), say("HEAD.detail")), tuple(rows), spare=(2,))


def _of(part: int | None, whole: int | None, say: Say) -> str:
    if part is None:
        return _size(whole)
    return say("DEVICE.of", part=size_text(part), whole=_size(whole) or "?")


def _size(count: int | None) -> str:
    return "" if count is None else size_text(count)


def _words(*parts: str | None) -> str:
    return " ".join(part for part in parts if part)
