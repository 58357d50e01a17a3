"""The publisher's keys: a folder of encrypted key files, or any signer that securesystemslib reaches by URI.

Invariants:

* ``keyring.json`` holds public keys and URIs only; a private key is either in an encrypted PKCS8 file of mode 0600
  beside it (URI ``pem:NAME``) or never here at all (``hsm:``, ``gcpkms:``, ``awskms:``, ``hv:`` ...).
* A passphrase is asked for once, when the first key file is opened, and never stored.
* PKCS8 files are stretched by only 2,048 rounds of PBKDF2, so short passphrases are refused.

Example::

    ring = KeyRing(Path("keys"), lambda: b"correct horse battery staple")
    ring.generate("timestamp")
    ring.signers("timestamp")[0].sign(b"payload")
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)
from securesystemslib.exceptions import KeyMismatchError
from securesystemslib.signer import SIGNER_FOR_URI_SCHEME, CryptoSigner, Key, Signer, SSlibKey

from qie_hub import atomic
from qie_hub.errors import KeyProblem
from qie_hub.formats import canonical

RING: Final = "keyring.json"
OWN_SCHEME: Final = "pem"
SHORTEST_PASSPHRASE: Final = 12
_SCHEMA: Final = 1


@dataclass(frozen=True, slots=True)
class KeyEntry:
    """One key of one role. ``uri`` says where its private half is."""

    role: str
    uri: str
    public: Key

    @property
    def keyid(self) -> str:
        """The id by which metadata names this key."""
        return str(self.public.keyid)


class KeyRing:
    """The owner of a key folder. ``passphrase`` is called once, when a key file has to be read or written."""

    def __init__(self, folder: Path, passphrase: Callable[[], bytes]) -> None:
        self.folder = folder
        self._ask = passphrase
        self._answer: bytes | None = None

    def entries(self, role: str | None = None) -> tuple[KeyEntry, ...]:
        """The keys of ``role``, or all, in the order in which they were added.

        Raises:
            KeyProblem: the folder's list cannot be read.
        """
        path = self.folder / RING
        if not path.exists():
            return ()
        table = canonical.loads(path.read_bytes(), what="keyring")
        try:
            entries = tuple(_read_entry(row) for row in table["keys"])
        except (KeyError, TypeError, ValueError) as error:
            raise KeyProblem(hint="KEY_RING", path=str(path), problem=str(error)) from None
        return tuple(entry for entry in entries if role is None or entry.role == role)

    def generate(self, role: str) -> KeyEntry:
        """Make a new Ed25519 key for ``role``, encrypted at rest.

        Raises:
            KeyProblem: the passphrase is too short.
        """
        private = Ed25519PrivateKey.generate()
        public = SSlibKey.from_crypto(private.public_key())
        name = f"{role}-{public.keyid[:12]}.pem"
        secret = BestAvailableEncryption(self._passphrase())
        atomic.write(self.folder / name, private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, secret), mode=0o600)
        return self._add(KeyEntry(role, f"{OWN_SCHEME}:{name}", public))

    def adopt(self, role: str, uri: str, public: Key) -> KeyEntry:
        """Add a key whose private half is reached through ``uri`` (any scheme of securesystemslib).

        Raises:
            KeyProblem: no signer is known for the URI.
        """
        scheme = uri.partition(":")[0]
        if scheme not in SIGNER_FOR_URI_SCHEME:
            raise KeyProblem(hint="KEY_SCHEME", scheme=scheme, known=sorted(SIGNER_FOR_URI_SCHEME))
        return self._add(KeyEntry(role, uri, public))

    def retire(self, keyids: Collection[str]) -> None:
        """Forget keys (their files stay, so that a mistake can be undone by hand)."""
        self._write(tuple(entry for entry in self.entries() if entry.keyid not in keyids))

    def signers(
        self, role: str, keyids: Collection[str] | None = None, *, need: int | None = None
    ) -> tuple[Signer, ...]:
        """Open the private halves of the role's keys, of ``keyids`` only if given.

        Some keys may lie elsewhere (in a safe, with a colleague): with ``need`` that many suffice.

        Raises:
            KeyProblem: too few keys can be opened (missing file, wrong passphrase, unreachable signer).
        """
        wanted = [entry for entry in self.entries(role) if keyids is None or entry.keyid in keyids]
        opened: list[Signer] = []
        problems: list[KeyProblem] = []
        for entry in wanted:
            try:
                opened.append(self._open(entry))
            except KeyProblem as problem:
                problems.append(problem)
        if problems and len(opened) < (len(wanted) if need is None else need):
            raise problems[0]
        return tuple(opened)

    def _open(self, entry: KeyEntry) -> Signer:
        scheme, _, name = entry.uri.partition(":")
        if scheme == OWN_SCHEME:
            return self._open_file(entry, self.folder / name)
        try:
            return Signer.from_priv_key_uri(entry.uri, entry.public, lambda _: self._passphrase().decode())
        except Exception as error:  # a signer's own library may raise anything: this is its edge
            raise KeyProblem(hint="KEY_UNREACHABLE", role=entry.role, uri=entry.uri, problem=str(error)) from error

    def _open_file(self, entry: KeyEntry, path: Path) -> Signer:
        if not path.exists():
            raise KeyProblem(hint="KEY_MISSING", role=entry.role, path=str(path))
        try:
            private = load_pem_private_key(path.read_bytes(), self._passphrase())
            return CryptoSigner(private, cast("SSlibKey", entry.public))  # checks that both halves belong together
        except (ValueError, TypeError, UnsupportedAlgorithm, KeyMismatchError) as error:
            raise KeyProblem(hint="KEY_LOCKED", role=entry.role, path=str(path), problem=str(error)) from None

    def _passphrase(self) -> bytes:
        if self._answer is None:
            self._answer = self._ask()
        if len(self._answer) < SHORTEST_PASSPHRASE:
            raise KeyProblem(hint="KEY_PASSPHRASE", shortest=SHORTEST_PASSPHRASE)
        return self._answer

    def _add(self, entry: KeyEntry) -> KeyEntry:
        others = tuple(known for known in self.entries() if (known.role, known.keyid) != (entry.role, entry.keyid))
        self._write((*others, entry))
        return entry

    def _write(self, entries: tuple[KeyEntry, ...]) -> None:
        rows = [
            {"role": entry.role, "uri": entry.uri, "keyid": entry.keyid, "public": entry.public.to_dict()}
            for entry in entries
        ]
        atomic.write(self.folder / RING, canonical.dumps({"schema": _SCHEMA, "keys": rows}), mode=0o600)


def _read_entry(row: dict[str, Any]) -> KeyEntry:
    return KeyEntry(str(row["role"]), str(row["uri"]), Key.from_dict(str(row["keyid"]), dict(row["public"])))
