"""Transfers from a real nginx: TLS, ranges, limits, restarts; and on a real small disk."""

from __future__ import annotations

import errno
import os
import random
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from qie_hub.errors import HttpError
from tests.support.fetch_program import command, write_list
from tests.support.nginx import Nginx
from tests.support.transfer_lab import MIB, BigFile, Lab, LabFile, make_lab, make_pack, objects_of

PACK = make_pack((70 * MIB + 11, 20 * MIB, 4000), shard=24 * MIB, seed=51)
SIZE = sum(len(file.data) for file in PACK)


def publish(objects: Mapping[str, bytes], root: Path) -> Path:
    for path, body in objects.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(body)
    return root


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return publish(objects_of(PACK), tmp_path_factory.mktemp("cdn") / "root")


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    made = make_lab(tmp_path / "partial", factor=1)
    yield made
    made.close()


@pytest.fixture
def trusting(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


def statuses(server: Nginx) -> Counter[str]:
    return Counter(line.split('"')[2].split()[0] for line in server.access_log.read_text().splitlines())


def sent(server: Nginx) -> int:
    return sum(int(line.split('"')[2].split()[1]) for line in server.access_log.read_text().splitlines())


def test_a_pack_comes_over_tls_in_single_ranges(
    lab: Lab, root: Path, tmp_path: Path, trusting: pytest.MonkeyPatch
) -> None:
    with Nginx(root, tmp_path / "nginx") as server:
        trusting.setenv("SSL_CERT_FILE", str(server.ca))
        outcome = lab.fetch(PACK, [server.tls_url])
        time.sleep(0.2)
        assert set(statuses(server)) == {"206"}
        assert outcome.received == SIZE
        assert sent(server) < SIZE * 1.05


def test_an_authority_that_the_system_does_not_know_is_refused(
    lab: Lab, root: Path, tmp_path: Path, trusting: pytest.MonkeyPatch
) -> None:
    with Nginx(root, tmp_path / "nginx") as server:
        trusting.setenv("SSL_CERT_FILE", "/etc/hostname")
        with pytest.raises(HttpError) as caught:
            lab.fetch(PACK, [server.tls_url])
        assert caught.value.data["problem"] == "tls"


def test_a_server_that_limits_connections_gets_fewer_and_the_bytes_come(lab: Lab, root: Path, tmp_path: Path) -> None:
    extra = "limit_conn_status 429; limit_rate 12m; limit_conn per 2;"
    zone = "limit_conn_zone $server_name zone=per:1m;"
    with Nginx(root, tmp_path / "nginx", extra=extra, http=zone) as server:
        lab.fetch(PACK, [server.url])
        time.sleep(0.2)
        seen = statuses(server)
    assert seen["206"] > 0
    assert seen["429"] <= 12


def test_a_server_that_restarts_in_the_middle_costs_what_was_on_its_way(lab: Lab, root: Path, tmp_path: Path) -> None:
    failures: list[BaseException] = []

    def fetch(url: str) -> None:
        try:
            lab.fetch(PACK, [url])
        except BaseException as error:  # noqa: BLE001  # a thread's edge: asserted below
            failures.append(error)

    with Nginx(root, tmp_path / "nginx", extra="limit_rate 10m;") as server:
        worker = threading.Thread(target=fetch, args=(server.url,))
        worker.start()
        time.sleep(1.0)
        server.__exit__(None, None, None)
        time.sleep(0.5)
        server.__enter__()
        worker.join(60)
        assert not worker.is_alive()
    assert failures == []


def test_without_ranges_nginx_sends_whole_shards_and_the_bytes_are_right(lab: Lab, root: Path, tmp_path: Path) -> None:
    with Nginx(root, tmp_path / "nginx", extra="max_ranges 0;") as server:
        lab.fetch(PACK, [server.url])
        time.sleep(0.2)
        assert set(statuses(server)) == {"200"}
        assert sent(server) < SIZE * 2


def test_four_processes_with_overlapping_packs_share_one_download(root: Path, tmp_path: Path) -> None:
    packs: Sequence[Sequence[LabFile]] = (PACK, PACK, PACK[1:], PACK[:2])
    with Nginx(root, tmp_path / "nginx", extra="limit_rate 20m;") as server:
        running = [
            subprocess.Popen(command(write_list(list(pack), tmp_path / "lists"), tmp_path / "home", [server.url]))
            for pack in packs
        ]
        assert [process.wait(120) for process in running] == [0, 0, 0, 0]
        time.sleep(0.2)
        assert sent(server) < SIZE * 1.05
    for file in PACK:
        assert (tmp_path / "home" / "files" / file.digest.hex).read_bytes() == file.data


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 48 MiB."""
    place = tmp_path / "small"
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=48m", "tmpfs", str(place)], check=True)
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def test_a_disk_without_room_refuses_before_a_byte_is_fetched(root: Path, small_disk: Path, tmp_path: Path) -> None:
    lab = make_lab(small_disk / "partial", factor=1)
    with Nginx(root, tmp_path / "nginx") as server:
        with pytest.raises(OSError, match="No space") as caught:
            lab.fetch(PACK, [server.url])
        assert caught.value.errno == errno.ENOSPC
        time.sleep(0.2)
        assert sent(server) == 0
    lab.close()


def test_a_disk_that_others_fill_half_way_loses_nothing_and_goes_on_when_there_is_room(
    root: Path, small_disk: Path, tmp_path: Path
) -> None:
    """The second file's space is gone when its turn comes; the first one's verified chunks stay."""
    lab = make_lab(small_disk / "partial", factor=1)
    first, second = PACK[1], make_pack((18 * MIB,), shard=24 * MIB, seed=52)[0]
    publish(second.objects, root)
    with Nginx(root, tmp_path / "nginx") as server:
        lab.fetch([first], [server.url])
        hog = small_disk / "hog"
        hog.write_bytes(random.Random(1).randbytes(20 * MIB))
        with pytest.raises(OSError, match="No space"):
            lab.fetch([first, second], [server.url])
        hog.unlink()
        outcome = lab.fetch([first, second], [server.url])
        assert outcome.received == len(second.data)
    lab.close()


def test_a_read_only_home_refuses_and_stays_as_it_is(root: Path, tmp_path: Path) -> None:
    place = tmp_path / "read-only"
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "ro,size=1m", "tmpfs", str(place)], check=True)
    try:
        lab = make_lab(place / "partial", factor=1)
        with Nginx(root, tmp_path / "nginx") as server, pytest.raises(OSError, match="Read-only") as caught:
            lab.fetch(PACK, [server.url])
        assert caught.value.errno == errno.EROFS
        assert os.listdir(place) == []
        lab.close()
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


def peak_of(arguments: Sequence[str]) -> int:
    """Run a process and return its peak resident memory in bytes."""
    process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return usage.ru_maxrss * 1024


def test_memory_does_not_grow_with_the_pack(tmp_path: Path) -> None:
    """600 MiB in chunks of 64 KiB at most: more chunks than a pack of 9 GiB has."""
    big = BigFile.make("big.bin", 600 * MIB, seed=61, shard=200 * MIB, chunk=64 << 10)
    assert len(big.index.chunks) > 9600
    root = publish({path: b"".join(body(0, big.sizes[path])) for path, body in big.objects.items()}, tmp_path / "root")
    (tmp_path / "none.json").write_text("[]")
    with Nginx(root, tmp_path / "nginx") as server:
        nothing = peak_of(command(tmp_path / "none.json", tmp_path / "empty", [server.url]))
        everything = peak_of(command(write_list([big], tmp_path / "lists"), tmp_path / "home", [server.url]))
    assert big.is_at(tmp_path / "home" / "files" / big.digest.hex)
    assert everything - nothing <= 64 * MIB
