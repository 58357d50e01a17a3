"""``hf://`` through the real huggingface_hub, against a local endpoint that speaks its protocol."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from qie_hub.errors import HttpError, NotFound, Offline, UsageError
from qie_hub.transfer.client import Transports
from qie_hub.transfer.huggingface import HubPlace
from tests.support.fetch_program import command, write_list
from tests.support.hub_endpoint import COMMIT, HubEndpoint
from tests.support.transfer_lab import Lab, make_lab, make_pack, objects_of

PACK = make_pack(seed=41)
FILES = objects_of(PACK) | {"metadata/timestamp.json": b"{}"}
SIZE = sum(len(file.data) for file in PACK)


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    made = make_lab(tmp_path / "partial")
    yield made
    made.close()


@pytest.fixture
def token(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("HF_TOKEN", "hf_of_this_test")
    yield "hf_of_this_test"


@pytest.fixture
def public(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[HubEndpoint]:
    monkeypatch.delenv("HF_TOKEN", raising=False)
    monkeypatch.setenv("HF_TOKEN_PATH", str(tmp_path / "no token"))
    with HubEndpoint("ann/pack", FILES) as endpoint:
        use(endpoint, monkeypatch)
        yield endpoint


def use(endpoint: HubEndpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    """What HF_ENDPOINT does: huggingface_hub reads it once, when it is first imported."""
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "ENDPOINT", endpoint.url)
    monkeypatch.setattr(
        constants, "HUGGINGFACE_CO_URL_TEMPLATE", endpoint.url + "/{repo_id}/resolve/{revision}/{filename}"
    )


def read(lab: Lab, url: str, start: int = 0, stop: int | None = None) -> bytes:
    with lab.transport.open(url, start=start, stop=stop) as response:
        return b"".join(response.blocks())


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("hf://ann/pack/o/x", HubPlace("ann/pack", "model", None, "o/x")),
        ("hf://ann/pack@v1/metadata/1.root.json", HubPlace("ann/pack", "model", "v1", "metadata/1.root.json")),
        ("hf://datasets/ann/pack@refs%2Fpr%2F1/i/y", HubPlace("ann/pack", "dataset", "refs/pr/1", "i/y")),
    ],
)
def test_a_url_names_repository_revision_and_path(url: str, place: HubPlace) -> None:
    assert HubPlace.parse(url) == place


@pytest.mark.parametrize("url", ["hf://", "hf://ann", "hf:///pack/x", "hf://datasets/ann", "hf://ann//x"])
def test_what_names_no_repository_is_a_usage_error(url: str) -> None:
    with pytest.raises(UsageError):
        HubPlace.parse(url)


def test_a_pack_comes_from_a_repository_and_every_shard_is_resolved_once(lab: Lab, public: HubEndpoint) -> None:
    lab.fetch(PACK, ["hf://ann/pack"])
    shards = objects_of(PACK)
    assert sorted(public.resolved) == sorted(shards)
    assert len(public.cdn.served) >= len(shards)
    assert all(item.status == 206 for item in public.cdn.served)


def test_the_environment_says_where_the_endpoint_is(tmp_path: Path) -> None:
    listed = write_list(PACK, tmp_path / "lists")
    with HubEndpoint("ann/pack", FILES, token="hf_secret") as endpoint:
        known = {**os.environ, "HF_ENDPOINT": endpoint.url, "HF_TOKEN": "hf_secret"}
        done = subprocess.run(command(listed, tmp_path / "home", ["hf://ann/pack@v1"]), env=known, timeout=60)
    assert done.returncode == 0
    for file in PACK:
        assert (tmp_path / "home" / "files" / file.digest.hex).read_bytes() == file.data


def test_an_expired_address_is_resolved_again_and_nothing_is_lost(lab: Lab, public: HubEndpoint) -> None:
    fault = public.cdn.fault("expired", times=3)
    lab.fetch(PACK, ["hf://ann/pack"])
    assert fault.used == 3
    assert public.cdn.sent < SIZE * 1.2


def test_metadata_is_never_remembered(lab: Lab, public: HubEndpoint) -> None:
    assert read(lab, "hf://ann/pack@v1/metadata/timestamp.json") == b"{}"
    public.files["metadata/timestamp.json"] = b'{"new": 1}'
    assert read(lab, "hf://ann/pack@v1/metadata/timestamp.json") == b'{"new": 1}'


def test_the_token_goes_to_the_endpoint_and_to_nobody_else(
    lab: Lab, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with HubEndpoint("ann/pack", FILES, token=token) as endpoint:
        use(endpoint, monkeypatch)
        assert read(lab, "hf://ann/pack/metadata/timestamp.json") == b"{}"
        lab.fetch(PACK, ["hf://ann/pack"])
        assert set(endpoint.tokens) == {f"Bearer {token}"}
        assert all("Authorization" not in item.headers for item in endpoint.cdn.served)


def test_what_is_not_there_is_absent_and_what_is_closed_is_refused(lab: Lab, public: HubEndpoint) -> None:
    path = next(iter(objects_of(PACK)))
    for url in ("hf://ann/pack/o/none", "hf://ann/pack/metadata/none", f"hf://ann/pack@v9/{path}"):
        with pytest.raises(NotFound):
            read(lab, url)
    with pytest.raises(NotFound):
        read(lab, f"hf://bob/other/{path}")
    with pytest.raises(HttpError) as caught:
        read(lab, "hf://bob/other/metadata/timestamp.json")
    assert caught.value.data["status"] == 401
    with pytest.raises(UsageError):
        read(lab, "hf://ann/--bad--name--/o/x")


def test_a_commit_is_a_revision(lab: Lab, public: HubEndpoint) -> None:
    assert read(lab, f"hf://ann/pack@{COMMIT}/metadata/timestamp.json") == b"{}"


def test_an_endpoint_that_does_not_answer_is_offline(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    closed = HubEndpoint("ann/pack", FILES)
    closed.url = "http://127.0.0.1:9"
    use(closed, monkeypatch)
    for path in ("o/x", "metadata/timestamp.json"):
        with pytest.raises(Offline):
            read(lab, f"hf://ann/pack/{path}")
    closed._http.server_close()
    closed.cdn._http.server_close()


def test_without_the_package_the_error_says_what_to_install(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(UsageError) as caught:
        read(lab, "hf://ann/pack/o/x")
    assert caught.value.hint == "HUB_NOT_INSTALLED"


def test_huggingface_hub_is_not_imported_for_other_transports() -> None:
    program = "import sys, qie_hub.transfer.client, qie_hub.transfer.engine; sys.exit('huggingface_hub' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program]).returncode == 0
    assert isinstance(make_lab(Path("unused")).transport, Transports)
