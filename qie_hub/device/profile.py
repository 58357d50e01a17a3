"""The story of detection: probes, what cannot be true, overrides, what follows.

Invariants:

* Without the network, without importing ONNX Runtime, under 300 ms where no driver has to be asked.
* A probe that fails, hangs or lies costs its own fields (None) and leaves a `ProbeWarning`; it never costs the rest.
* Order: probes, implausible values dropped, overrides, derived fields. So an override always wins.

Example::

    profile(Path("~/.local/share/qie-hub").expanduser(), {"memory_available": "4GiB"}).memory_effective
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from qie_hub.clock import Clock, SystemClock
from qie_hub.device import gpus, overrides, soc
from qie_hub.device.host import Host, LocalHost
from qie_hub.device.probes import Probe, Scene, probes
from qie_hub.formats.device import DeviceProfile, ProbeWarning, ProviderProof, derive, implausible

PATIENCE: Final = 0.2
"""Seconds that all commands of one profile take together at most; a verb that can wait passes more."""


def profile(
    store_path: Path,
    override: Mapping[str, str],
    *,
    host: Host | None = None,
    proofs: Mapping[str, ProviderProof] | None = None,
    patience: float = PATIENCE,
    clock: Clock | None = None,
) -> DeviceProfile:
    """Describe this device.

    Args:
        store_path: the home; its file system's free space and traits are looked at. It need not exist.
        override: field -> text, as set by ``QIE_HUB_DEVICE_<FIELD>``.
        host: what is probed; the machine itself by default.
        proofs: what `providers.cached` knows of execution providers.
        patience: seconds that commands (drivers' tools) may take together; a slow one becomes a warning.
        clock: measures the patience.

    Raises:
        SettingsError: a malformed override.
    """
    values = overrides.parse(override)
    hands = clock or SystemClock()
    deadline = hands.monotonic() + patience
    scene = Scene(host or LocalHost(), store_path, lambda: max(0.01, deadline - hands.monotonic()))
    found = DeviceProfile(proofs=dict(proofs or {}))
    for name, probe in probes(scene).items():
        found = _ask(found, name, probe, scene)
    return _finish(_drop_lies(found), values)


def from_file(path: Path, override: Mapping[str, str]) -> DeviceProfile:
    """Describe the device of a file instead of this one; overrides still win.

    Raises:
        SettingsError: the file is not a device report, or an override is malformed.
    """
    values = overrides.parse(override)
    return _finish(overrides.load(path), values)


def _finish(found: DeviceProfile, override: Mapping[str, Any]) -> DeviceProfile:
    found = found.with_values(override, "override")
    chip = soc.classify(found.soc, found.cpu_model)
    if chip is not None and found.soc_class is None and "soc_class" not in override:
        found = found.with_values({"soc_class": chip}, soc.SOURCE)
    return derive(found, settled=override)


def _ask(found: DeviceProfile, name: str, probe: Probe, scene: Scene) -> DeviceProfile:
    try:
        return _learn(found, name, probe, scene)
    except FileNotFoundError:
        return found  # the source does not exist here: unknown, and nothing to warn of
    except TimeoutError as error:
        return _warn(found, ProbeWarning(name, "timeout", _words(error)))
    except ChildProcessError as error:
        crashed = isinstance(error.args[0], int) and error.args[0] < 0
        return _warn(found, ProbeWarning(name, "crashed" if crashed else "failed", _words(error)))
    except (OSError, ValueError, LookupError, ArithmeticError, TypeError, AttributeError) as error:
        return _warn(found, ProbeWarning(name, "failed", _words(error)))


def _learn(found: DeviceProfile, name: str, probe: Probe, scene: Scene) -> DeviceProfile:
    """Take what a probe learned; what an earlier one knows stays where this one does not know it."""
    values = {field: value for field, value in probe(scene).items() if value is not None}
    if "accelerators" in values:
        values["accelerators"] = gpus.merge(found.accelerators or (), values["accelerators"])
    return found.with_values(values, name)


def _warn(found: DeviceProfile, *warnings: ProbeWarning) -> DeviceProfile:
    return replace(found, warnings=(*found.warnings, *warnings))


def _drop_lies(found: DeviceProfile) -> DeviceProfile:
    lies = dict(implausible(found))
    warnings = [
        ProbeWarning(found.sources.get(name, name), "implausible", f"{name}: {why}") for name, why in lies.items()
    ]
    return _warn(found, *warnings).with_values(dict.fromkeys(lies), "")


def _words(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:300]
