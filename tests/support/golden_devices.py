"""Recorded devices (``tests/golden/devices/*.toml``) and the offer that they choose from.

A record names its source and says whether it was captured or constructed. ``files`` and ``commands`` hold what the
device said, trimmed to lines that some parser reads, serial numbers left out. What the source does not show stands
under ``assumed``: free disk, the installed runtime, proofs of providers, sometimes a file. The text ``!timeout``,
``!crash``, ``!denied`` or ``!exit N words`` in place of an answer is that failure.

The command ``POWERSHELL`` is the one call of `windows.SCRIPT`. A recorded ``nvidia-smi`` whose exact call was not
recorded refuses it as old versions do: that is how its plain table is read.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from qie_hub.device import providers, windows
from qie_hub.device.host import DiskFacts, Platform, RuntimePackage
from qie_hub.device.profile import profile
from qie_hub.formats.device import DeviceProfile, ProviderProof
from qie_hub.formats.index import PackRow
from qie_hub.packref import Version
from qie_hub.resolve import ResolvePolicy
from tests.support.index_rows import GIB, row, variant
from tests.support.recorded_host import RecordedHost

FOLDER = Path(__file__).parent.parent / "golden" / "devices"
POLICY = ResolvePolicy(client="0.1.0", pipelines={"lite": 1}, targets={"ultra-lite": 1500, "pro": 60_000})
CHANNELS = {name: {"stable": Version(1, 0, 0)} for name in ("ultra-lite", "pro")}
MIB = 1 << 20


@dataclass(frozen=True)
class GoldenDevice:
    name: str
    kind: str
    source: str
    note: str
    recorded: Mapping[str, Any]
    expect: Mapping[str, Any]
    stories: tuple[str, ...] = ()
    assumed: Mapping[str, Any] = field(default_factory=dict)

    @property
    def policy(self) -> ResolvePolicy:
        return replace(POLICY, reclaimable_memory=self.assumed.get("reclaimable_memory", 0))

    def describe(self) -> DeviceProfile:
        """Run the real probes and parsers over what the device said."""
        found = profile(Path("/home"), self.assumed.get("override", {}), host=self._host())
        proofs = {name: ProviderProof(outcome, "golden") for name, outcome in self.assumed.get("proofs", {}).items()}
        proofs |= {
            name: ProviderProof("proved", key)
            for name, key in self.assumed.get("cached_proofs", {}).items()
            if key == providers.key(found, name)
        }
        return DeviceProfile.from_bytes(found.to_bytes()).with_values({"proofs": proofs}, "assumed")

    def _host(self) -> RecordedHost:
        system = self.recorded["system"]
        runtime = self.assumed.get("runtime")
        files = {**self.recorded.get("files", {}), **self.assumed.get("files", {})}
        return ToolHost(
            files={path: _answer(text) for path, text in files.items()},
            commands={_command(name): _answer(text) for name, text in self.recorded.get("commands", {}).items()},
            system=Platform(system["name"], system["machine"], system.get("release", ""), system.get("libc")),
            cpus=system.get("cpus"),
            disk_facts=DiskFacts(free=self.assumed.get("disk_free", 100 * GIB)),
            runtime=None if runtime is None else RuntimePackage(runtime, tuple(self.assumed.get("libraries", ()))),
        )


class ToolHost(RecordedHost):
    def run(self, command: Sequence[str], timeout: float) -> str:
        if command[0].endswith("nvidia-smi") and command[0] in self.commands and " ".join(command) not in self.commands:
            raise ChildProcessError(2, 'Field "compute_cap" is not a valid field to query.')
        return super().run(command, timeout)


def load() -> list[GoldenDevice]:
    return [_read(path) for path in sorted(FOLDER.glob("*.toml"))]


def offer() -> list[PackRow]:
    """Two packs: one that runs nearly everywhere, one that needs a strong device."""
    lite = [
        row("ultra-lite", size, variant("cpu-fp32", memory=memory * MIB, disk=90 * MIB, onnxruntime=">=1.27"))
        for size, memory in ((256, 700), (512, 900), (1024, 1700))
    ]
    return [*lite, *(_pro(size, need) for size, need in ((256, 6), (512, 9), (1024, 13)))]


def _pro(size: int, need: int) -> PackRow:
    common = {"disk": 13 * GIB, "onnxruntime": ">=1.27"}
    gpu = {"memory": need * GIB, "precision": "int4", **common}
    return row(
        "pro",
        size,
        variant("cpu-x86", architecture="x86_64", isa=("avx2",), memory=need * GIB, precision="int8", **common),
        variant("cpu-arm", architecture="aarch64", isa=("dotprod",), memory=need * GIB, precision="int8", **common),
        variant("cuda", provider="CUDAExecutionProvider", **gpu),
        variant("rocm", provider="MIGraphXExecutionProvider", architecture="x86_64", os=("linux",), **gpu),
        variant("directml", provider="DmlExecutionProvider", architecture="x86_64", os=("windows",), **gpu),
        variant("coreml", provider="CoreMLExecutionProvider", architecture="aarch64", os=("macos",), **gpu),
        abilities=("text.replace", "background.replace"),
    )


def _read(path: Path) -> GoldenDevice:
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    return GoldenDevice(
        name=path.stem,
        kind=data["kind"],
        source=data["source"],
        note=data["note"],
        recorded=data["recorded"],
        expect=data["expect"],
        stories=tuple(data.get("stories", ())),
        assumed=data.get("assumed", {}),
    )


def _command(name: str) -> str:
    return " ".join(windows.COMMAND) if name == "POWERSHELL" else name


def _answer(text: str) -> str | Exception:
    if text.startswith("!exit "):
        return ChildProcessError(int(text.split()[1]), text.split(maxsplit=2)[2].strip())
    failures = {
        "!timeout": TimeoutError(110, "no answer within 0.2 s"),
        "!crash": ChildProcessError(-11, "Segmentation fault"),
        "!denied": PermissionError(13, "Permission denied"),
    }
    return failures.get(text.strip(), text)
