"""``key``: the keys of the publisher's folder, and keys that live elsewhere."""

from __future__ import annotations

from pathlib import Path

import click

from cdn.commands import options
from cdn.commands.options import Signing
from cdn.workspace import Workspace


@click.group()
def key() -> None:
    """List keys, make one, or name one that another signer holds."""


@key.command(name="list")
@options.workspace
@options.signing
def show(folder: Path, signing: Signing) -> None:
    """List every key: its role, its id, and where its private half is."""
    for entry in Workspace(folder).ring(signing.passphrase_file).entries():
        click.echo(f"{entry.role}\t{entry.keyid}\t{entry.uri}")


@key.command()
@click.argument("role")
@options.workspace
@options.signing
def new(role: str, folder: Path, signing: Signing) -> None:
    """Make one more key for ROLE, encrypted at rest; `repo init` and `repo rotate` make what the policy asks for."""
    entry = Workspace(folder).ring(signing.passphrase_file).generate(role)
    click.echo(f"{entry.role}\t{entry.keyid}\t{entry.uri}")


@key.command()
@click.argument("role")
@click.argument("uri")
@click.argument("public", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@options.workspace
@options.signing
def adopt(role: str, uri: str, public: Path, folder: Path, signing: Signing) -> None:
    """Use a key for ROLE whose private half is reached by URI (hsm:, gcpkms:, awskms: ...); PUBLIC is its PEM file."""
    from cryptography.hazmat.primitives.serialization import load_pem_public_key
    from securesystemslib.signer import SSlibKey

    half = SSlibKey.from_crypto(load_pem_public_key(public.read_bytes()))
    entry = Workspace(folder).ring(signing.passphrase_file).adopt(role, uri, half)
    click.echo(f"{entry.role}\t{entry.keyid}\t{entry.uri}")
