"""Run a super-resolution net in ncnn itself; arguments: pictures.npz out.npz net.param net.bin.

Runs in an environment of its own and imports nothing of this project. fp32 all the way, on one thread.
"""

from __future__ import annotations

import sys
from typing import Any

import ncnn  # type: ignore[import-not-found]  # installed in the throw-away environment alone
import numpy as np

EVERY = 3


def main() -> None:
    """Write, for each picture, every third value of the larger picture in each direction, channels first."""
    pictures, goal, param, weights = sys.argv[1:]
    net = ncnn.Net()
    for option in ("use_fp16_packed", "use_fp16_storage", "use_fp16_arithmetic", "use_bf16_storage"):
        setattr(net.opt, option, False)
    net.opt.num_threads = 1
    net.load_param(param)
    net.load_model(weights)
    kept: dict[str, Any] = {}
    for name, picture in np.load(pictures).items():
        planar = np.ascontiguousarray(picture.transpose(2, 0, 1), np.float32) / np.float32(255)
        extractor = net.create_extractor()
        extractor.input("data", ncnn.Mat(planar))
        _, out = extractor.extract("output")
        kept[name] = np.array(out)[:, ::EVERY, ::EVERY]
    np.savez_compressed(goal, **kept)


main()
