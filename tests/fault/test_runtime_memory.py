from __future__ import annotations

from pathlib import Path

from tests.support.stages import prove_turns


def test_stages_that_fit_one_at_a_time_take_turns_under_a_real_limit(tmp_path: Path) -> None:
    prove_turns(tmp_path, side=8192)
