"""``make demo``: from an empty machine to an edited photograph, through the same commands that a person types.

A pack is built from pinned public packages, signed, published into a folder, served over HTTP, added as an origin,
downloaded, verified, installed and used. Then the server is stopped, the network taken away and the clock set 400
days ahead, and an edit still works; one byte of an installed weight is flipped, the next edit is refused, and
``repair`` mends it. Everything lies below ``build/demo``; a second run reuses what was built and downloaded.

    python -m examples.demo [PHOTO PROMPT]
"""

from __future__ import annotations

import hashlib
import json
import os
import shlex
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from examples import contact_sheet, demo_photos

ROOT = Path(__file__).resolve().parent.parent
BASE = ROOT / "build" / "demo"
OUT = BASE / "out"
HOME = BASE / "home"
DAYS_AHEAD = "400d"
TAMPERED = 42
REFUSED = 6


@dataclass
class Step:
    """One command of the demo and what it took."""

    name: str
    command: str
    seconds: float
    exit_code: int


class Demo:
    """Runs commands, keeps the table."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self.port = _port()

    @property
    def url(self) -> str:
        """Where the origin is served."""
        return f"http://127.0.0.1:{self.port}"

    def run(self, name: str, command: list[str], *, expect: int = 0, env: dict[str, str] | None = None) -> str:
        """Run a command, show it, stop the demo if it ends otherwise than expected; return its stdout."""
        shown = shlex.join(_short(word) for word in command)
        print(f"\n$ {shown}", flush=True)
        start = time.monotonic()
        done = subprocess.run(command, cwd=ROOT, env={**os.environ, **(env or {})}, stdout=subprocess.PIPE, text=True)
        self.steps.append(Step(name, shown, round(time.monotonic() - start, 2), done.returncode))
        print(done.stdout, end="", flush=True)
        if done.returncode != expect:
            raise SystemExit(f"the demo stops: {name} ended with exit code {done.returncode}, expected {expect}")
        return done.stdout

    def hub(self, name: str, *words: str, expect: int = 0, env: dict[str, str] | None = None) -> str:
        """Run ``qie-hub`` with the demo's home."""
        return self.run(name, [_script("qie-hub"), "--home", str(HOME), *words], expect=expect, env=env)

    @contextmanager
    def server(self) -> Iterator[None]:
        """The origin folder over HTTP."""
        words = [sys.executable, "-m", "cdn", "serve", str(BASE / "origin"), "--port", str(self.port)]
        with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            try:
                _await_port(self.port)
                yield
            finally:
                process.terminate()
                process.wait(timeout=10)

    def write_table(self) -> Path:
        """Write ``steps.json`` and print the table."""
        path = OUT / "steps.json"
        path.write_text(json.dumps([asdict(step) for step in self.steps], indent=1, ensure_ascii=False))
        print("\nseconds  exit  step")
        for step in self.steps:
            print(f"{step.seconds:7.2f}  {step.exit_code:4d}  {step.name}")
        print(f"{sum(step.seconds for step in self.steps):7.2f}        together")
        return path


def main() -> None:
    """Run the whole demo, or one edit of the user's own picture after installing."""
    OUT.mkdir(parents=True, exist_ok=True)
    demo = Demo()
    publish(demo)
    with demo.server():
        install(demo)
        if len(sys.argv) > 2:
            return own_edit(demo, Path(sys.argv[1]), sys.argv[2])
        scenes = demo_photos.scenes(BASE / "photos", BASE / "cache")
        for scene in scenes:
            edit(demo, scene)
    finale(demo, scenes[2])
    sheet = contact_sheet.write(OUT / "contact-sheet.png", [(scene, result_of(scene)) for scene in scenes])
    table = demo.write_table()
    print(f"\nbefore and after: {sheet}\nwhat each step took: {table}")
    print(f"go on with: {_short(_script('qie-hub'))} --home {_short(str(HOME))} run PHOTO SENTENCE")
    return None


def publish(demo: Demo) -> None:
    """Keys, pack, signatures, origin folder."""
    command = [sys.executable, "-m", "cdn", "up", str(BASE), "--url", demo.url]
    if _recipe_changed():
        print("the recipe is another one than in the last run: a new publisher, a new home")
        for name in ("keys", "passphrase", "repo", "origin", "home", "origin-line.txt"):
            path = BASE / name
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    line = demo.run("publish: python -m cdn up", command).strip().splitlines()[-1]
    (BASE / "origin-line.txt").write_text(line + "\n")


def _recipe_changed() -> bool:
    """What is published never changes, so the demo's publisher starts over when its recipe did."""
    recipe = (ROOT / "manifests" / "packs" / "ultra-lite.toml").read_bytes()
    mark = BASE / "recipe.sha256"
    digest = hashlib.sha256(recipe).hexdigest()
    changed = mark.exists() and mark.read_text() != digest
    mark.write_text(digest)
    return changed


def install(demo: Demo) -> None:
    """The words that a person would type."""
    line = shlex.split((BASE / "origin-line.txt").read_text())
    demo.hub("origin add", *line[1:])
    demo.hub("install ultra-lite", "install", "ultra-lite")
    demo.hub("list", "list")


def edit(demo: Demo, scene: demo_photos.Scene) -> None:
    """One edit; refused scenes must be refused with the right code."""
    words = ["run", str(scene.photo), scene.sentence, *scene.options, "-o", str(result_of(scene)), "--overwrite"]
    demo.hub(f"run: {scene.sentence}", *words, expect=REFUSED if scene.refused else 0)


def own_edit(demo: Demo, photo: Path, prompt: str) -> None:
    """``make demo PHOTO=my.jpg PROMPT='...'``."""
    goal = OUT / f"{photo.stem}.edited{photo.suffix}"
    demo.hub(f"run: {prompt}", "run", str(photo), prompt, "-o", str(goal), "--overwrite")
    print(f"\nyour picture: {goal}")


def finale(demo: Demo, scene: demo_photos.Scene) -> None:
    """No server, no network, 400 days later; then a flipped byte."""
    later = {"QIE_HUB_CLOCK_SKEW": DAYS_AHEAD}
    words = ["run", str(scene.photo), scene.sentence, "-o", str(OUT / "offline.jpg"), "--overwrite"]
    hub = [_script("qie-hub"), "--home", str(HOME)]
    demo.run("offline, 400 days later", [*_without_network(), *hub, *words], env=later)
    damaged = flip_byte(HOME)
    demo.hub("one byte flipped: refused", *words, expect=TAMPERED)
    with demo.server():
        demo.hub("repair", "repair")
    demo.hub("mended", *words)
    print(f"\nflipped and mended: {_short(str(damaged))}")


def flip_byte(home: Path) -> Path:
    """Flip the middle byte of the text recogniser, as a failing disk would."""
    path = next(home.glob("packs/*/*/*/files/ocr/rec.onnx"))
    path.chmod(0o644)
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2)
        byte = file.read(1)[0]
        file.seek(-1, os.SEEK_CUR)
        file.write(bytes([byte ^ 1]))
    path.chmod(0o444)
    return path


def result_of(scene: demo_photos.Scene) -> Path:
    """Where the edited picture of a scene lies; absent for refused ones."""
    return OUT / f"{scene.name}.edited{scene.photo.suffix}"


def _without_network() -> list[str]:
    """A prefix that takes the network away: a network namespace, else a Python that refuses to open sockets."""
    if shutil.which("unshare"):
        for prefix in (["unshare", "-n"], ["unshare", "-rn"]):
            if subprocess.run([*prefix, "true"], stderr=subprocess.DEVNULL).returncode == 0:
                return prefix
    return [sys.executable, str(ROOT / "examples" / "no_network.py")]


def _port() -> int:
    """A free port, the same one in every run: it is part of the origin's URL."""
    path = BASE / "port"
    if path.exists():
        return int(path.read_text())
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(str(port))
    return port


def _await_port(port: int) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise SystemExit(f"the origin's server does not answer on port {port}; is the port taken? rm {BASE / 'port'}")


def _script(name: str) -> str:
    return str(Path(sys.executable).with_name(name))


def _short(word: str) -> str:
    return word.replace(f"{ROOT}/", "")


if __name__ == "__main__":
    main()
