"""The Gradio example under the real Gradio: a page is served, and its button edits."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from skimage import data

from qie_hub.hub import Hub
from tests.support import ultra_lite

ROOT = Path(__file__).resolve().parents[2]
SERVE = """
import sys
from qie_hub import Editor, Hub
from examples.gradio_app import build
with Hub() as hub, Editor(hub) as editor:
    build(hub, editor).launch(server_name="127.0.0.1", server_port=int(sys.argv[1]), quiet=True)
"""
ASK = """
import sys
from gradio_client import Client, handle_file
pictures, said = Client(sys.argv[1], verbose=False).predict(handle_file(sys.argv[2]), sys.argv[3], api_name="/edit")
print(pictures)
print(said)
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("gradio") / "site"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--target", str(folder)]
    subprocess.run([*pip, "gradio"], check=True)
    return folder


@pytest.fixture
def env(tmp_path: Path, site: Path) -> dict[str, str]:
    with Hub(home=str(tmp_path / "home"), refresh="never") as hub:
        hub.origin_add(ultra_lite.line())
        hub.install("ultra-lite:512").wait()
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(site)]),
        "QIE_HUB_HOME": str(tmp_path / "home"),
        "QIE_HUB_REFRESH": "never",
        "GRADIO_ANALYTICS_ENABLED": "False",
        "HF_HUB_OFFLINE": "1",
    }


@pytest.fixture
def page(env: dict[str, str]) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with subprocess.Popen([sys.executable, "-c", SERVE, str(port)], cwd=ROOT, env=env) as process:
        try:
            for _ in range(600):
                with socket.socket() as probe:
                    if process.poll() is not None or probe.connect_ex(("127.0.0.1", port)) == 0:
                        break
                time.sleep(0.1)
            assert process.poll() is None
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def ask(env: dict[str, str], page: str, photo: Path, sentence: str) -> str:
    words = [sys.executable, "-c", ASK, page, str(photo), sentence]
    done = subprocess.run(words, capture_output=True, text=True, env=env)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_button_edits_and_refuses_in_the_language_of_the_sentence(
    env: dict[str, str], page: str, tmp_path: Path
) -> None:
    photo = tmp_path / "photo.png"
    Image.fromarray(data.coffee()).save(photo)
    said = ask(env, page, photo, "调亮一点,暖色调")
    assert "ultra-lite:512" in said
    assert ".webp" in said or ".png" in said
    assert "Pro" in ask(env, page, photo, "把背景换成海边 sunset")
