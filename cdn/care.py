"""Looking after a signed repository: publishers, keys, expiry, and taking packs back.

Every function signs what it changed and ends with a new timestamp in the repository's folder; publishing that folder
is another step (`cdn.publish`). Repeating a function after a kill is safe.

Example::

    revoke(repo, PackRef.parse("acme/pro:512@1.0.0"), "leaks memory", successor="acme/pro:512@1.0.1")
    for role in status(repo):
        print(role.role, role.days_left)
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from cdn import sign
from cdn.keys import KeyEntry
from cdn.policy import TOP_ROLES
from cdn.repo import Change, Repository
from qie_hub.clock import to_text
from qie_hub.errors import Expired, KeyProblem, NotFound, UsageError, VersionConflict
from qie_hub.formats.index import Revocations, Withdrawal
from qie_hub.packref import PackRef

LINKED: Final = {"snapshot": ("snapshot", "timestamp"), "timestamp": ("timestamp", "snapshot")}
"""After a theft both online keys are replaced: only then do clients forget the versions that the thief signed."""


@dataclass(frozen=True, slots=True)
class RoleStatus:
    """One role's life. ``days_left`` is negative after its end; ``due`` says that the policy wants it signed anew."""

    role: str
    version: int
    expires: datetime
    days_left: int
    due: bool


# -- taking packs back --------------------------------------------------------------------------------------


def yank(repo: Repository, ref: PackRef, reason: str, successor: str | None = None) -> Change:
    """Stop new installs of a version; installed ones run on with a warning.

    Raises:
        NotFound: the index does not list it.
        UsageError: publisher or version is missing.
    """
    return _withdraw(repo, ref, reason, successor, revoked=False)


def revoke(repo: Repository, ref: PackRef, reason: str, successor: str | None = None) -> Change:
    """Stop a version for ever, also where it is installed. A yanked version may be revoked later.

    A ref without resolution means all of them.

    Raises:
        NotFound: the index does not list it.
        UsageError: publisher or version is missing.
    """
    return _withdraw(repo, ref, reason, successor, revoked=True)


def _withdraw(repo: Repository, ref: PackRef, reason: str, successor: str | None, *, revoked: bool) -> Change:
    if ref.publisher is None or ref.version is None:
        raise UsageError(hint="REF_NOT_EXACT", ref=str(ref))
    _check_listed(repo, ref)
    moment = to_text(repo.clock.now())
    old = repo.revocations(ref.publisher)
    item = Withdrawal(ref.name, ref.resolution, ref.version, reason, moment, successor)
    new = _with(old, item, moment, revoked=revoked)
    return Change() if new is None else repo.set_targets(ref.publisher, {new.target_path: new.to_bytes()})


def _with(old: Revocations, item: Withdrawal, moment: str, *, revoked: bool) -> Revocations | None:
    """The document with one more item; None if it says that already (only the moment differs)."""
    known = old.revoked if revoked else old.yanked
    if any(replace(other, issued=item.issued) == item for other in known):
        return None
    rest = tuple(other for other in known if not _same_pack(other, item))
    kept = old.yanked if not revoked else tuple(other for other in old.yanked if not _same_pack(other, item))
    if revoked:
        return replace(old, issued=moment, revoked=(*rest, item), yanked=kept)
    return replace(old, issued=moment, yanked=(*rest, item))


def _same_pack(one: Withdrawal, other: Withdrawal) -> bool:
    return (one.name, one.resolution, one.version) == (other.name, other.resolution, other.version)


def _check_listed(repo: Repository, ref: PackRef) -> None:
    rows = repo.index(str(ref.publisher)).packs
    meant = [row for row in rows if (row.name, row.version) == (ref.name, ref.version)]
    if not any(ref.resolution in (None, row.resolution) for row in meant):
        raise NotFound(what="pack", name=str(ref), closest=[str(row.ref) for row in rows if row.name == ref.name])


# -- publishers ---------------------------------------------------------------------------------------------


def delegate(repo: Repository, publisher: str) -> Change:
    """Let one more publisher sign packs of its own name space. Needs the offline ``targets`` keys.

    Raises:
        VersionConflict: it is there already.
        UsageError: not a name for a publisher.
    """
    if publisher in repo.publishers():
        raise VersionConflict(hint="PUBLISHER_EXISTS", publisher=publisher)
    targets = repo.role("targets")
    role, files = repo.new_publisher(targets, publisher)
    return repo.announce({"targets": targets, publisher: role}, files)


def undelegate(repo: Repository, publisher: str) -> Change:
    """Stop speaking for a publisher; what is installed from it runs on.

    Raises:
        NotFound: there is no such publisher.
    """
    targets = repo.role("targets")
    if targets.delegations is None or not targets.delegations.roles or publisher not in targets.delegations.roles:
        raise NotFound(what="publisher", name=publisher, closest=list(repo.publishers()))
    for keyid in list(targets.delegations.roles[publisher].keyids):
        targets.revoke_key(keyid, publisher)
    del targets.delegations.roles[publisher]
    return repo.announce({"targets": targets})


# -- keys ---------------------------------------------------------------------------------------------------


def rotate(repo: Repository, role: str) -> Change:
    """Replace all keys of a role by new ones and sign it anew.

    Rotating one of the four top roles needs the root keys, rotating a publisher's the ``targets`` keys.

    Raises:
        NotFound: there is no such role.
        KeyProblem: the keys above it, or for the root its own old keys, cannot be opened.
    """
    if role in TOP_ROLES:
        return _rotate_top(repo, (role,))
    targets = repo.role("targets")
    signed = repo.role(role)
    old = [entry.keyid for entry in repo.keys.entries(role)]
    fresh = _generate(repo, role)
    sign.delegate(targets, role, fresh, repo.policy.rule(role).threshold)
    change = repo.announce({"targets": targets, role: signed})
    repo.keys.retire(old)
    return change


def recover(repo: Repository, role: str) -> Change:
    """After a key was stolen: rotate the role, and with an online role the other one too.

    New timestamp and snapshot keys are what makes clients forget version numbers that a thief has pushed up.

    Raises:
        NotFound: there is no such role.
        KeyProblem: as `rotate`.
    """
    if role in TOP_ROLES:
        return _rotate_top(repo, LINKED.get(role, (role, "snapshot", "timestamp")))
    first = rotate(repo, role)
    then = _rotate_top(repo, ("snapshot", "timestamp"))
    return Change((*first.files, *then.files), {**(first.versions or {}), **(then.versions or {})})


def _rotate_top(repo: Repository, roles: Collection[str]) -> Change:
    root = repo.root()
    authorised = root.roles["root"]
    old_signers = repo.keys.signers("root", authorised.keyids, need=authorised.threshold)
    retired = [entry.keyid for role in roles for entry in repo.keys.entries(role)]
    for role in roles:
        fresh = _generate(repo, role)
        for keyid in list(root.roles[role].keyids):
            root.revoke_key(keyid, role)
        for entry in fresh:
            root.add_key(entry.public, role)
    signers = {signer.public_key.keyid: signer for signer in old_signers}
    signers |= {signer.public_key.keyid: signer for signer in repo.keys.signers("root", root.roles["root"].keyids)}
    file = repo.write_root(root, tuple(signers.values()), need=root.roles["root"].threshold)
    repo.keys.retire(retired)
    signed = {"targets": repo.role("targets")} if "targets" in roles else {}
    return repo.announce(signed, [file])


def _generate(repo: Repository, role: str) -> list[KeyEntry]:
    return [repo.keys.generate(role) for _ in range(repo.policy.rule(role).keys)]


# -- expiry -------------------------------------------------------------------------------------------------


def status(repo: Repository) -> tuple[RoleStatus, ...]:
    """When each role's signatures end, the soonest first."""
    now = repo.clock.now()
    found = []
    for role, (version, expires) in repo.expiries().items():
        left = expires - now
        found.append(RoleStatus(role, version, expires, left.days, left <= timedelta(days=repo.policy.rule(role).warn)))
    return tuple(sorted(found, key=lambda item: item.expires))


def fail_if_due(repo: Repository, days: int | None = None) -> Sequence[RoleStatus]:
    """For a daily check: complain about roles that end within ``days`` (by default the policy's warning times).

    Raises:
        Expired: with the first such role.
    """
    rows = status(repo)
    late = [row for row in rows if (row.due if days is None else row.days_left < days)]
    if late:
        raise Expired(
            hint="ROLE_DUE", role=late[0].role, since=to_text(late[0].expires), days=late[0].days_left,
            roles=[row.role for row in late],
        )  # fmt: skip
    return rows


def bump(repo: Repository) -> Change:
    """Sign snapshot and timestamp anew, and every other role that is due and whose keys can be opened here.

    Raises:
        KeyProblem: the online keys cannot be opened.
    """
    due = {row.role for row in status(repo) if row.due}
    files = []
    if "root" in due:
        file = _renew_root(repo)
        files += [] if file is None else [file]
    roles = {role: repo.role(role) for role in ("targets", *repo.publishers()) if role in due and _can_sign(repo, role)}
    return repo.announce(roles, files)


def _renew_root(repo: Repository) -> str | None:
    if not _can_sign(repo, "root"):
        return None
    root = repo.root()
    rule = root.roles["root"]
    return repo.write_root(root, repo.keys.signers("root", rule.keyids, need=rule.threshold), need=rule.threshold)


def _can_sign(repo: Repository, role: str) -> bool:
    delegator = repo.root() if role in TOP_ROLES else repo.role("targets")
    rule = delegator.get_delegated_role(role)
    try:
        return len(repo.keys.signers(role, rule.keyids, need=rule.threshold)) >= rule.threshold
    except KeyProblem:
        return False
