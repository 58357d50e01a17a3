"""Run a TensorFlow.js graph model whole in TensorFlow; arguments: pictures.npz out.npz model.json and the shards.

Runs in an environment of its own and imports nothing of this project. The graph is rebuilt from its JSON by
TensorFlow's own protobuf classes, with its pre-processing; only the boxes' scores above `LOWEST` are kept whole.
"""

from __future__ import annotations

import base64
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf  # type: ignore[import-untyped]  # installed in the throw-away environment alone
from google.protobuf import json_format  # type: ignore[import-untyped]  # the same

LOWEST = 0.1
BOXES, SCORES = "Postprocessor/ExpandDims_1:0", "Postprocessor/Slice:0"


def graph_of(topology: Any, weights: dict[str, Any]) -> Any:
    """The GraphDef of a topology, with its constants filled in."""
    graph = tf.compat.v1.GraphDef()
    for row in topology:
        node = graph.node.add(name=row["name"], op=row["op"], input=row.get("input", []))
        if row["op"] == "Const":
            value = weights[row["name"]]
            node.attr["dtype"].type = tf.as_dtype(value.dtype).as_datatype_enum
            node.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(value))
            continue
        for key, value in row.get("attr", {}).items():
            json_format.ParseDict(_bytes_as_text(value), node.attr[key])
    return graph


def _bytes_as_text(value: dict[str, Any]) -> dict[str, Any]:
    """The exporter writes bytes as lists of numbers, where protobuf's JSON has base64."""
    if "s" in value:
        return {"s": base64.b64encode(bytes(value["s"])).decode()}
    if "list" in value:
        return {"list": {"i": value["list"].get("i", [])}}
    return value


def weights_of(manifest: Any, data: bytes) -> dict[str, Any]:
    """The constants, cut out of the shards."""
    found: dict[str, Any] = {}
    at = 0
    for row in (row for group in manifest for row in group["weights"]):
        count = int(np.prod(row["shape"]))
        array = np.frombuffer(data, np.dtype(row["dtype"]).newbyteorder("<"), count, at)
        found[row["name"]], at = array.reshape(row["shape"]), at + array.nbytes
    return found


def main() -> None:
    """Write, for each picture, every box, the rows of the likely ones, and the best score of each class."""
    pictures, goal, model, *shards = map(Path, sys.argv[1:])
    document = json.loads(model.read_bytes())
    weights = weights_of(document["weightsManifest"], b"".join(shard.read_bytes() for shard in shards))
    kept: dict[str, Any] = {}
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        tf.import_graph_def(graph_of(document["modelTopology"]["node"], weights), name="")
        for name, picture in np.load(pictures).items():
            boxes, scores = session.run([BOXES, SCORES], {"image_tensor:0": picture[None].astype(np.int32)})
            rows = np.flatnonzero(scores[0].max(axis=1) > LOWEST)
            kept |= {f"{name}:boxes": boxes[0, :, 0], f"{name}:best": scores[0].max(axis=0)}
            kept |= {f"{name}:rows": rows, f"{name}:scores": scores[0][rows]}
    np.savez_compressed(goal, **kept)


main()
