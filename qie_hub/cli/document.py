"""Values of the library as plain JSON values. Pure."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import timedelta


def jsonable(value: object) -> object:
    """Return ``value`` as dicts, lists, texts, numbers, truth and None.

    A value with ``to_json`` decides itself; other dataclasses become objects of their public fields; what JSON does
    not know (refs, digests, paths, moments) becomes its text.
    """
    if value is None or isinstance(value, (str, int, float, bool)):
        return value
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, Mapping):
        return {str(key): jsonable(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [jsonable(item) for item in value]
    if isinstance(value, (set, frozenset)):
        return sorted((jsonable(item) for item in value), key=str)
    return _object(value)


def _object(value: object) -> object:
    to_json = getattr(value, "to_json", None)
    if callable(to_json):
        return jsonable(to_json())
    if dataclasses.is_dataclass(value) and not isinstance(value, type) and type(value).__str__ is object.__str__:
        fields = (field.name for field in dataclasses.fields(value) if not field.name.startswith("_"))
        return {name: jsonable(getattr(value, name)) for name in fields}
    return str(value)
