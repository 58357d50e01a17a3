from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from qie_hub.clock import SystemClock
from qie_hub.errors import (
    Closed,
    DeviceMemory,
    EditCancelled,
    InferenceError,
    LoadError,
    QieHubError,
    Revoked,
    UsageError,
)
from qie_hub.events import Event, PackLoaded, Warned
from qie_hub.runtime.cancel import CancelToken
from qie_hub.runtime.loading import Loaded
from qie_hub.runtime.slots import Rules
from qie_hub.worker import Worker
from tests.support.pipelines import (
    crashing_source,
    key_of,
    picture,
    run,
    slow_source,
    source_of,
    steps_source,
    tint_source,
)

IMAGE = picture(1)


def tinted(shift: int) -> np.ndarray:
    return np.clip(IMAGE.astype(np.int16) + shift, 0, 255).astype(np.uint8)


def codes(heard: list[Event]) -> list[str]:
    return [event.code for event in heard if isinstance(event, Warned)]


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_worker_edits_as_the_host_does_and_tells_the_same_events(tmp_path: Path) -> None:
    heard: list[Event] = []
    tint, steps = tint_source(tmp_path, "tint", 1, 9), steps_source(tmp_path, "steps", (1, 2))
    with Worker(SystemClock(), heard.append) as worker:
        stages: list[tuple[str, int]] = []
        with worker.lease(key_of(tint), tint) as pipeline:
            source = source_of(IMAGE)
            plan = pipeline.plan(source, lambda: None)
            output = pipeline.edit(source, plan, lambda *stage: stages.append(stage), lambda: None)
        np.testing.assert_array_equal(output.picture, tinted(9))
        assert stages == [("repaint", 0)]
        with worker.lease(key_of(steps), steps) as pipeline:
            np.testing.assert_array_equal(
                run(pipeline, IMAGE), np.clip(255 - (255 - IMAGE.astype(int) + 1).clip(0, 255) + 2, 0, 255)
            )
        assert [event.pack for event in heard if isinstance(event, PackLoaded)] == [
            "acme/tint@1.0.0",
            "acme/steps@1.0.0",
        ]
        assert worker.pid != os.getpid()
        assert len(worker.state().packs) == 2


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV])
def test_a_worker_that_dies_in_the_middle_costs_one_repetition_and_no_edit(
    tmp_path: Path, number: signal.Signals
) -> None:
    heard: list[Event] = []
    slow = slow_source(tmp_path, "slow", 7)
    with Worker(SystemClock(), heard.append) as worker, worker.lease(key_of(slow), slow) as pipeline:
        stages: list[str] = []

        def on_stage(stage: str, operation: int) -> None:
            stages.append(stage)
            if len(stages) == 1:
                assert worker.pid is not None
                os.kill(worker.pid, number)

        source = source_of(IMAGE)
        plan = pipeline.plan(source, lambda: None)
        output = pipeline.edit(source, plan, on_stage, lambda: None)
        np.testing.assert_array_equal(output.picture, tinted(7))
        assert stages == ["repaint", "repaint"]
    restarted = [event for event in heard if isinstance(event, Warned)]
    assert [(event.code, event.data["signal"]) for event in restarted] == [("WORKER_RESTARTED", number.name)]


def test_an_edit_that_crashes_twice_is_an_error_and_the_next_edit_works(tmp_path: Path) -> None:
    heard: list[Event] = []
    crash, good = crashing_source(tmp_path, "crash"), tint_source(tmp_path, "good", 1, 3)
    with Worker(SystemClock(), heard.append) as worker:
        with worker.lease(key_of(crash), crash) as pipeline, pytest.raises(InferenceError) as caught:
            run(pipeline, IMAGE)
        assert caught.value.hint == "WORKER_LOST"
        assert caught.value.data["signal"] == "SIGSEGV"
        with worker.lease(key_of(good), good) as pipeline:
            np.testing.assert_array_equal(run(pipeline, IMAGE), tinted(3))


def test_bystanders_of_a_crash_come_out_right(tmp_path: Path) -> None:
    crash, slow = crashing_source(tmp_path, "crash"), slow_source(tmp_path, "slow", 4)
    results: list[np.ndarray] = []
    begun = threading.Semaphore(0)

    def bystander(worker: Worker) -> None:
        with worker.lease(key_of(slow), slow) as pipeline:
            source = source_of(IMAGE)
            plan = pipeline.plan(source, lambda: None)
            output = pipeline.edit(source, plan, lambda stage, operation: begun.release(), lambda: None)
            results.append(output.picture)

    with Worker(SystemClock(), rules=Rules(edits=4)) as worker:
        threads = [threading.Thread(target=bystander, args=(worker,)) for _ in range(2)]
        for thread in threads:
            thread.start()
        assert begun.acquire(timeout=20)
        with worker.lease(key_of(crash), crash) as pipeline, pytest.raises(InferenceError):
            run(pipeline, IMAGE)
        for thread in threads:
            thread.join(30)
    assert len(results) == 2
    for result in results:
        np.testing.assert_array_equal(result, tinted(4))


def test_a_new_worker_serves_what_the_old_one_served_and_remembers_recalls(tmp_path: Path) -> None:
    first, second = tint_source(tmp_path, "first", 1, 1), tint_source(tmp_path, "second", 1, 2)
    with Worker(SystemClock()) as worker:
        worker.swap(key_of(second), second)
        worker.recall(key_of(first), Revoked(ref="acme/first", successor=None))
        assert worker.pid is not None
        os.kill(worker.pid, signal.SIGKILL)
        with worker.lease() as pipeline:
            np.testing.assert_array_equal(run(pipeline, IMAGE), tinted(2))
        with pytest.raises(Revoked), worker.lease(key_of(first), first):
            raise AssertionError("a recalled pack was lent out")


def test_a_failed_swap_in_a_worker_leaves_the_old_pack_serving(tmp_path: Path) -> None:
    good, bad = tint_source(tmp_path, "good", 1, 5), tint_source(tmp_path, "bad", 1, 2)
    (bad.root / "tint.onnx").write_bytes(b"x")
    with Worker(SystemClock()) as worker:
        worker.swap(key_of(good), good)
        with pytest.raises(LoadError):
            worker.swap(key_of(bad), bad)
        with worker.lease() as pipeline:
            np.testing.assert_array_equal(run(pipeline, IMAGE), tinted(5))


def test_cancelling_reaches_the_graph_in_the_worker(tmp_path: Path) -> None:
    endless = slow_source(tmp_path, "endless", 1, rounds=10**9)
    token = CancelToken()
    with Worker(SystemClock()) as worker:
        # Warming up would never end either: so the load is what gets cancelled here.
        outcome: list[QieHubError] = []

        def work() -> None:
            try:
                with worker.lease(key_of(endless), endless, cancel=token):
                    raise AssertionError("lent out")
            except QieHubError as error:
                outcome.append(error)

        thread = threading.Thread(target=work)
        thread.start()
        threading.Timer(0.5, token.cancel).start()
        thread.join(20)
        assert [type(error) for error in outcome] == [EditCancelled]


def test_cancelling_stops_a_running_edit_and_spares_the_worker(tmp_path: Path) -> None:
    slow = slow_source(tmp_path, "slow", 1, rounds=4000)
    token = CancelToken()
    with Worker(SystemClock()) as worker, worker.lease(key_of(slow), slow, cancel=token) as pipeline:
        pid = worker.pid
        source = source_of(IMAGE)
        plan = pipeline.plan(source, lambda: None)
        with pytest.raises(EditCancelled):
            pipeline.edit(source, plan, lambda stage, operation: token.cancel(), lambda: None)
        assert worker.pid == pid


def test_an_idle_worker_ends_and_comes_back_for_the_next_edit(tmp_path: Path) -> None:
    class Clock(SystemClock):
        time = 0.0

        def monotonic(self) -> float:
            return self.time

    source, clock = tint_source(tmp_path, "one", 1, 6), Clock()
    with Worker(clock, rules=Rules(unload_after=100)) as worker:
        with worker.lease(key_of(source), source) as pipeline:
            run(pipeline, IMAGE)
            clock.time = 500.0
            worker.tick()
            pid = worker.pid
            assert pid is not None
        clock.time = 550.0
        worker.tick()
        assert worker.pid == pid
        clock.time = 601.0
        worker.tick()
        assert worker.pid is None
        assert not alive(pid)
        assert worker.state().packs == ()
        with worker.lease(key_of(source), source) as pipeline:
            np.testing.assert_array_equal(run(pipeline, IMAGE), tinted(6))


def test_closing_waits_for_the_running_edit_and_leaves_no_process(tmp_path: Path) -> None:
    source = tint_source(tmp_path, "one", 1, 6)
    worker = Worker(SystemClock())
    with worker.lease(key_of(source), source) as pipeline:
        pid = worker.pid
        closing = threading.Thread(target=worker.close)
        closing.start()
        closing.join(0.2)
        assert closing.is_alive()
        np.testing.assert_array_equal(run(pipeline, IMAGE), tinted(6))
    closing.join(20)
    assert pid is not None
    assert not alive(pid)
    with pytest.raises(Closed), worker.lease(key_of(source), source):
        raise AssertionError("lent out")


def test_the_worker_ends_when_its_parent_is_killed(tmp_path: Path) -> None:
    script = (
        "import sys, threading\nfrom pathlib import Path\nfrom qie_hub.clock import SystemClock\n"
        "from qie_hub.worker import Worker\nfrom tests.support.pipelines import key_of, tint_source\n"
        "source = tint_source(Path(sys.argv[1]), 'one', 1, 1)\nworker = Worker(SystemClock())\n"
        "worker.swap(key_of(source), source)\nprint(worker.pid, flush=True)\nthreading.Event().wait()\n"
    )
    with subprocess.Popen([sys.executable, "-c", script, str(tmp_path)], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        assert alive(pid)
        parent.kill()
    pause = threading.Event()
    for _ in range(1000):
        if not alive(pid):
            return
        pause.wait(0.01)
    raise AssertionError("the worker outlived its parent")


def test_a_workers_memory_limit_is_enforced_by_the_system(tmp_path: Path) -> None:
    source = tint_source(tmp_path, "one", 1, 1)
    large = np.zeros((6000, 6000, 3), np.uint8)
    with Worker(SystemClock(), limit=700 << 20) as worker, worker.lease(key_of(source), source) as pipeline:
        with pytest.raises(DeviceMemory):
            run(pipeline, large)
        np.testing.assert_array_equal(run(pipeline, IMAGE), tinted(1))


def test_a_bug_in_a_plugin_is_an_error_of_that_edit(tmp_path: Path) -> None:
    source = tint_source(tmp_path, "one", 1, 1)
    with Worker(SystemClock()) as worker, worker.lease(key_of(source), source) as pipeline:
        with pytest.raises(InferenceError) as caught:
            run(pipeline, IMAGE[:, :, 0])
        assert "ValueError" in str(caught.value.data["problem"])
        np.testing.assert_array_equal(run(pipeline, IMAGE), tinted(1))


def test_what_cannot_travel_to_the_worker_is_named_and_costs_nothing_else(tmp_path: Path) -> None:
    source = tint_source(tmp_path, "one", 1, 1)

    def local() -> Loaded:
        return source()

    with Worker(SystemClock()) as worker:
        with pytest.raises(UsageError) as caught, worker.lease(key_of(source), local):
            raise AssertionError("lent out")
        assert caught.value.hint == "WORKER_PICKLE"
        with worker.lease(key_of(source), source) as pipeline:
            np.testing.assert_array_equal(run(pipeline, IMAGE), tinted(1))
