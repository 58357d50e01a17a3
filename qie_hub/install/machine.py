"""This device as the verbs see it: probed, with what is known of its providers and of its speed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from qie_hub.device import bench, profile, providers
from qie_hub.errors import ProviderError
from qie_hub.formats.device import DeviceProfile, ProbeWarning

PATIENCE = 5.0
"""Seconds that drivers' own tools may take where a verb waits for the network or a download anyway."""


def describe(
    home: Path, overrides: Mapping[str, str], file: Path | None, *, prove: bool = False, measure: bool = False
) -> DeviceProfile:
    """Describe this device, or the one in ``file``.

    Args:
        home: whose disk is looked at, and where proofs and figures are kept.
        overrides: field to text.
        file: a device report to use instead of probing.
        prove: try execution providers that were not tried yet, in a child process.
        measure: run the micro-benchmark, in a child process.

    Raises:
        SettingsError: a malformed override or report.
        ProviderError: the benchmark cannot run.
    """
    if file is not None:
        return profile.from_file(file, overrides)
    thorough = prove or measure
    found = profile.profile(home, overrides, patience=PATIENCE if thorough else profile.PATIENCE)
    proofs_file, figures_file = home / "derived" / "providers.json", _figures_file(home)
    if thorough and found.onnxruntime_version is not None:
        proofs = providers.prove(found, proofs_file)
    else:
        proofs = providers.cached(found, proofs_file)
    found = replace(found, proofs=proofs)
    figures = bench.measure(found, figures_file) if measure else bench.cached(found, figures_file)
    return replace(found, figures=figures)


def measured(home: Path, found: DeviceProfile) -> DeviceProfile:
    """Add figures to a profile of this device, from the cache or by measuring; what cannot be measured is a warning."""
    cache = _figures_file(home)
    try:
        figures = bench.cached(found, cache) or bench.measure(found, cache)
    except ProviderError as error:
        warning = ProbeWarning("benchmark", "failed", str(error.data.get("detail", "")))
        return replace(found, warnings=(*found.warnings, warning))
    return replace(found, figures=figures)


def _figures_file(home: Path) -> Path:
    return home / "derived" / "figures.json"
