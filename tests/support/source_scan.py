"""Reads the project's own source: where errors are raised, with which facts; which message keys are named."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from qie_hub import errors

ROOT = Path(__file__).parents[2]
KINDS = {
    name: kind for name, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, errors.QieHubError)
}


@dataclass(frozen=True)
class Site:
    """A place in the source that makes an error. ``facts`` is None where they are not all literal keywords."""

    where: str
    kind: type[errors.QieHubError]
    hints: tuple[str, ...]
    facts: frozenset[str] | None


def sources() -> Iterator[tuple[Path, ast.Module]]:
    for folder in ("qie_hub", "cdn"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield path, ast.parse(path.read_text(encoding="utf-8"))


def error_sites() -> list[Site]:
    found = []
    for path, tree in sources():
        for node in ast.walk(tree):
            # Errors take keywords only; `events.Failed` shares its name with an error and takes positions.
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id in KINDS
                and not node.args
            ):
                found.append(_site(path, node))
            if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Name) and node.exc.id in KINDS:
                found.append(Site(f"{path.relative_to(ROOT)}:{node.lineno}", KINDS[node.exc.id], (), frozenset()))
    return found


def first_arguments(*functions: str) -> list[tuple[str, str]]:
    """``(where, literal)`` of every call of a function or method of these names whose first argument is a literal."""
    found = []
    for path, tree in sources():
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", None)
            if name in functions:
                where = f"{path.relative_to(ROOT)}:{node.lineno}"
                found += [(where, literal) for literal in _texts(node.args[0])]
    return found


def _site(path: Path, node: ast.Call) -> Site:
    assert isinstance(node.func, ast.Name)
    kind = KINDS[node.func.id]
    hints: tuple[str, ...] = ()
    facts: set[str] | None = set()
    for keyword in node.keywords:
        if keyword.arg == "hint":
            hints = tuple(_texts(keyword.value))
        elif keyword.arg is None:
            facts = None
        elif facts is not None:
            facts.add(keyword.arg)
    return Site(f"{path.relative_to(ROOT)}:{node.lineno}", kind, hints, None if facts is None else frozenset(facts))


def _texts(node: ast.expr) -> list[str]:
    """The literals that an expression may be: a literal itself, or the arms of ``a if x else b``."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [node.value]
    if isinstance(node, ast.IfExp):
        return [*_texts(node.body), *_texts(node.orelse)]
    return []
