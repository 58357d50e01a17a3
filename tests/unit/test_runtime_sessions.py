from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from qie_hub.errors import (
    Closed,
    DeviceMemory,
    EditCancelled,
    InferenceError,
    LoadError,
    NotFound,
    ProviderError,
    QieHubError,
)
from qie_hub.runtime.cancel import CancelToken
from qie_hub.runtime.sessions import PackSessions
from tests.support import graphs

PICTURE = np.arange(48, dtype=np.float32).reshape(1, 3, 4, 4)


def open_pack(root: Path, **files: bytes) -> PackSessions:
    manifest, variant = graphs.pack(root, {f"{name}.onnx": data for name, data in files.items()})
    return PackSessions(manifest, variant, root, threads=1)


def start_loop(session: object, token: CancelToken | None, errors: list[BaseException]) -> threading.Thread:
    """Run the endless graph in a thread; returns once the thread is about to enter the graph."""
    entered = threading.Event()

    def work() -> None:
        feeds = {"n": np.array(10**9), "x": np.eye(40, dtype=np.float32)}
        try:
            with (token or CancelToken()).bound():
                entered.set()
                session.run(feeds)  # type: ignore[attr-defined]  # the test passes a session
        except QieHubError as error:
            errors.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    assert entered.wait(10)
    return thread


def test_a_graph_computes_what_its_bytes_say(tmp_path: Path) -> None:
    with open_pack(tmp_path, one=graphs.affine(2, 1).SerializeToString()) as pack:
        [result] = pack.session("one.onnx").run({"x": PICTURE})
    np.testing.assert_array_equal(result, PICTURE * 2 + 1)


def test_the_models_own_metadata_is_kept(tmp_path: Path) -> None:
    data = graphs.affine(metadata={"character": "零\n一\n二"}).SerializeToString()
    with open_pack(tmp_path, rec=data) as pack:
        session = pack.session("rec.onnx")
        assert session.metadata["character"].splitlines() == ["零", "一", "二"]
        assert session.input_names == ("x",)
        assert session.output_names == ("y",)


def test_threads_share_one_session(tmp_path: Path) -> None:
    with open_pack(tmp_path, one=graphs.affine().SerializeToString()) as pack:
        found: list[object] = []
        threads = [threading.Thread(target=lambda: found.append(pack.session("one.onnx"))) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(found) == 8
        assert len({id(session) for session in found}) == 1


def test_a_file_that_the_variant_does_not_list_is_absent_even_if_it_lies_there(tmp_path: Path) -> None:
    with open_pack(tmp_path, one=graphs.affine().SerializeToString()) as pack:
        (tmp_path / "extra.onnx").write_bytes(graphs.affine().SerializeToString())
        with pytest.raises(NotFound):
            pack.session("extra.onnx")
        with pytest.raises(NotFound):
            pack.path("../one.onnx")


def test_an_unavailable_provider_is_an_error_and_never_the_cpu(tmp_path: Path) -> None:
    manifest, variant = graphs.pack(tmp_path, {"one.onnx": graphs.affine().SerializeToString()})
    with pytest.raises(ProviderError) as caught:
        PackSessions(manifest, variant, tmp_path, provider="TensorrtExecutionProvider")
    assert "CPUExecutionProvider" in caught.value.data["available"]


@pytest.mark.parametrize("damage", [b"", b"x" * 1000, graphs.affine().SerializeToString()[:-7]])
def test_a_broken_graph_is_a_load_error(tmp_path: Path, damage: bytes) -> None:
    with open_pack(tmp_path, one=damage) as pack, pytest.raises(LoadError):
        pack.session("one.onnx")


@pytest.mark.parametrize(
    "feeds", [{"q": PICTURE}, {"x": PICTURE.astype(np.int32)}, {"x": PICTURE[0]}, {"x": None}], ids=str
)
def test_wrong_feeds_are_an_inference_error(tmp_path: Path, feeds: dict[str, np.ndarray]) -> None:
    with open_pack(tmp_path, one=graphs.affine().SerializeToString()) as pack:
        session = pack.session("one.onnx")
        with pytest.raises(InferenceError):
            session.run(feeds)


@pytest.mark.parametrize("elements", [1 << 45, 1 << 62])
def test_running_out_of_memory_has_its_own_error(tmp_path: Path, elements: int) -> None:
    with open_pack(tmp_path, bomb=graphs.filler().SerializeToString()) as pack:
        session = pack.session("bomb.onnx")
        with pytest.raises(DeviceMemory):
            session.run({"n": np.array([elements])})
        assert session.run({"n": np.array([3])})[0].tolist() == [0, 0, 0]


def test_cancelling_stops_a_graph_in_the_middle_and_only_that_one(tmp_path: Path) -> None:
    with open_pack(tmp_path, loop=graphs.endless().SerializeToString()) as pack:
        session = pack.session("loop.onnx")
        first, second = CancelToken(), CancelToken()
        errors: list[BaseException] = []
        thread = start_loop(session, first, errors)
        other: list[BaseException] = []
        bystander = start_loop(session, second, other)
        first.cancel()
        thread.join(20)
        assert [type(error) for error in errors] == [EditCancelled]
        assert bystander.is_alive()
        second.cancel()
        bystander.join(20)
        assert [type(error) for error in other] == [EditCancelled]


def test_a_token_that_was_cancelled_before_stops_the_run_at_once(tmp_path: Path) -> None:
    token = CancelToken()
    token.cancel()
    with open_pack(tmp_path, one=graphs.affine().SerializeToString()) as pack:
        session = pack.session("one.onnx")
        with token.bound(), pytest.raises(EditCancelled):
            session.run({"x": PICTURE})
        assert session.run({"x": PICTURE})[0].shape == PICTURE.shape


def test_close_waits_for_the_active_run_and_refuses_the_next(tmp_path: Path) -> None:
    pack = open_pack(tmp_path, loop=graphs.endless().SerializeToString())
    session = pack.session("loop.onnx")
    token, errors = CancelToken(), list[BaseException]()
    runner = start_loop(session, token, errors)
    closer = threading.Thread(target=pack.close)
    closer.start()
    closer.join(0.3)
    assert closer.is_alive(), "closed under a run"
    token.cancel()
    runner.join(20)
    closer.join(20)
    assert not closer.is_alive()
    with pytest.raises(Closed):
        session.run({"n": np.array(1), "x": np.eye(2, dtype=np.float32)})
    pack.close()


def test_released_graphs_come_back_on_the_next_use(tmp_path: Path) -> None:
    with open_pack(tmp_path, one=graphs.affine().SerializeToString()) as pack:
        pack.session("one.onnx")
        assert pack.loaded == ("one.onnx",)
        pack.release(["one.onnx"])
        assert pack.loaded == ()
        assert pack.session("one.onnx").run({"x": PICTURE})[0].shape == PICTURE.shape


def test_external_weights_load_from_a_hard_link(tmp_path: Path) -> None:
    store, root = tmp_path / "store", tmp_path / "pack"
    store.mkdir()
    weights = np.arange(3 * 4 * 4, dtype=np.float32)
    (store / "w").write_bytes(weights.tobytes())
    manifest, variant = graphs.pack(
        root, {"big.onnx": graphs.external_add("big.data", (1, 3, 4, 4)).SerializeToString()}
    )
    (root / "big.data").hardlink_to(store / "w")
    with PackSessions(manifest, variant, root, threads=1) as pack:
        [result] = pack.session("big.onnx").run({"x": PICTURE})
    np.testing.assert_array_equal(result, PICTURE + weights.reshape(PICTURE.shape))


def test_dimensions_of_the_resolution_are_fixed_by_the_packs_settings(tmp_path: Path) -> None:
    manifest, variant = graphs.pack(
        tmp_path,
        {"one.onnx": graphs.affine().SerializeToString()},
        settings={"runtime": {"dimensions": {"h": 4, "w": 4}, "prepack": False}},
    )
    with PackSessions(manifest, variant, tmp_path, threads=1) as pack:
        assert pack.session("one.onnx").inputs == (("x", "tensor(float)", (1, 3, 4, 4)),)


def test_onnxruntime_writes_nothing_of_its_own_to_stderr(tmp_path: Path) -> None:
    graphs.pack(tmp_path, {"bomb.onnx": graphs.filler().SerializeToString(), "bad.onnx": b"x" * 50})
    script = (
        "import numpy as np, sys\nfrom pathlib import Path\nfrom tests.support import graphs\n"
        "from qie_hub.errors import QieHubError\nfrom qie_hub.runtime.sessions import PackSessions\n"
        "m, v = graphs.pack(Path(sys.argv[1]), {'bomb.onnx': graphs.filler().SerializeToString(), 'bad.onnx': b'x'})\n"
        "pack = PackSessions(m, v, Path(sys.argv[1]))\n"
        "bomb = lambda: pack.session('bomb.onnx').run({'n': np.array([1 << 62])})\n"
        "for act in (lambda: pack.session('bad.onnx'), bomb):\n"
        "    try: act()\n    except QieHubError as error: print(error.code)\n"
    )
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, timeout=60)
    assert done.stderr == ""
    assert done.stdout.split() == ["LOAD", "DEVICE_MEMORY"]


def test_a_component_is_shared_measured_and_closed_with_its_pack(tmp_path: Path) -> None:
    part = open_pack(tmp_path / "part", finer=graphs.affine(3, 0).SerializeToString())
    manifest, variant = graphs.pack(tmp_path / "pack", {"one.onnx": graphs.affine(2, 0).SerializeToString()})
    pack = PackSessions(manifest, variant, tmp_path / "pack", threads=1, components={"finer": part})
    pack.share(pack.commons, staged=True)
    assert (part.commons, part.one_stage_at_a_time) == (pack.commons, True)
    assert pack.component("other") is None
    found = pack.component("finer")
    assert found is not None
    [result] = found.session("finer.onnx").run({"x": PICTURE})
    np.testing.assert_array_equal(result, PICTURE * 3)
    assert pack.memory.keys() == part.memory.keys(), "what a component takes belongs to the pack"
    pack.release()
    assert part.loaded == ()
    pack.close()
    with pytest.raises(Closed):
        found.session("finer.onnx").run({"x": PICTURE})
