"""The real command line: in this process where only its answer counts, as a process of its own where more does."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qie_hub.cli.main import run

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Answer:
    """What a command said and how it ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def error(self) -> dict[str, Any]:
        error = self.json["error"]
        assert error["exit_code"] == self.code
        return dict(error)


class CommandLine:
    """Calls ``qie-hub --home HOME …``."""

    def __init__(self, home: Path) -> None:
        self.home = home

    def __call__(self, *words: str) -> Answer:
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            code = run(["--home", str(self.home), *words], "qie-hub")
        return Answer(code, out.getvalue(), err.getvalue())

    def ok(self, *words: str) -> Answer:
        answer = self(*words)
        assert answer.code == 0, answer.err
        return answer

    def json(self, *words: str) -> Answer:
        return self("--format", "json", *words)

    def words(self, *words: str) -> list[str]:
        return [sys.executable, str(ROOT / "cli.py"), "--home", str(self.home), *words]

    def process(self, *words: str, env: Mapping[str, str] | None = None) -> Answer:
        done = subprocess.run(
            self.words(*words), env=environment(env), capture_output=True, stdin=subprocess.DEVNULL, timeout=120
        )
        return Answer(done.returncode, done.stdout.decode(), done.stderr.decode())

    def start(self, *words: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self.words(*words),
            env=environment(None),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )


def environment(extra: Mapping[str, str] | None) -> dict[str, str]:
    """This environment without what would change the answer: settings, colours, locale, width."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("QIE_HUB_", "LC_", "LANG"))}
    kept.pop("COLUMNS", None)
    kept.pop("NO_COLOR", None)
    return {**kept, "LANG": "C.UTF-8", **(extra or {})}
