"""Tests see the machine, not the shell that they were started from."""

import os
import signal

from hypothesis import settings

# Timings are noisy where two tests share two cores; no test is about time.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

for name in [*os.environ]:
    if name.startswith("QIE_HUB_") or name in {"COLUMNS", "LINES", "NO_COLOR"}:
        del os.environ[name]

# A shell starts what runs in the background with Ctrl-C ignored, and children inherit that; some tests send it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
