"""``hf qie …``: the command line as an extension of the real ``hf`` CLI."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from qie_hub.hub import Hub
from tests.support.small_origin import SmallOrigin

BIN = Path(sys.executable).parent
# What `hf extensions install owner/hf-qie` leaves behind, written by hf's own class: only its download is left out.
REGISTER = """
import sys
from datetime import datetime, timezone
from pathlib import Path
from huggingface_hub.cli.extensions import ExtensionManifest
ExtensionManifest(
    owner="qie-hub", repo="hf-qie", repo_id="qie-hub/hf-qie", short_name="qie", executable_path=sys.argv[1],
    type="python", installed_at=datetime.now(timezone.utc), description="Edit pictures with one sentence",
).save(Path("~/.local/share/hf/extensions/hf-qie").expanduser())
"""


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    env = {**os.environ, "HOME": str(tmp_path), "HF_HUB_DISABLE_UPDATE_CHECK": "1", "HF_HUB_OFFLINE": "1"}
    subprocess.run([sys.executable, "-c", REGISTER, str(BIN / "hf-qie")], env=env, check=True)
    return env


def test_the_hf_command_line_runs_qie_hub_as_an_extension(env: dict[str, str], tmp_path: Path) -> None:
    publisher = SmallOrigin(tmp_path / "publisher")
    publisher.publish()
    with Hub(home=str(tmp_path / "home"), refresh="never") as hub:
        hub.origin_add(publisher.line)
        hub.install("sample").wait()
    words = [str(BIN / "hf"), "qie", "--home", str(tmp_path / "home"), "list"]
    done = subprocess.run(words, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "acme/sample:512@1.0.0" in done.stdout


def test_exit_codes_pass_through_hf(env: dict[str, str], tmp_path: Path) -> None:
    words = [str(BIN / "hf"), "qie", "--home", str(tmp_path / "empty"), "install", "sample"]
    assert subprocess.run(words, env=env, capture_output=True).returncode == 3
