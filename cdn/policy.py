"""The signing policy: keys, thresholds and life of every role, read from ``manifests/policy.toml``.

Invariants: a threshold is at least 1 and at most the number of keys; every profile rules all five kinds of role; a
publisher's role follows the rule named ``publisher``, whatever its name.

Example::

    Policy.load("small").rule("acme").days  # 365, because acme is a publisher
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from qie_hub.errors import FormatError, SettingsError

TOP_ROLES: Final = ("root", "targets", "snapshot", "timestamp")
KINDS: Final = ("root", "targets", "publisher", "snapshot", "timestamp")
DEFAULT_FILE: Final = Path(__file__).parent.parent / "manifests" / "policy.toml"


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind of role. ``days`` is the life of a signature, ``warn`` how many days before its end to complain."""

    keys: int
    threshold: int
    days: int
    warn: int

    @property
    def life(self) -> timedelta:
        """How long a signature counts."""
        return timedelta(days=self.days)


@dataclass(frozen=True, slots=True)
class Policy:
    """A named set of rules, by kind of role."""

    name: str
    rules: Mapping[str, Rule]

    @classmethod
    def load(cls, profile: str = "small", file: Path = DEFAULT_FILE) -> Policy:
        """Read one profile.

        Raises:
            SettingsError: the file has no such profile.
            FormatError: the profile breaks the rules above.
        """
        table = tomllib.loads(file.read_text(encoding="utf-8"))
        if profile not in table:
            raise SettingsError(hint="NO_PROFILE", profile=profile, known=sorted(table))
        return cls.parse(profile, table[profile])

    @classmethod
    def parse(cls, name: str, table: Mapping[str, Any]) -> Policy:
        """Check one profile's table.

        Raises:
            FormatError: with every issue found.
        """
        issues = [issue for kind in KINDS for issue in _issues(kind, table.get(kind))]
        if issues:
            raise FormatError(what=f"policy {name}", issues=issues)
        return cls(name, {kind: Rule(**table[kind]) for kind in KINDS})

    def rule(self, role: str) -> Rule:
        """The rule of a role: its own for the four top roles, else the one of publishers."""
        return self.rules[role if role in TOP_ROLES else "publisher"]


def _issues(kind: str, rule: object) -> list[str]:
    fields = ("keys", "threshold", "days", "warn")
    if not isinstance(rule, dict) or set(rule) != set(fields):
        return [f"{kind}: needs exactly {', '.join(fields)}"]
    if not all(type(rule[key]) is int and rule[key] >= 1 for key in fields):
        return [f"{kind}: every value is an integer of at least 1"]
    if rule["threshold"] > rule["keys"]:
        return [f"{kind}: the threshold is more than the keys"]
    return []
