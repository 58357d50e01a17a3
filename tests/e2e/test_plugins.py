"""A pipeline in a package of its own: built as a wheel, installed, found, checked, used, switched off."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from qie_hub.hub import Hub
from tests.support.small_origin import PackSpec, SmallOrigin

SOURCE = Path(__file__).resolve().parents[1] / "support" / "plugin_wheel"

EDIT = """
import json, sys
import numpy as np
from qie_hub import Editor, Hub
with Hub(home=sys.argv[1], refresh="never") as hub, Editor(hub) as editor:
    result = editor.edit(np.full((20, 30, 3), 10, np.uint8), "sample")
    infos = {info.name: (info.state, info.package, info.version) for info in hub.plugins.infos()}
    print(json.dumps({"pixel": int(result.picture[0, 0, 0]), "pack": str(result.pack), "plugins": infos}))
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that the wheel was installed into."""
    folder = tmp_path_factory.mktemp("plugin")
    source = shutil.copytree(SOURCE, folder / "source")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    build = ["wheel", "--no-deps", "--no-build-isolation", "-w", str(folder / "wheels"), str(source)]
    subprocess.run([*pip, *build], check=True, capture_output=True)
    [wheel] = (folder / "wheels").glob("*.whl")
    subprocess.run([*pip, "install", "--no-deps", "--target", str(folder / "site"), str(wheel)], check=True)
    return folder / "site"


def run(site: Path, home: Path, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
    paths = os.pathsep.join([str(site), str(SOURCE.parents[2])])
    more = {**os.environ, "PYTHONPATH": paths, **env}
    return subprocess.run([sys.executable, *words, str(home)], capture_output=True, text=True, env=more)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    publisher = SmallOrigin(tmp_path / "publisher")
    publisher.publish(PackSpec(kind="sample", scale=3.0))
    with Hub(home=str(tmp_path / "home"), refresh="never") as hub:
        hub.origin_add(publisher.line)
        hub.install("sample").wait()
    return tmp_path / "home"


def test_a_pipeline_of_another_package_edits_with_the_installed_pack(installed: Path, home: Path) -> None:
    done = run(installed, home, "-c", EDIT)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["pixel"] == 31
    assert said["plugins"]["sample"] == ["ok", "qie-hub-sample", "1.2.0"]


def test_broken_plugins_are_listed_with_their_error_and_stop_nothing(installed: Path, home: Path) -> None:
    states = json.loads(run(installed, home, "-c", EDIT).stdout)["plugins"]
    assert states["broken"][0] == "broken"
    assert states["ancient"][0] == "broken"
    assert states["lite"][0] == "ok"


def test_an_empty_variable_switches_foreign_plugins_off(installed: Path, home: Path) -> None:
    done = run(installed, home, "-c", EDIT, QIE_HUB_PLUGINS="")
    assert done.returncode != 0
    assert "NO_PIPELINE" in done.stderr or "PROVIDER" in done.stderr


def test_without_the_package_the_error_names_the_missing_pipeline(tmp_path: Path, home: Path) -> None:
    done = run(tmp_path, home, "-c", EDIT)
    assert "sample" in done.stderr
    assert done.returncode != 0
