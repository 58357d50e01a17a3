"""The Linux kernel that tests of control groups boot as an ordinary process: Debian's user-mode-linux."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest


def guest_kernel() -> str:
    """Where the kernel is.

    It keeps the host's extended registers in a buffer whose size was fixed when it was built. With the tiles of AMX
    they are four times as large, the host refuses to take them back, and the guest panics before its first program.
    Nothing of ours runs there, so there the tests are skipped. Where a seccomp filter hides ``PTRACE_GETREGSET`` it
    boots, but loses AVX registers, and its programs crash.
    """
    kernel = shutil.which("linux.uml")
    assert kernel, "install user-mode-linux (tests/system/prepare does)"
    if "amx_tile" in Path("/proc/cpuinfo").read_text():
        pytest.skip("user-mode Linux 6.1 cannot hold this processor's AMX registers: run on one without")
    return kernel
