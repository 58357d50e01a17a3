"""What a host does when packs do not load, do not fit, hang, are recalled or removed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from qie_hub.errors import (
    DeviceMemory,
    LoadError,
    ProviderError,
    Revoked,
)
from qie_hub.events import PackLoaded, Warned
from qie_hub.runtime.loading import Loaded
from qie_hub.runtime.slots import Rules
from tests.support import graphs
from tests.support.hosting import (
    IMAGE,
    Gated,
    edit,
    host_with,
    in_thread,
    settled,
    tinted,
)
from tests.support.pipelines import key_of, run, tint_source


def test_a_failed_swap_leaves_the_old_pack_serving_and_says_why(tmp_path: Path) -> None:
    old, bad = tint_source(tmp_path, "old", 1, 10), tint_source(tmp_path, "bad", 1, 20)
    (bad.root / "tint.onnx").write_bytes(b"not a graph")
    with host_with() as (host, heard):
        host.swap(key_of(old), old)
        with pytest.raises(LoadError):
            host.swap(key_of(bad), bad)
        np.testing.assert_array_equal(edit(host, None), tinted(1, 10))
        [failed] = [event for event in heard.events if isinstance(event, Warned)]
        assert (failed.code, failed.data["code"]) == ("PACK_FAILED", "LOAD")
        assert failed.data["retry_seconds"] == 10
        assert host.state().serving is not None
        assert host.state().rollbacks == 1


def test_a_failed_break_before_make_brings_the_old_pack_back(tmp_path: Path) -> None:
    old = tint_source(tmp_path, "old", 1, 10, peak_ram=600 << 20)
    bad = tint_source(tmp_path, "bad", 1, 20, peak_ram=600 << 20)
    (bad.root / "tint.onnx").unlink()
    with host_with(available=lambda: 1000 << 20) as (host, _):
        host.swap(key_of(old), old)
        with pytest.raises(LoadError):
            host.swap(key_of(bad), bad)
        settled(host, old, "ready")  # at once, not when the next edit asks
        np.testing.assert_array_equal(edit(host, None), tinted(1, 10))


def test_a_double_fault_falls_to_the_pack_of_last_resort_and_says_so(tmp_path: Path) -> None:
    old = tint_source(tmp_path, "old", 1, 10, peak_ram=600 << 20)
    bad = tint_source(tmp_path, "bad", 1, 20, peak_ram=600 << 20)
    last = tint_source(tmp_path, "last", 1, 30)
    with host_with(available=lambda: 1000 << 20) as (host, heard):
        host.fallback(key_of(last), last)
        host.swap(key_of(old), old)
        for source in (old, bad):
            (source.root / "tint.onnx").unlink()
        with pytest.raises(LoadError):
            host.swap(key_of(bad), bad)
        np.testing.assert_array_equal(edit(host, None), tinted(1, 30))
        assert heard.codes()[-1] == "FELL_BACK"


def test_a_failed_pack_is_not_tried_again_at_once_but_later_it_is(tmp_path: Path) -> None:
    source = tint_source(tmp_path, "one", 1, 10)
    good = (source.root / "tint.onnx").read_bytes()
    (source.root / "tint.onnx").write_bytes(b"x")
    with host_with() as (host, heard):
        for _ in range(3):
            with pytest.raises(LoadError):
                edit(host, source)
        assert heard.codes() == ["PACK_FAILED"]
        (source.root / "tint.onnx").write_bytes(good)
        host._clock.time = 11.0  # type: ignore[attr-defined]  # the test's own clock
        np.testing.assert_array_equal(edit(host, source), tinted(1, 10))


def test_a_pack_that_can_never_fit_is_refused_with_the_figures(tmp_path: Path) -> None:
    source = tint_source(tmp_path, "vast", 1, 10, peak_ram=8 << 30)
    with host_with(available=lambda: 1 << 30) as (host, _), pytest.raises(DeviceMemory) as caught:
        edit(host, source)
    assert caught.value.data["need"] == 8 << 30


def test_a_recalled_pack_finishes_its_edit_gets_no_new_one_and_the_one_before_takes_over(tmp_path: Path) -> None:
    old, new = tint_source(tmp_path, "old", 1, 10), tint_source(tmp_path, "new", 1, 20)
    with host_with() as (host, heard):
        host.swap(key_of(old), old)
        host.swap(key_of(new), new)
        with host.lease() as pipeline:
            host.recall(key_of(new), Revoked(ref="acme/new", successor=None))
            np.testing.assert_array_equal(run(pipeline, IMAGE), tinted(1, 20))
            np.testing.assert_array_equal(edit(host, None), tinted(1, 10))
        with pytest.raises(Revoked):
            edit(host, new)
        settled(host, new, "empty")
        assert heard.codes() == ["PACK_RECALLED", "ROLLED_BACK"]


def test_a_swap_to_a_pack_that_is_being_removed_fails_and_the_old_one_serves(tmp_path: Path) -> None:
    old, going = tint_source(tmp_path, "old", 1, 10), tint_source(tmp_path, "going", 1, 20)
    with host_with() as (host, _):
        host.swap(key_of(old), old)
        for path in going.root.iterdir():
            path.unlink()
        going.root.rmdir()
        with pytest.raises(LoadError):
            host.swap(key_of(going), going)
        np.testing.assert_array_equal(edit(host, None), tinted(1, 10))


def test_a_load_that_hangs_is_given_up_and_closing_does_not_wait_for_it(tmp_path: Path) -> None:
    gated = Gated(tint_source(tmp_path, "hangs", 1, 10))
    other = tint_source(tmp_path, "other", 1, 20)
    with host_with(rules=Rules(load_within=30)) as (host, _):
        stuck, outcome = in_thread(lambda: edit(host, gated.source, gated))
        assert gated.begun.wait(10)
        host._clock.time = 31.0  # type: ignore[attr-defined]  # the test's own clock
        host.tick()
        stuck.join(20)
        assert [type(error) for error in outcome] == [LoadError]
        np.testing.assert_array_equal(edit(host, other), tinted(1, 20))
    gated.gate.set()


def test_a_pipeline_that_raises_anything_fails_its_load_only(tmp_path: Path) -> None:
    source = tint_source(tmp_path, "one", 1, 10)

    def broken() -> Loaded:
        raise ZeroDivisionError("a plugin's bug")

    with host_with() as (host, _):
        with pytest.raises(LoadError) as caught:
            edit(host, source, broken)
        assert "ZeroDivisionError" in str(caught.value.data["problem"])


def test_a_step_down_to_another_provider_is_told(tmp_path: Path) -> None:
    wished = ("CUDAExecutionProvider", "CPUExecutionProvider")
    source = replace(tint_source(tmp_path, "one", 1, 10), providers=wished)
    only = replace(tint_source(tmp_path, "two", 1, 10), providers=wished[:1])
    with host_with() as (host, heard):
        edit(host, source)
        [warned] = [event for event in heard.events if isinstance(event, Warned)]
        assert warned.code == "PROVIDER_FALLBACK"
        assert warned.data["wanted"] == "CUDAExecutionProvider"
        with pytest.raises(ProviderError):
            edit(host, only)


def test_running_out_of_memory_while_loading_brings_the_old_pack_back(tmp_path: Path) -> None:
    old, vast = tint_source(tmp_path, "old", 1, 10), tint_source(tmp_path, "vast", 1, 20)
    # 2^45 floats for 4x4 pixels: no machine has them, and ONNX Runtime really tries.
    (vast.root / "tint.onnx").write_bytes(graphs.boundless(1 << 40).SerializeToString())
    with host_with() as (host, heard):
        host.swap(key_of(old), old)
        with pytest.raises(DeviceMemory):
            host.swap(key_of(vast), vast)
        np.testing.assert_array_equal(edit(host, None), tinted(1, 10))
        loads = [event.pack for event in heard.events if isinstance(event, PackLoaded)]
        assert loads == [str(old.manifest.ref)] * 2
        assert heard.codes() == ["PACK_FAILED"]
