"""``repo``: the signed state itself: making it, its publishers, keys and expiry."""

from __future__ import annotations

from pathlib import Path

import click

from cdn import care
from cdn.commands import options
from cdn.commands.options import Signing
from cdn.workspace import Workspace
from qie_hub.clock import to_text


@click.group()
def repo() -> None:
    """Look after the signed state: init, status, bump, delegate, rotate, recover."""


@repo.command()
@options.workspace
@options.signing
def init(folder: Path, signing: Signing) -> None:
    """Make keys and version 1 of every role; prints the fingerprint that users trust."""
    click.echo(signing.ensure_repository(Workspace(folder)).fingerprint)


@repo.command()
@options.workspace
@options.signing
@click.option("--fail-days", type=int, default=None, help="Fail if a role ends within so many days (for a daily job).")
@click.option("--fail", is_flag=True, help="Fail if a role is due by the policy's own warning times.")
def status(folder: Path, signing: Signing, fail_days: int | None, *, fail: bool) -> None:
    """Show when each role's signatures end, the soonest first."""
    state = signing.repository(Workspace(folder))
    for row in care.status(state):
        mark = "due" if row.due else "ok"
        click.echo(f"{row.role}\tversion {row.version}\t{to_text(row.expires)}\t{row.days_left} days\t{mark}")
    if fail or fail_days is not None:
        care.fail_if_due(state, fail_days)


@repo.command()
@options.workspace
@options.place
@options.signing
def bump(folder: Path, place: str | None, signing: Signing) -> None:
    """Sign snapshot and timestamp anew, and what else is due; for a daily job."""
    options.change(folder, place, signing, care.bump)


@repo.command()
@click.argument("name")
@options.workspace
@options.place
@options.signing
def delegate(name: str, folder: Path, place: str | None, signing: Signing) -> None:
    """Let one more publisher NAME sign packs of its own name space."""
    options.change(folder, place, signing, lambda repo: care.delegate(repo, name))


@repo.command()
@click.argument("name")
@options.workspace
@options.place
@options.signing
def undelegate(name: str, folder: Path, place: str | None, signing: Signing) -> None:
    """Stop speaking for publisher NAME; what is installed from it runs on."""
    options.change(folder, place, signing, lambda repo: care.undelegate(repo, name))


@repo.command()
@click.argument("role")
@options.workspace
@options.place
@options.signing
def rotate(role: str, folder: Path, place: str | None, signing: Signing) -> None:
    """Replace all keys of ROLE by new ones."""
    options.change(folder, place, signing, lambda repo: care.rotate(repo, role))


@repo.command()
@click.argument("role")
@options.workspace
@options.place
@options.signing
def recover(role: str, folder: Path, place: str | None, signing: Signing) -> None:
    """After a key of ROLE was stolen: replace it and the online keys, so that clients forget the thief's versions."""
    options.change(folder, place, signing, lambda repo: care.recover(repo, role))
