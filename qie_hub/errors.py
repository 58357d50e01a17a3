"""The one tree of errors.

Invariants:

* Every class owns its ``exit_code`` and its ``code`` (the name in JSON). Both are append-only.
* An error carries data, never prose that someone must parse: the text comes from ``messages`` by ``code``.
* ``hint`` names the text that says what to do next; it defaults to the code.
* Adapters translate foreign exceptions at their edge, so only this tree leaves a room.

Exit codes by range: 1-7 general, 10-19 trust (never retried), 20 content, 30-39 transfer, 40-49 store,
50-59 runtime, 60-69 publish, 70 bug, 130 interrupted. ``docs/exit-codes.md`` has a row per class.

Example::

    raise NotFound(ref="pro:2048", closest=("pro:1024",))
"""

from __future__ import annotations

from typing import ClassVar


class QieHubError(Exception):
    """Anything that qie_hub expects to go wrong. Keyword arguments are the error's data."""

    exit_code: ClassVar[int] = 1
    code: ClassVar[str] = "FAILED"

    def __init__(self, *, hint: str | None = None, **data: object) -> None:
        self.data: dict[str, object] = data
        self.hint: str = hint or self.code
        super().__init__(self.code, data)

    def __str__(self) -> str:
        facts = ", ".join(f"{key}={value!r}" for key, value in self.data.items())
        return f"{self.code}({facts})"

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle by class and data, so that an error crosses the worker's pipe whole."""
        return (_rebuild, (type(self), self.hint, self.data))

    def to_json(self) -> dict[str, object]:
        """Return the error as the object that ``--format json`` prints."""
        return {"code": self.code, "exit_code": self.exit_code, "hint": self.hint, "data": self.data}


def _rebuild(kind: type[QieHubError], hint: str, data: dict[str, object]) -> QieHubError:
    return kind(hint=hint, **data)


# -- general -----------------------------------------------------------------------------------------------


class Failed(QieHubError):
    """Anything else that was expected; several things at once failed."""


class UsageError(QieHubError):
    """The call's words are off: a malformed ref, an option that does not fit, a picture that is none."""

    exit_code = 2
    code = "USAGE"


class BadPicture(UsageError):
    """The input is not a picture that can be read, or it is too large."""

    code = "BAD_PICTURE"


class OutputExists(UsageError):
    """The output file exists and ``--overwrite`` was not given."""

    code = "OUTPUT_EXISTS"


class SettingsError(QieHubError):
    """A setting (file, environment, argument) is malformed."""

    exit_code = 3
    code = "SETTINGS"


class NoOrigin(SettingsError):
    """A verb needs an origin and none is known."""

    code = "NO_ORIGIN"


class NotFound(QieHubError):
    """No pack, generation or origin of that name; ``closest`` offers names."""

    exit_code = 4
    code = "NOT_FOUND"


class NotInstalled(NotFound):
    """The pack is known but not on this device."""

    code = "NOT_INSTALLED"


class DoesNotFit(QieHubError):
    """No variant fits this device; ``reasons`` says why, ``nearest`` what would change it."""

    exit_code = 5
    code = "DOES_NOT_FIT"


class EditRefused(QieHubError):
    """The edit is refused: ``reason`` is out_of_ability, not_found, ambiguous, too_hard or not_understood."""

    exit_code = 6
    code = "EDIT_REFUSED"


class LicenseNotAccepted(QieHubError):
    """A file's licence has to be accepted explicitly before it is fetched."""

    exit_code = 7
    code = "LICENSE_NOT_ACCEPTED"


# -- trust: never retried, never a warning ------------------------------------------------------------------


class TrustError(QieHubError):
    """What the publisher (or somebody between) served is not to be trusted."""

    exit_code = 10
    code = "TRUST"


class FormatError(TrustError):
    """Bytes are not a well-formed document of the expected kind; ``issues`` lists all that is wrong."""

    exit_code = 10
    code = "TRUST_FORMAT"


class SignatureError(TrustError):
    """Not enough valid signatures of the role's keys."""

    exit_code = 11
    code = "TRUST_SIGNATURE"


class Expired(TrustError):
    """Metadata is past its expiry, so the view of the origin is not fresh enough for this verb."""

    exit_code = 12
    code = "TRUST_EXPIRED"


class Rollback(TrustError):
    """An older version of a role than the one already seen."""

    exit_code = 13
    code = "TRUST_ROLLBACK"


class RootChainError(TrustError):
    """The chain of roots is broken, or the first root is not the one that was asked for."""

    exit_code = 14
    code = "TRUST_ROOT_CHAIN"


class MixAndMatch(TrustError):
    """Metadata or targets that do not belong together: length or hash differ from the parent's statement."""

    exit_code = 15
    code = "TRUST_MIX_AND_MATCH"


class Downgrade(TrustError):
    """A pack's release is lower than the highest one seen on this channel."""

    exit_code = 16
    code = "TRUST_DOWNGRADE"


class NameSpaceConflict(TrustError):
    """An origin speaks for a publisher that it was not added for, or that another origin holds."""

    exit_code = 17
    code = "TRUST_NAME_SPACE"


class Revoked(TrustError):
    """The publisher revoked this pack; ``successor`` names what to install instead, if anything."""

    exit_code = 18
    code = "TRUST_REVOKED"


class UnsafeContent(TrustError):
    """A file breaks the content rules (graph operators, external data, paths, size bombs)."""

    exit_code = 19
    code = "UNSAFE_CONTENT"


# -- content ------------------------------------------------------------------------------------------------


class IntegrityError(QieHubError):
    """Bytes differ from the signed statement."""

    exit_code = 20
    code = "INTEGRITY"


class BadPublish(IntegrityError):
    """Several mirrors serve the same wrong bytes: the publisher's upload is bad, not the line."""

    code = "BAD_PUBLISH"


# -- transfer -----------------------------------------------------------------------------------------------


class TransferError(QieHubError):
    """Bytes could not be fetched."""

    exit_code = 30
    code = "TRANSFER"


class HttpError(TransferError):
    """The server answered with an error or broke the protocol (``status``, ``url``, ``problem``)."""

    exit_code = 30
    code = "HTTP"


class TooSlow(TransferError):
    """The transfer stalled or fell under the rate floor or the deadline."""

    exit_code = 31
    code = "TOO_SLOW"


class MissingEverywhere(TransferError):
    """Every mirror answered that the object is absent."""

    exit_code = 32
    code = "MISSING_EVERYWHERE"


class Offline(TransferError):
    """The network, or the host, cannot be reached, or ``--offline`` forbids to try."""

    exit_code = 33
    code = "OFFLINE"


class CaptivePortal(TransferError):
    """A page of HTML came where signed data was asked for: a login page is between us and the origin."""

    exit_code = 34
    code = "CAPTIVE_PORTAL"


class WaitingForPolicy(TransferError):
    """The policy forbids to download now (metered network); ``--yes`` or another policy allows it."""

    exit_code = 35
    code = "WAITING_FOR_POLICY"


class Cancelled(TransferError):
    """The job was cancelled; what is verified stays."""

    exit_code = 36
    code = "CANCELLED"


# -- store --------------------------------------------------------------------------------------------------


class StoreError(QieHubError):
    """The home directory cannot do what is needed."""

    exit_code = 40
    code = "STORE"


class DiskFull(StoreError):
    """There is not enough space (``need``, ``free`` in bytes); what is verified stays."""

    exit_code = 40
    code = "DISK_FULL"


class Busy(StoreError):
    """Somebody else works on this pack, or an edit holds it."""

    exit_code = 41
    code = "BUSY"


class Tampered(StoreError):
    """Installed bytes differ from the receipt; ``repair`` mends it."""

    exit_code = 42
    code = "TAMPERED"


class ReadOnlyHome(StoreError):
    """The home directory cannot be written."""

    exit_code = 43
    code = "READ_ONLY_HOME"


class NewerHome(StoreError):
    """The home was written by a newer qie_hub."""

    exit_code = 44
    code = "NEWER_HOME"


class Pinned(StoreError):
    """The pack is pinned and stays as it is."""

    exit_code = 45
    code = "PINNED"


# -- runtime ------------------------------------------------------------------------------------------------


class RuntimeFault(QieHubError):
    """A pack could not be loaded or run."""

    exit_code = 50
    code = "RUNTIME"


class ProviderError(RuntimeFault):
    """The wanted execution provider is absent or not proved, or ONNX Runtime itself is not installed."""

    exit_code = 50
    code = "PROVIDER"


class LoadError(RuntimeFault):
    """A graph could not be loaded, or its warm-up or golden edit failed."""

    exit_code = 51
    code = "LOAD"


class DeviceMemory(RuntimeFault):
    """Not enough memory on the device to load or to run."""

    exit_code = 52
    code = "DEVICE_MEMORY"


class InferenceError(RuntimeFault):
    """A run of a graph failed."""

    exit_code = 53
    code = "INFERENCE"


class Closed(RuntimeFault):
    """The runtime is closed."""

    exit_code = 54
    code = "CLOSED"


class QueueFull(RuntimeFault):
    """Too many edits wait; try again after ``retry_after_ms``."""

    exit_code = 55
    code = "QUEUE_FULL"


class EditCancelled(RuntimeFault):
    """The edit was cancelled by its caller."""

    exit_code = 56
    code = "EDIT_CANCELLED"


# -- publish ------------------------------------------------------------------------------------------------


class PublishError(QieHubError):
    """Publishing stopped before anything was announced."""

    exit_code = 60
    code = "PUBLISH"


class KeyProblem(PublishError):
    """A signing key is missing, locked or not one of the role's."""

    exit_code = 60
    code = "KEY"


class VersionConflict(PublishError):
    """This name and version is already published with other bytes."""

    exit_code = 61
    code = "VERSION_CONFLICT"


class RemoteDrift(PublishError):
    """What the public URL serves is not what was uploaded."""

    exit_code = 62
    code = "REMOTE_DRIFT"


class BudgetExceeded(PublishError):
    """The pack breaks its tier's signed budget."""

    exit_code = 63
    code = "BUDGET"


class QualityTooLow(PublishError):
    """A golden edit or a measured quality is below the recipe's bar."""

    exit_code = 64
    code = "QUALITY"


class SourceError(PublishError):
    """A pinned source file could not be had, or its digest differs from the recipe."""

    exit_code = 65
    code = "SOURCE"


class ResolutionsAlike(PublishError):
    """Two resolutions of a pack were measured to do the same, so one of them is of no use."""

    exit_code = 66
    code = "RESOLUTIONS_ALIKE"


# -- bugs and interruption ----------------------------------------------------------------------------------


class Bug(QieHubError):
    """A defect of qie_hub itself."""

    exit_code = 70
    code = "BUG"


class Interrupted(QieHubError):
    """Ctrl-C; what is verified stays."""

    exit_code = 130
    code = "INTERRUPTED"
