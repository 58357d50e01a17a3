"""What the source frameworks compute, so that tests can hold the converted networks against it.

The converters in `cdn.sources` need no TensorFlow; this does, once, in throw-away environments below ``build``, never
in the project's own::

    python -m cdn.evidence            # writes tests/golden/nets/*.npz; about 3 GB and a few minutes

Each network's own framework runs the bytes of the very package that the recipe pins, on crops of photographs that
ship in scikit-image. `tests/unit/test_cdn_evidence.py` converts the same bytes and compares.
"""

from __future__ import annotations

from typing import Final

CROPS: Final = {"astronaut.png": (0, 90), "coffee.png": (60, 160)}
"""Photographs of scikit-image, and the top and left edge of the part that is looked at."""
