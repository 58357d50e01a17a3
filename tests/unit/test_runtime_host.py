from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from qie_hub.clock import SystemClock
from qie_hub.errors import (
    Closed,
    DeviceMemory,
    EditCancelled,
    LoadError,
    ProviderError,
    QieHubError,
    QueueFull,
    Revoked,
)
from qie_hub.events import Event, PackLoaded, Warned
from qie_hub.runtime.cancel import CancelToken
from qie_hub.runtime.host import Host
from qie_hub.runtime.loading import Load, Loaded, PackSource
from qie_hub.runtime.power import Limits
from qie_hub.runtime.slots import Rules
from tests.support import graphs
from tests.support.pipelines import key_of, picture, run, steps_source, tint_source

IMAGE = picture(1)


def tinted(scale: float, shift: float) -> np.ndarray:
    return np.clip(np.rint(IMAGE.astype(np.float32) * np.float32(scale) + np.float32(shift)), 0, 255).astype(np.uint8)


class Clock(SystemClock):
    """A clock whose hands a test moves."""

    def __init__(self) -> None:
        super().__init__()
        self.time = 0.0

    def monotonic(self) -> float:
        return self.time


class Heard:
    """A sink that keeps what it hears, and lets a test wait for it."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.changed = threading.Condition()

    def __call__(self, event: Event) -> None:
        with self.changed:
            self.events.append(event)
            self.changed.notify_all()

    def codes(self) -> list[str]:
        return [event.code for event in self.events if isinstance(event, Warned)]

    def wait_for(self, condition: Callable[[], bool]) -> None:
        with self.changed:
            assert self.changed.wait_for(condition, timeout=20)


class Gated:
    """A load that waits until a test opens the gate."""

    def __init__(self, source: PackSource) -> None:
        self.source = source
        self.gate = threading.Event()
        self.begun = threading.Event()
        self.calls = 0

    def __call__(self) -> Loaded:
        self.calls += 1
        self.begun.set()
        assert self.gate.wait(20)
        return self.source()


@contextmanager
def host_with(**options: object) -> Iterator[tuple[Host, Heard]]:
    heard = Heard()
    with Host(Clock(), heard, **options) as host:  # type: ignore[arg-type]  # passed through as they are
        yield host, heard


def in_thread(work: Callable[[], object]) -> tuple[threading.Thread, list[object]]:
    outcome: list[object] = []

    def act() -> None:
        try:
            outcome.append(work())
        except QieHubError as error:
            outcome.append(error)

    thread = threading.Thread(target=act)
    thread.start()
    return thread, outcome


def edit(host: Host, source: PackSource | None, load: Load | None = None) -> np.ndarray:
    key = None if source is None else key_of(source)
    with host.lease(key, load or source) as pipeline:
        return run(pipeline, IMAGE)


def state_of(host: Host, source: PackSource) -> str:
    return next(pack.state for pack in host.state().packs if pack.pack == str(source.manifest.ref))


def eventually(condition: Callable[[], bool]) -> None:
    """Wait for what happens in the background."""
    pause = threading.Event()
    for _ in range(2000):
        if condition():
            return
        pause.wait(0.01)
    raise AssertionError("it never happened")


def settled(host: Host, source: PackSource, state: str) -> None:
    eventually(lambda: state_of(host, source) == state)


def test_an_edit_runs_on_the_pack_that_was_asked_for(tmp_path: Path) -> None:
    bright, dark = tint_source(tmp_path, "bright", 1, 60), tint_source(tmp_path, "dark", 0.5, 0)
    with host_with() as (host, heard):
        np.testing.assert_array_equal(edit(host, bright), tinted(1, 60))
        np.testing.assert_array_equal(edit(host, dark), tinted(0.5, 0))
        np.testing.assert_array_equal(edit(host, bright), tinted(1, 60))
        loaded = [event.pack for event in heard.events if isinstance(event, PackLoaded)]
        assert loaded == [str(bright.manifest.ref), str(dark.manifest.ref)]


def test_many_waiters_share_one_load(tmp_path: Path) -> None:
    gated = Gated(tint_source(tmp_path, "one", 1, 5))
    with host_with(rules=Rules(edits=8)) as (host, _):
        threads = [in_thread(lambda: edit(host, gated.source, gated)) for _ in range(8)]
        assert gated.begun.wait(10)
        gated.gate.set()
        for thread, outcome in threads:
            thread.join(20)
            np.testing.assert_array_equal(outcome[0], tinted(1, 5))
        assert gated.calls == 1


def test_no_more_edits_run_at_once_than_the_rules_say(tmp_path: Path) -> None:
    source = tint_source(tmp_path, "one", 1, 0)
    with host_with(rules=Rules(edits=2)) as (host, _):
        inside = threading.Semaphore(0)
        leave = threading.Event()

        def hold() -> None:
            with host.lease(key_of(source), source):
                inside.release()
                assert leave.wait(20)

        threads = [in_thread(hold)[0] for _ in range(5)]
        assert inside.acquire(timeout=10)
        assert inside.acquire(timeout=10)
        assert not inside.acquire(timeout=0.2)
        assert (host.state().running, host.state().waiting) == (2, 3)
        leave.set()
        for thread in threads:
            thread.join(20)
        assert host.state().running == 0


def test_a_full_queue_is_an_error_with_a_time_to_come_back(tmp_path: Path) -> None:
    gated = Gated(tint_source(tmp_path, "one", 1, 0))
    with host_with(rules=Rules(queue=2)) as (host, _):
        waiting = [in_thread(lambda: edit(host, gated.source, gated))[0] for _ in range(2)]
        assert gated.begun.wait(10)
        eventually(lambda: host.state().waiting == 2)
        with pytest.raises(QueueFull) as caught:
            edit(host, gated.source)
        assert caught.value.data["retry_after_ms"]
        gated.gate.set()
        for thread in waiting:
            thread.join(20)


def test_a_swap_returns_when_the_new_pack_serves_and_the_old_one_is_closed(tmp_path: Path) -> None:
    old, new = tint_source(tmp_path, "old", 1, 10), tint_source(tmp_path, "new", 1, 20)
    with host_with() as (host, _):
        host.swap(key_of(old), old)
        np.testing.assert_array_equal(edit(host, None), tinted(1, 10))
        host.swap(key_of(new), new)
        np.testing.assert_array_equal(edit(host, None), tinted(1, 20))
        settled(host, old, "empty")
        assert host.state().swaps == 1


def test_edits_go_on_with_the_old_pack_while_the_new_one_loads(tmp_path: Path) -> None:
    old, gated = tint_source(tmp_path, "old", 1, 10), Gated(tint_source(tmp_path, "new", 1, 20))
    with host_with() as (host, _):
        host.swap(key_of(old), old)
        with host.lease() as running:
            swap, outcome = in_thread(lambda: host.swap(key_of(gated.source), gated))
            assert gated.begun.wait(10)
            np.testing.assert_array_equal(edit(host, None), tinted(1, 10))
            gated.gate.set()
            swap.join(20)
            assert outcome == [None]
            np.testing.assert_array_equal(edit(host, None), tinted(1, 20))
            assert state_of(host, old) == "draining"
            np.testing.assert_array_equal(run(running, IMAGE), tinted(1, 10))
        settled(host, old, "empty")


def test_where_only_one_fits_the_old_one_goes_first_and_requests_wait(tmp_path: Path) -> None:
    old = tint_source(tmp_path, "old", 1, 10, peak_ram=600 << 20)
    gated = Gated(tint_source(tmp_path, "new", 1, 20, peak_ram=600 << 20))
    source = _Needing(gated)
    with host_with(available=lambda: 1000 << 20) as (host, _):
        host.swap(key_of(old), old)
        swap, _ = in_thread(lambda: host.swap(key_of(gated.source), source))
        assert gated.begun.wait(10)
        assert state_of(host, old) == "empty"
        waiting, result = in_thread(lambda: edit(host, None))
        waiting.join(0.2)
        assert waiting.is_alive()
        gated.gate.set()
        waiting.join(20)
        swap.join(20)
        np.testing.assert_array_equal(result[0], tinted(1, 20))


class _Needing(PackSource):
    """A gated load that states what its source needs."""

    def __init__(self, gated: Gated) -> None:
        source = gated.source
        super().__init__(source.manifest, source.variant_id, source.root, source.factory, threads=1)
        object.__setattr__(self, "_gated", gated)

    def __call__(self, sink: object = None) -> Loaded:
        return self._gated()  # type: ignore[attr-defined,no-any-return]  # set in __init__


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


def test_idle_packs_rest_then_go_and_come_back_by_themselves(tmp_path: Path) -> None:
    source, kept = tint_source(tmp_path, "one", 1, 10), tint_source(tmp_path, "kept", 1, 20)
    with host_with(rules=Rules(rest_after=60, unload_after=600)) as (host, heard):
        clock = host._clock
        edit(host, source)
        edit(host, kept)
        host.keep(key_of(kept), kept=True)
        clock.time = 61.0  # type: ignore[attr-defined]  # the test's own clock
        host.tick()
        eventually(lambda: all(not pack.graphs for pack in host.state().packs if not pack.kept))
        resting = {pack.pack: (pack.state, pack.graphs) for pack in host.state().packs}
        assert resting[str(source.manifest.ref)] == ("ready", ())
        assert resting[str(kept.manifest.ref)] == ("ready", ("tint.onnx",))
        np.testing.assert_array_equal(edit(host, source), tinted(1, 10))
        assert len([event for event in heard.events if isinstance(event, PackLoaded)]) == 2
        clock.time = 700.0  # type: ignore[attr-defined]  # the test's own clock
        host.tick()
        settled(host, source, "empty")
        assert state_of(host, kept) == "ready"
        np.testing.assert_array_equal(edit(host, source), tinted(1, 10))


def test_waiting_and_running_edits_can_be_cancelled(tmp_path: Path) -> None:
    gated = Gated(tint_source(tmp_path, "one", 1, 10))
    with host_with() as (host, _):
        token = CancelToken()

        def work() -> None:
            with host.lease(key_of(gated.source), gated, cancel=token):
                raise AssertionError("the lease was granted after all")

        thread, outcome = in_thread(work)
        assert gated.begun.wait(10)
        token.cancel()
        thread.join(20)
        assert [type(error) for error in outcome] == [EditCancelled]
        gated.gate.set()
        np.testing.assert_array_equal(edit(host, gated.source, gated), tinted(1, 10))
        assert host.state().running == 0


def test_closing_waits_for_the_running_edit_and_refuses_the_next(tmp_path: Path) -> None:
    source = tint_source(tmp_path, "one", 1, 10)
    with host_with() as (host, _):
        with host.lease(key_of(source), source) as pipeline:
            closing, _ = in_thread(host.close)
            closing.join(0.2)
            assert closing.is_alive()
            with pytest.raises(Closed):
                edit(host, source)
            np.testing.assert_array_equal(run(pipeline, IMAGE), tinted(1, 10))
        closing.join(20)
        assert not closing.is_alive()


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


def test_prefetching_opens_every_stage_ahead_of_the_first_edit(tmp_path: Path) -> None:
    source = steps_source(tmp_path, "steps", (1, 2, 3))
    with host_with() as (host, _):
        host.prefetch(key_of(source), source).join(20)
        [pack] = host.state().packs
        assert pack.graphs == ("0.onnx", "1.onnx", "2.onnx")
        assert pack.state == "ready"


def test_a_pack_that_takes_over_has_every_stage_open(tmp_path: Path) -> None:
    source = steps_source(tmp_path, "steps", (1, 2, 3))
    with host_with() as (host, _):
        host.swap(key_of(source), source)
        assert host.state().packs[0].graphs == ("0.onnx", "1.onnx", "2.onnx")


def test_stages_load_in_order_and_only_when_needed(tmp_path: Path) -> None:
    source = steps_source(tmp_path, "steps", (1, 2, 3))
    with host_with() as (host, _), host.lease(key_of(source), source) as pipeline:
        assert host.state().packs[0].graphs == ("0.onnx",)
        run(pipeline, IMAGE)
        assert host.state().packs[0].graphs == ("0.onnx", "1.onnx", "2.onnx")


def test_a_hot_device_runs_fewer_edits_and_pauses_between_them(tmp_path: Path) -> None:
    source = tint_source(tmp_path, "one", 1, 10)
    with host_with() as (host, _):
        clock = host._clock
        host.throttle(Limits(edits=1, threads=1, share=500))
        with host.lease(key_of(source), source):
            clock.time = 4.0  # type: ignore[attr-defined]  # the test's own clock
        thread, outcome = in_thread(lambda: edit(host, source))
        thread.join(0.2)
        assert thread.is_alive()
        clock.time = 8.5  # type: ignore[attr-defined]  # the test's own clock
        host.tick()
        thread.join(20)
        np.testing.assert_array_equal(outcome[0], tinted(1, 10))


def test_the_state_is_plain_json(tmp_path: Path) -> None:
    import json

    source = tint_source(tmp_path, "one", 1, 10)
    with host_with(available=lambda: 1 << 30) as (host, _), host.lease(key_of(source), source):
        state = json.loads(json.dumps(host.state().to_json()))
        assert state["packs"][0]["leases"] == 1
        assert state["packs"][0]["state"] == "ready"
        assert state["running"] == 1


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
