"""Mirrors: copies that verify, resume, and never keep what was not signed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cdn.mirror import mirror
from cdn.serve import OriginServer
from cdn.verify import verify
from qie_hub.errors import FormatError, IntegrityError, NotFound, QieHubError, RootChainError, TrustError
from qie_hub.packref import PackRef
from tests.support.cdn import FixedClock, tree
from tests.support.small_origin import PackSpec, SmallOrigin, noise


@pytest.fixture
def small(tmp_path: Path) -> SmallOrigin:
    small = SmallOrigin(tmp_path / "publisher", FixedClock())
    small.publish(PackSpec(resolutions=(256, 512), files={"w.bin": noise(2 << 20, 1)}))
    small.publish(PackSpec(name="other", files={"o.bin": noise(2 << 20, 2)}))
    return small


def test_a_mirror_over_http_serves_what_the_origin_does(small: SmallOrigin, tmp_path: Path) -> None:
    with OriginServer(small.origin) as server:
        done = mirror(f"{server.url}#sha256={small.repo.fingerprint}", tmp_path / "copy", small.clock)
    served = verify(f"{(tmp_path / 'copy').as_uri()}#sha256={small.repo.fingerprint}", small.clock)
    assert served.packs == done.report.packs == verify(small.line, small.clock).packs
    copied = tree(tmp_path / "copy")
    assert all((small.origin / name).read_bytes() == data for name, data in copied.items())
    assert (done.objects, done.bytes) == (
        len(copied) - 1,
        sum(map(len, copied.values())) - len(copied["metadata/timestamp.json"]),
    )


def test_running_again_copies_only_what_is_new(small: SmallOrigin, tmp_path: Path) -> None:
    mirror(small.line, tmp_path / "copy", small.clock)
    again = mirror(small.line, tmp_path / "copy", small.clock)
    assert (again.objects, again.bytes) == (0, 0)
    small.publish(PackSpec(version="1.1.0", release=2, files={"n.txt": b"new"}, resolutions=(256, 512)))
    more = mirror(small.line, tmp_path / "copy", small.clock)
    assert 0 < more.bytes < 200_000
    assert "acme/sample:512@1.1.0" in more.report.packs


def test_some_packs_can_be_copied_alone(small: SmallOrigin, tmp_path: Path) -> None:
    done = mirror(small.line, tmp_path / "copy", small.clock, wanted=[PackRef.parse("sample:512")])
    assert done.report.packs == ("acme/sample:512@1.0.0",)
    assert noise(2 << 20, 2) not in tree(tmp_path / "copy").values()
    assert noise(2 << 20, 1) in tree(tmp_path / "copy").values()
    with pytest.raises(NotFound):
        mirror(small.line, tmp_path / "copy", small.clock, wanted=[PackRef.parse("nobody/sample")])


def test_a_damaged_object_is_not_kept(small: SmallOrigin, tmp_path: Path) -> None:
    shard = max((small.origin / "o").rglob("*"), key=lambda path: path.stat().st_size if path.is_file() else 0)
    shard.write_bytes(b"x" + shard.read_bytes()[1:])
    with pytest.raises(IntegrityError):
        mirror(small.line, tmp_path / "copy", small.clock)
    copied = tree(tmp_path / "copy")
    assert shard.relative_to(small.origin).as_posix() not in copied
    assert "metadata/timestamp.json" not in copied


def test_another_root_than_the_asked_one_copies_nothing(small: SmallOrigin, tmp_path: Path) -> None:
    with pytest.raises(RootChainError):
        mirror(f"{small.url}#sha256={'0' * 64}", tmp_path / "copy", small.clock)
    assert tree(tmp_path / "copy") == {}


@pytest.mark.parametrize("name", ["timestamp.json", "3.snapshot.json", "3.acme.json", "1.targets.json"])
def test_a_tampered_document_copies_nothing(small: SmallOrigin, tmp_path: Path, name: str) -> None:
    path = small.origin / "metadata" / name
    document = json.loads(path.read_bytes())
    document["signed"]["expires"] = "2099-01-01T00:00:00Z"
    path.write_text(json.dumps(document))
    with pytest.raises(TrustError):
        mirror(small.line, tmp_path / "copy", small.clock)
    assert tree(tmp_path / "copy") == {}


@pytest.mark.parametrize(
    "content",
    [b"{}", b"[]", b'{"signed": 7}', b"<html>", b'{"signed":{"meta":{"snapshot.json":{"version":"../../x"}}}}'],
)
def test_a_document_of_another_shape_is_refused_and_leaves_no_trace(
    small: SmallOrigin, tmp_path: Path, content: bytes
) -> None:
    (small.origin / "metadata" / "timestamp.json").write_bytes(content)
    with pytest.raises(QieHubError) as caught:
        mirror(small.line, tmp_path / "copy", small.clock)
    assert not isinstance(caught.value, IntegrityError)
    assert tree(tmp_path / "copy") == {}
    assert list((tmp_path).glob("x*")) == []


def test_a_document_without_end_is_cut_off(small: SmallOrigin, tmp_path: Path) -> None:
    (small.origin / "metadata" / "timestamp.json").write_bytes(b" " * (9 << 20))
    with pytest.raises(FormatError):
        mirror(small.line, tmp_path / "copy", small.clock)
