"""Drivers' tools that hang, crash and lie: real programs in the search path of a real machine."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from qie_hub.device.profile import profile

TOOLS = {
    "timeout": "echo $$ > {mark}; sleep 60 & wait",
    "crashed": "kill -SEGV $$",
    "failed": "echo 'No devices were found'",
    "refused": "echo 'Failed to initialize NVML: Driver/library version mismatch' >&2; exit 18",
}


@pytest.fixture
def tool(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / "nvidia-smi"
    program.write_text("#!/bin/sh\n" + TOOLS[request.param].format(mark=tmp_path / "pid") + "\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    return tmp_path


@pytest.mark.parametrize(
    ("tool", "problem"),
    [("timeout", "timeout"), ("crashed", "crashed"), ("failed", "failed"), ("refused", "failed")],
    indirect=["tool"],
)
def test_a_broken_driver_tool_is_a_warning_and_the_rest_is_known(tool: Path, problem: str) -> None:
    found = profile(tool, {}, patience=0.5)
    assert [(item.probe, item.problem) for item in found.warnings] == [("nvidia_smi", problem)]
    assert not any(card.total for card in found.accelerators or ())
    assert found.memory_effective is not None
    assert found.cpu_model is not None


@pytest.mark.parametrize("tool", ["timeout"], indirect=True)
def test_a_tool_that_hangs_is_put_down_with_its_children(tool: Path) -> None:
    profile(tool, {}, patience=0.5)
    group = int((tool / "pid").read_text())
    assert any(not living(group) for _ in range(500))  # the kernel may take a moment over each


def living(group: int) -> list[str]:
    """The processes of a group that are not dead; one that nobody has waited for yet is dead."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, pgrp = stat.read_text().rpartition(") ")[2].split()[:3]
        except OSError:
            continue
        if int(pgrp) == group and state != "Z":
            found.append(stat.parent.name)
    return found
