"""The static server: strict ranges, strong tags, the layout's cache rules, nothing outside its folder."""

from __future__ import annotations

import hashlib
import http.client
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from cdn.serve import OriginServer

DATA = bytes(range(256)) * 5000
HEX = hashlib.sha256(DATA).hexdigest()
SHARD = f"/o/sha256/{HEX[:2]}/{HEX}"
SIZE = len(DATA)


@dataclass(frozen=True)
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OriginServer]:
    folder = tmp_path_factory.mktemp("served") / "origin"
    files = {
        SHARD[1:]: DATA,
        "metadata/timestamp.json": b'{"signed":1}',
        "metadata/1.root.json": b'{"signed":2}',
        f"packs/acme/{HEX}.index.json": b"{}",
        "empty": b"",
    }
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    (folder.parent / "secret").write_bytes(b"secret")
    (folder / "link").symlink_to(folder.parent / "secret")
    with OriginServer(folder) as running:
        yield running


def ask(server: OriginServer, target: str = SHARD, method: str = "GET", **headers: str) -> Reply:
    connection = http.client.HTTPConnection(*server.server_address[:2], timeout=10)
    try:
        connection.request(method, target, headers={key.replace("_", "-"): value for key, value in headers.items()})
        answer = connection.getresponse()
        return Reply(answer.status, dict(answer.getheaders()), answer.read())
    finally:
        connection.close()


def test_a_whole_object_comes_with_its_length_and_tag(server: OriginServer) -> None:
    reply = ask(server)
    assert (reply.status, reply.body) == (200, DATA)
    assert reply.headers["Content-Length"] == str(SIZE)
    assert reply.headers["ETag"] == f'"{HEX}"'
    assert reply.headers["Accept-Ranges"] == "bytes"
    assert "Content-Encoding" not in reply.headers
    assert "Content-Range" not in reply.headers


@pytest.mark.parametrize(
    ("wanted", "start", "stop"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=5-9", 5, 10),
        ("bytes=1279999-", SIZE - 1, SIZE),
        ("bytes=-7", SIZE - 7, SIZE),
        ("bytes=-99999999", 0, SIZE),
        ("bytes=100-99999999", 100, SIZE),
    ],
)
def test_one_range_is_answered_with_exactly_that_range(
    server: OriginServer, wanted: str, start: int, stop: int
) -> None:
    reply = ask(server, Range=wanted)
    assert (reply.status, reply.body) == (206, DATA[start:stop])
    assert reply.headers["Content-Range"] == f"bytes {start}-{stop - 1}/{SIZE}"
    assert reply.headers["Content-Length"] == str(stop - start)


@pytest.mark.parametrize("wanted", [f"bytes={SIZE}-", f"bytes={SIZE}-{SIZE + 5}", "bytes=-0", "bytes=999999999-"])
def test_a_range_beyond_the_object_is_refused_with_its_size(server: OriginServer, wanted: str) -> None:
    reply = ask(server, Range=wanted)
    assert (reply.status, reply.body) == (416, b"")
    assert reply.headers["Content-Range"] == f"bytes */{SIZE}"


def test_every_range_of_an_empty_object_is_beyond_it(server: OriginServer) -> None:
    assert ask(server, "/empty", Range="bytes=0-").status == 416
    assert ask(server, "/empty").headers["Content-Length"] == "0"


@pytest.mark.parametrize(
    "wanted", ["bytes=0-1,3-4", "bytes=5-2", "bytes=a-b", "items=0-5", "bytes=-", "bytes 0-5", "bytes=1-2-3"]
)
def test_what_is_no_single_range_gets_the_whole_object(server: OriginServer, wanted: str) -> None:
    reply = ask(server, Range=wanted)
    assert (reply.status, reply.body) == (200, DATA)


def test_a_range_of_other_bytes_than_expected_gets_the_whole_object(server: OriginServer) -> None:
    assert ask(server, Range="bytes=0-4", If_Range='"other"').status == 200
    assert ask(server, Range="bytes=0-4", If_Range=f'"{HEX}"').body == DATA[:5]


@pytest.mark.parametrize("tag", [f'"{HEX}"', f'"x", "{HEX}"', f'W/"{HEX}"', "*"])
def test_known_bytes_are_not_sent_again(server: OriginServer, tag: str) -> None:
    reply = ask(server, If_None_Match=tag)
    assert (reply.status, reply.body) == (304, b"")
    assert ask(server, If_None_Match='"other"').status == 200


@pytest.mark.parametrize(
    ("target", "rule"),
    [
        (SHARD, "public, max-age=31536000, immutable, no-transform"),
        ("/metadata/1.root.json", "public, max-age=31536000, immutable, no-transform"),
        (f"/packs/acme/{HEX}.index.json", "public, max-age=31536000, immutable, no-transform"),
        ("/metadata/timestamp.json", "public, max-age=60"),
        ("/metadata/2.root.json", "no-store"),
    ],
)
def test_only_the_timestamp_may_change(server: OriginServer, target: str, rule: str) -> None:
    assert ask(server, target).headers["Cache-Control"] == rule


def test_metadata_is_tagged_by_its_bytes_and_sent_as_json(server: OriginServer) -> None:
    reply = ask(server, "/metadata/timestamp.json")
    assert reply.headers["ETag"] == f'"{hashlib.sha256(reply.body).hexdigest()}"'
    assert reply.headers["Content-Type"] == "application/json"
    assert ask(server, f"/packs/acme/{HEX}.index.json").headers["ETag"] == f'"{HEX}"'


@pytest.mark.parametrize(
    "target",
    ["/", "/metadata", "/metadata/", "/nothing", "/../secret", "/%2e%2e/secret", "/o/..%2f..%2fsecret", "/link",
     "/a\\b",
     "//etc/passwd", "/%00", "/metadata/./1.root.json"],
)  # fmt: skip
def test_nothing_but_the_files_of_the_folder_is_served(server: OriginServer, target: str) -> None:
    reply = ask(server, target)
    assert (reply.status, reply.body) == (404, b"")


def test_head_is_get_without_the_body(server: OriginServer) -> None:
    reply, whole = ask(server, method="HEAD"), ask(server)
    assert (reply.status, reply.body) == (200, b"")
    drop = {"Date"}
    assert {key: value for key, value in reply.headers.items() if key not in drop} == {
        key: value for key, value in whole.headers.items() if key not in drop
    }


def test_other_methods_are_refused(server: OriginServer) -> None:
    assert ask(server, method="POST").status == 501


def test_an_encoding_that_the_client_would_like_is_never_applied(server: OriginServer) -> None:
    reply = ask(server, Accept_Encoding="gzip, br")
    assert reply.body == DATA
    assert "Content-Encoding" not in reply.headers


def test_one_connection_serves_many_requests(server: OriginServer) -> None:
    connection = http.client.HTTPConnection(*server.server_address[:2], timeout=10)
    connection.connect()
    first = connection.sock
    for number in range(5):
        connection.request("GET", SHARD, headers={"Range": f"bytes={number}-{number + 9}"})
        assert connection.getresponse().read() == DATA[number : number + 10]
    assert connection.sock is first
    connection.close()


def test_a_client_that_hangs_up_disturbs_nobody(server: OriginServer) -> None:
    with socket.create_connection(server.server_address[:2]) as rude:
        rude.sendall(f"GET {SHARD} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        rude.recv(10)
    assert ask(server).body == DATA


def test_many_clients_are_served_at_once(server: OriginServer) -> None:
    bodies: list[bytes] = []
    threads = [threading.Thread(target=lambda: bodies.append(ask(server).body)) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert bodies == [DATA] * 12


def test_a_free_port_is_picked_and_given_back(tmp_path: Path) -> None:
    with OriginServer(tmp_path) as one, OriginServer(tmp_path) as two:
        assert one.url != two.url
        assert one.url.startswith("http://127.0.0.1:")
        address = one.server_address[:2]
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(address, timeout=2)
