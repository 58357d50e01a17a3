"""Tests see the machine, not the shell that they were started from."""

import os

from hypothesis import settings

# Timings are noisy where two tests share two cores; no test is about time.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

for name in [*os.environ]:
    if name.startswith("QIE_HUB_") or name in {"COLUMNS", "LINES", "NO_COLOR"}:
        del os.environ[name]
