"""Run the portrait net in MediaPipe itself; arguments: pictures.npz out.npz selfie_segmentation.tflite.

Runs in an environment of its own and imports nothing of this project. MediaPipe's wheel brings its own copy of the
net; the one that the recipe pins is put in its place first.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import mediapipe  # type: ignore[import-not-found]  # installed in the throw-away environment alone
import numpy as np

EVERY = 4


def main() -> None:
    """Write, for each picture, every fourth value of the mask in each direction."""
    pictures, goal, model = map(Path, sys.argv[1:])
    own = Path(mediapipe.__file__).parent / "modules" / "selfie_segmentation" / "selfie_segmentation.tflite"
    shutil.copyfile(model, own)
    kept = {}
    for name, picture in np.load(pictures).items():
        with mediapipe.solutions.selfie_segmentation.SelfieSegmentation(model_selection=0) as net:
            kept[name] = net.process(picture).segmentation_mask[::EVERY, ::EVERY]
    np.savez_compressed(goal, **kept)


main()
