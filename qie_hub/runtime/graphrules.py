"""What a graph of a pack may contain. Pure: a decoded graph in, a list of issues out.

Rules (docs/runtime.md has the reasons):

* operators only of the allowed domains and opsets, none that loads code or compiled engines;
* every tensor anywhere (initializers, attributes, subgraphs, sparse ones): a known type, non-negative dimensions,
  exactly as many bytes as type and dimensions say; external bytes only inside files that this manifest lists, named
  by location, offset, length and checksum and nothing else;
* no constant that grows beyond `MAX_CONSTANT` elements when the runtime folds it (`constants` follows shapes).

Example::

    issues = check_model(read(memoryview(data)), "det.onnx", {"det.data": 3_000_000})
"""

from __future__ import annotations

import posixpath
from collections import ChainMap
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import prod
from typing import Final

from qie_hub.formats.fields import path_problem
from qie_hub.runtime.constants import Shapes
from qie_hub.runtime.onnxwire import Message

OPSETS: Final[Mapping[str, range]] = {
    "": range(7, 29),
    "ai.onnx.ml": range(1, 7),
    "com.microsoft": range(1, 2),
}
IR_VERSIONS: Final = range(3, 15)
REFUSED_OPERATORS: Final = frozenset({"PyOp", "PythonOp", "PythonOpGrad", "EPContext", "OpaqueBlob", "ATen"})
MAX_CONSTANT: Final = 1 << 26
MAX_RANK: Final = 16
_EXTERNAL: Final = 1
_EXTERNAL_KEYS: Final = frozenset({"location", "offset", "length", "checksum"})
_STRING: Final = 8
# Bits per element by TensorProto.DataType; complex numbers and types of later ONNX versions are not in packs.
_BITS: Final[Mapping[int, int]] = {
    1: 32, 2: 8, 3: 8, 4: 16, 5: 16, 6: 32, 7: 64, 9: 8, 10: 16, 11: 64, 12: 32, 13: 64, 16: 16,
    17: 8, 18: 8, 19: 8, 20: 8, 21: 4, 22: 4, 23: 4, 24: 8, 25: 2, 26: 2,
}  # fmt: skip
_TYPED_FIELDS: Final = ("float_data", "int32_data", "int64_data", "double_data", "uint64_data")


@dataclass(slots=True)
class _Check:
    """One model on its way through the rules. ``files`` maps the manifest's paths to sizes in bytes."""

    path: str
    files: Mapping[str, int]
    issues: list[str] = field(default_factory=list)
    used: set[str] = field(default_factory=set)

    def complain(self, where: str, text: str) -> None:
        self.issues.append(f"{self.path}: {where:.200}: {text}")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What `check_model` found. ``used`` are the manifest's files that hold external weights of this graph."""

    issues: tuple[str, ...]
    used: frozenset[str]


def check_model(model: Message, path: str, files: Mapping[str, int]) -> Verdict:
    """Check one decoded .onnx file.

    Args:
        model: what `onnxwire.read` gave.
        path: the file's path in the manifest; external locations are relative to its directory.
        files: every file that the variant lists, with its size in bytes.
    """
    check = _Check(path, files)
    if model.integer("ir_version") not in IR_VERSIONS:
        check.complain("model", f"IR version {model.integer('ir_version')}")
    imported = _opsets(model, check)
    graph = model.message("graph")
    if graph is None:
        check.complain("model", "no graph")
    else:
        _graph(graph, "graph", imported, Shapes(ChainMap()), check)
    return Verdict(tuple(check.issues), frozenset(check.used))


def _opsets(model: Message, check: _Check) -> frozenset[str]:
    seen: set[str] = set()
    for entry in model.messages("opset_import"):
        domain = _domain(entry.text("domain"))
        if domain in seen:
            check.complain("opset_import", f"domain {domain!r} is imported twice")
        if entry.integer("version") not in OPSETS.get(domain, range(0)):
            check.complain("opset_import", f"domain {domain!r} version {entry.integer('version')} is not allowed")
        seen.add(domain)
    return frozenset(seen)


def _graph(graph: Message, where: str, imported: frozenset[str], shapes: Shapes, check: _Check) -> None:
    for tensor in graph.messages("initializer"):
        name = tensor.text("name")
        _tensor(tensor, f"{where}.initializer {name!r}", check)
        shapes.constant(name, tensor)
    for sparse in graph.messages("sparse_initializer"):
        _sparse(sparse, f"{where}.sparse_initializer", check)
    for value in graph.messages("input"):
        _input(value, where, check)
    for node in graph.messages("node"):
        _node(node, where, imported, shapes, check)


def _input(value: Message, where: str, check: _Check) -> None:
    typed = value.message("type")
    tensor = typed.message("tensor_type") if typed else None
    shape = tensor.message("shape") if tensor else None
    sizes = [dimension.integer("dim_value") for dimension in shape.messages("dim")] if shape else []
    # Exporters write -1 or 0 where they mean a free dimension.
    if prod(max(size, 1) for size in sizes) > MAX_CONSTANT:
        check.complain(f"{where}.input {value.text('name')!r}", f"fixed dimensions {sizes} exceed {MAX_CONSTANT}")


def _node(node: Message, where: str, imported: frozenset[str], shapes: Shapes, check: _Check) -> None:
    domain, operator = _domain(node.text("domain")), node.text("op_type")
    label = f"{where}.{operator or '?'} {node.text('name')!r}"
    if domain not in OPSETS:
        check.complain(label, f"domain {domain!r} is not allowed")
    elif domain not in imported:
        check.complain(label, f"domain {domain!r} is not imported")
    if operator in REFUSED_OPERATORS:
        check.complain(label, "this operator is not allowed")
    for attribute in node.messages("attribute"):
        spot = f"{label}.{attribute.text('name')}"
        for tensor in (*attribute.messages("t"), *attribute.messages("tensors")):
            _tensor(tensor, spot, check)
        for sparse in (*attribute.messages("sparse_tensor"), *attribute.messages("sparse_tensors")):
            _sparse(sparse, spot, check)
        for graph in (*attribute.messages("g"), *attribute.messages("graphs")):
            _graph(graph, spot, imported, shapes.inner(), check)
    problem = shapes.node(node, operator, MAX_CONSTANT)
    if problem is not None:
        check.complain(label, problem)


def _sparse(sparse: Message, where: str, check: _Check) -> None:
    for part in ("values", "indices"):
        tensor = sparse.message(part)
        if tensor is None:
            check.complain(where, f"sparse tensor without {part}")
        else:
            _tensor(tensor, f"{where}.{part}", check)
    dims = sparse.integers("dims")
    if dims is None or not _sane(dims) or prod(dims) > MAX_CONSTANT:
        check.complain(where, "sparse tensor's dimensions exceed the budget")


def _tensor(tensor: Message, where: str, check: _Check) -> None:
    dims = tensor.integers("dims")
    type_ = tensor.integer("data_type")
    if dims is None or not _sane(dims):
        check.complain(where, "negative, too large or too many dimensions")
        return
    elements = prod(dims)
    if type_ == _STRING:
        _string_tensor(tensor, elements, where, check)
    elif type_ not in _BITS:
        check.complain(where, f"element type {type_} is not allowed")
    else:
        _numeric_tensor(tensor, elements, _BITS[type_], where, check)


def _string_tensor(tensor: Message, elements: int, where: str, check: _Check) -> None:
    if tensor.has("external_data") or tensor.integer("data_location") or tensor.has("raw_data"):
        check.complain(where, "texts must lie in the graph")
    if tensor.count("string_data") != elements:
        check.complain(where, f"{tensor.count('string_data')} texts for {elements} elements")


def _numeric_tensor(tensor: Message, elements: int, bits: int, where: str, check: _Check) -> None:
    size = (elements * bits + 7) // 8
    forms = [name for name in (*_TYPED_FIELDS, "raw_data", "external_data") if tensor.has(name)]
    if len(forms) > 1:
        check.complain(where, f"data in several forms: {', '.join(forms)}")
    elif tensor.has("external_data") or tensor.integer("data_location") == _EXTERNAL:
        _external(tensor, size, where, check)
    elif tensor.has("raw_data") or not forms:
        if len(tensor.raw("raw_data")) != size:
            check.complain(where, f"{len(tensor.raw('raw_data'))} bytes where type and dimensions say {size}")
    elif tensor.count(forms[0]) not in {elements, size}:
        # Types below a byte are packed into int32_data byte by byte: then the count is that of the bytes.
        check.complain(where, f"{tensor.count(forms[0])} numbers for {elements} elements")


def _external(tensor: Message, size: int, where: str, check: _Check) -> None:
    entries = [(entry.text("key"), entry.text("value")) for entry in tensor.messages("external_data")]
    facts = dict(entries)
    if tensor.integer("data_location") != _EXTERNAL:
        check.complain(where, "external data without an external location")
    if len(facts) != len(entries) or not facts.keys() <= _EXTERNAL_KEYS:
        check.complain(where, f"external data has keys {sorted(key for key, _ in entries)}")
    location = facts.get("location", "")
    path = posixpath.join(posixpath.dirname(check.path), location)
    if path_problem(location) is not None or path not in check.files:
        check.complain(where, f"external data lies in {location!r:.200}, which is not a file of this pack")
        return
    check.used.add(path)
    offset, length = _number(facts.get("offset", "0")), _number(facts.get("length", str(size)))
    if offset is None or length is None or length != size or offset + length > check.files[path]:
        check.complain(where, f"external data's offset and length do not fit {size} bytes within {location}")


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None


def _sane(dims: tuple[int, ...]) -> bool:
    return len(dims) <= MAX_RANK and all(0 <= size < 1 << 40 for size in dims)


def _domain(text: str) -> str:
    return "" if text == "ai.onnx" else text
