"""Names of packs: ``[publisher/]name[:resolution][@version or @channel]``.

Invariants:

* ``PackRef.parse(str(ref)) == ref`` for every ref.
* A version is MAJOR.MINOR.PATCH; a channel starts with a letter; a ref has at most one of both.
* A resolution is 256, 512 or 1024.

Example::

    PackRef.parse("acme/pro:512@stable")
    # PackRef(name='pro', publisher='acme', resolution=512, version=None, channel='stable')
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Final

from qie_hub.errors import UsageError

RESOLUTIONS: Final = (256, 512, 1024)
_NAME = r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?"
_REF = re.compile(
    rf"(?:(?P<publisher>{_NAME})/)?(?P<name>{_NAME})(?::(?P<resolution>[0-9]+))?(?:@(?P<at>[A-Za-z0-9.-]+))?\Z"
)
_VERSION = re.compile(r"(0|[1-9][0-9]{0,8})\.(0|[1-9][0-9]{0,8})\.(0|[1-9][0-9]{0,8})\Z")
_CHANNEL = re.compile(r"[a-z][a-z0-9-]{0,31}\Z")
_PLAIN_NAME = re.compile(_NAME + r"\Z")


@dataclass(frozen=True, slots=True, order=True)
class Version:
    """MAJOR.MINOR.PATCH."""

    major: int
    minor: int
    patch: int

    @classmethod
    def parse(cls, text: str) -> Version:
        """Read ``1.2.3``.

        Raises:
            UsageError: the text is anything else.
        """
        match = _VERSION.match(text) if isinstance(text, str) else None
        if match is None:
            raise UsageError(hint="BAD_VERSION", text=text)
        major, minor, patch = match.groups()
        return cls(int(major), int(minor), int(patch))

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}"


@dataclass(frozen=True, slots=True)
class PackRef:
    """What a person types to name a pack. Absent parts are None."""

    name: str
    publisher: str | None = None
    resolution: int | None = None
    version: Version | None = None
    channel: str | None = None

    @classmethod
    def parse(cls, text: str) -> PackRef:
        """Read a ref.

        Raises:
            UsageError: the text is not a ref.
        """
        match = _REF.match(text) if isinstance(text, str) else None
        if match is None:
            raise UsageError(hint="BAD_REF", text=text)
        resolution = match["resolution"]
        if resolution is not None and resolution not in {str(known) for known in RESOLUTIONS}:
            raise UsageError(hint="BAD_RESOLUTION", text=resolution, known=RESOLUTIONS)
        version, channel = _version_or_channel(match["at"])
        return cls(
            name=match["name"],
            publisher=match["publisher"],
            resolution=None if resolution is None else int(resolution),
            version=version,
            channel=channel,
        )

    @property
    def slot(self) -> str:
        """``name-512`` or ``name-any``: the folder of this pack's generations below its publisher."""
        return f"{self.name}-{self.resolution_text}"

    @property
    def resolution_text(self) -> str:
        """The resolution as it stands in paths: digits or ``any``."""
        return "any" if self.resolution is None else str(self.resolution)

    @property
    def unversioned(self) -> PackRef:
        """The same pack without version and channel."""
        return replace(self, version=None, channel=None)

    def __str__(self) -> str:
        text = self.name if self.publisher is None else f"{self.publisher}/{self.name}"
        if self.resolution is not None:
            text += f":{self.resolution}"
        at = self.version or self.channel
        return text if at is None else f"{text}@{at}"


def check_name(text: str) -> str:
    """Return ``text`` if it may name a publisher, pack or origin.

    Raises:
        UsageError: it may not.
    """
    if not isinstance(text, str) or not _PLAIN_NAME.match(text):
        raise UsageError(hint="BAD_NAME", text=text)
    return text


def check_channel(text: str) -> str:
    """Return ``text`` if it may name a channel.

    Raises:
        UsageError: it may not.
    """
    if not isinstance(text, str) or not _CHANNEL.match(text):
        raise UsageError(hint="BAD_CHANNEL", text=text)
    return text


def _version_or_channel(text: str | None) -> tuple[Version | None, str | None]:
    if text is None:
        return None, None
    if text[0].isdigit():
        return Version.parse(text), None
    return None, check_channel(text)
