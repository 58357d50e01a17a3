"""The parts of trust by themselves: origins, freshness, ledger, recall, and what they cost to import."""

import inspect
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from filelock import FileLock
from hypothesis import given
from hypothesis import strategies as st
from tuf.ngclient import Updater

from qie_hub.digest import Digest
from qie_hub.errors import (
    Busy,
    Expired,
    FormatError,
    NoOrigin,
    NotFound,
    Revoked,
    Rollback,
    UsageError,
)
from qie_hub.packref import PackRef
from qie_hub.trust.adding import name_from_url
from qie_hub.trust.engine import _DurableUpdater
from qie_hub.trust.fetcher import Limits
from qie_hub.trust.freshness import STALE_DAYS, Freshness, judge, reference_time, require
from qie_hub.trust.ledger import Floors, Ledger, RoleMark
from qie_hub.trust.origins import Origins, split_url
from qie_hub.trust.recall import Standing, judge_all
from qie_hub.trust.recall import judge as judge_pack
from qie_hub.trust.updater import refresh
from qie_hub.trust.view import last_view
from tests.support.ram import ram_folder
from tests.support.repository import START, URL, HandClock, Publisher

DAY = timedelta(days=1)


@pytest.fixture
def home() -> Iterator[Path]:
    with ram_folder() as folder:
        yield folder


@pytest.fixture
def publisher() -> Publisher:
    publisher = Publisher(HandClock())
    publisher.publish("acme/pro:512@1.0.0")
    return publisher


# -- imports ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "module", ["qie_hub", "qie_hub.trust.origins", "qie_hub.trust.view", "qie_hub.trust.ledger", "qie_hub.trust.recall"]
)
def test_what_lists_and_judges_imports_neither_tuf_nor_cryptography_nor_http(module: str) -> None:
    heavy = "{'tuf', 'securesystemslib', 'cryptography', 'requests', 'urllib3', 'filelock', 'numpy'}"
    code = f"import sys, {module}; print(sorted({heavy} & set(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert found.stdout.strip() == "[]"


def test_proofs_are_checked_without_the_network_half_of_tuf() -> None:
    code = "import sys, qie_hub.trust.proof; print('requests' in sys.modules, 'urllib3' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert found.stdout.strip() == "False False"


# -- the two methods of python-tuf that are overridden ------------------------------------------------------


def test_only_two_methods_of_python_tuf_are_overridden_and_it_still_has_them() -> None:
    own = {name for name in vars(_DurableUpdater) if inspect.isfunction(vars(_DurableUpdater)[name])}
    assert own & set(vars(Updater)) == {"_persist_file", "_update_root_symlink"}
    for name in ("_persist_file", "_update_root_symlink"):
        theirs, ours = inspect.signature(getattr(Updater, name)), inspect.signature(getattr(_DurableUpdater, name))
        assert list(theirs.parameters) == list(ours.parameters)


def test_the_cache_holds_no_links_and_the_newest_root(publisher: Publisher, home: Path) -> None:
    publisher.rotate("root")
    Origins(home).add(publisher.line, publisher, publisher.clock)
    cache = home / "origins/packs-test/metadata"
    assert not [path for path in home.rglob("*") if path.is_symlink()]
    assert (cache / "root.json").read_bytes() == publisher.files["metadata/2.root.json"]
    assert (cache / "root_history/2.root.json").stat().st_nlink == 1


# -- origins ------------------------------------------------------------------------------------------------


def test_origins_are_found_by_name_and_one_is_the_default(publisher: Publisher, home: Path) -> None:
    origins = Origins(home)
    with pytest.raises(NoOrigin):
        origins.default()
    first = origins.add(publisher.line, publisher, publisher.clock)
    other = Publisher(publisher.clock, ("bell",))
    second = origins.add(f"https://bell.test#sha256={other.fingerprint}", other, publisher.clock)
    assert [origin.name for origin in origins.all()] == ["bell-test", "packs-test"]
    origins.set_default(first.name)
    assert origins.default() == first
    origins.set_default(second.name)
    assert origins.default() == second
    assert origins.holder("bell") == second
    assert origins.holder("nobody") is None
    origins.remove(second.name)
    assert origins.default() == first
    with pytest.raises(NotFound) as caught:
        origins.set_default("bell-test")
    assert caught.value.data["closest"] == ["packs-test"]


def test_adding_the_same_origin_again_keeps_its_name_and_takes_new_mirrors(publisher: Publisher, home: Path) -> None:
    Origins(home).add(publisher.line, publisher, publisher.clock, name="mine")
    again = Origins(home).add(publisher.line, publisher, publisher.clock, mirrors=["https://mirror.test"])
    assert (again.name, again.mirrors) == ("mine", ("https://mirror.test",))
    assert Origins(home).all() == (again,)


def test_a_name_stands_for_one_root(publisher: Publisher, home: Path) -> None:
    Origins(home).add(publisher.line, publisher, publisher.clock)
    stranger = Publisher(publisher.clock, ("bell",))
    with pytest.raises(UsageError) as caught:
        Origins(home).add(f"{URL}#sha256={stranger.fingerprint}", stranger, publisher.clock)
    assert caught.value.hint == "ORIGIN_NAME_TAKEN"


def test_publishers_that_the_origin_does_not_have_cannot_be_asked_for(publisher: Publisher, home: Path) -> None:
    with pytest.raises(NotFound) as caught:
        Origins(home).add(publisher.line, publisher, publisher.clock, publishers=["bell"])
    assert caught.value.data["closest"] == ["acme"]
    assert Origins(home).all() == ()
    assert not (home / "origins/packs-test").exists()


@pytest.mark.parametrize(
    ("url", "hint"),
    [
        ("packs.test", "BAD_ORIGIN_URL"),
        (f"{URL}#sha256=123", "BAD_FINGERPRINT"),
        (f"{URL}#md5={'0' * 64}", "BAD_FINGERPRINT"),
        (f"{URL}#", "BAD_FINGERPRINT"),
    ],
)
def test_malformed_origin_lines_are_refused(url: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        split_url(url)
    assert caught.value.hint == hint


def test_fingerprints_may_be_typed_in_capitals() -> None:
    assert split_url(f"{URL}#sha256={'AB' * 32}") == (URL, Digest("ab" * 32))


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://packs.example.org/x", "packs-example-org"),
        ("http://127.0.0.1:8765/", "127-0-0-1-8765"),
        ("file:///srv/My%20Packs/origin/", "origin"),
        ("hf://acme/packs", "acme"),
        ("file:///", "origin"),
    ],
)
def test_an_origin_without_a_name_is_called_after_its_url(url: str, name: str) -> None:
    assert name_from_url(url) == name


def test_broken_origin_files_are_reported(publisher: Publisher, home: Path) -> None:
    origin = Origins(home).add(publisher.line, publisher, publisher.clock)
    path = home / "origins" / origin.name / "origin.json"
    document = json.loads(path.read_bytes())
    path.write_bytes(json.dumps({**document, "kind": "guess", "root": "x"}).encode())
    with pytest.raises(FormatError) as caught:
        Origins(home).all()
    assert len(caught.value.data["issues"]) == 2  # type: ignore[arg-type]  # a list of issues


# -- refreshing ---------------------------------------------------------------------------------------------


def test_several_refreshes_at_once_take_turns(publisher: Publisher, home: Path) -> None:
    origin = Origins(home).add(publisher.line, publisher, publisher.clock)
    publisher.publish("acme/pro:512@1.1.0")
    publisher._sign_all()
    seen: list[int] = []

    def work() -> None:
        seen.append(len(refresh(origin, home, publisher, publisher.clock).indexes["acme"].packs))

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [2] * 6


def test_a_refresh_that_waits_too_long_says_so(publisher: Publisher, home: Path) -> None:
    origin = Origins(home).add(publisher.line, publisher, publisher.clock)
    with FileLock(str(home / "origins" / origin.name / ".refresh.lock")), pytest.raises(Busy):
        refresh(origin, home, publisher, publisher.clock, limits=Limits(deadline=0.05))


def test_a_publisher_without_index_and_revocations_offers_nothing(publisher: Publisher, home: Path) -> None:
    publisher.roles["acme"].targets.clear()
    publisher.touch("acme")
    origin = Origins(home).add(publisher.line, publisher, publisher.clock)
    view = last_view(origin, home, publisher.clock)
    assert view is not None
    assert view.indexes["acme"].packs == ()
    assert view.revocations["acme"].judge(PackRef.parse("acme/pro:512@1.0.0")) == ("listed", None)


def test_a_dropped_publisher_is_reported_and_its_revocations_stay_known(publisher: Publisher, home: Path) -> None:
    origin = Origins(home).add(publisher.line, publisher, publisher.clock)
    publisher.drop("acme")
    publisher.revoke("acme/pro:512@1.0.0")  # nobody listens to it any more
    view = refresh(origin, home, publisher, publisher.clock)
    assert (view.missing, view.indexes) == (("acme",), {})
    known = Ledger(home).revocations("acme")
    assert known is not None
    assert known.revoked == ()


# -- freshness ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("days", "state"),
    [
        (-40, Freshness.FRESH),
        (0, Freshness.FRESH),
        (1, Freshness.STALE),
        (30, Freshness.STALE),
        (31, Freshness.EXPIRED),
    ],
)
def test_freshness_goes_by_the_first_expiry(days: int, state: str) -> None:
    assert judge(expires=START, issued=None, now=START + days * DAY) is Freshness(state)


def test_a_clock_before_the_newest_issue_time_cannot_judge() -> None:
    late = START + 10 * DAY
    assert judge(expires=START, issued=late, now=late - 2 * DAY) is Freshness.UNKNOWN_CLOCK
    assert judge(expires=late, issued=late, now=late - DAY / 2) is Freshness.FRESH
    assert reference_time(START, late) == late
    assert reference_time(late, START) == late
    assert reference_time(START, None) == START


def test_no_policy_allows_a_view_that_is_older_than_a_month() -> None:
    now = START + (STALE_DAYS + 1) * DAY
    with pytest.raises(Expired) as caught:
        require(judge(expires=START, issued=None, now=now), expires=START, now=now, stale_days=10_000)
    assert caught.value.data["days"] == STALE_DAYS + 1


# -- the ledger ---------------------------------------------------------------------------------------------

ROLES = st.sampled_from(["root", "timestamp", "snapshot", "targets", "acme"])
MARKS = st.dictionaries(ROLES, st.builds(RoleMark, st.integers(1, 9), st.sampled_from([("a",), ("b",), ("a", "b")])))


@given(first=MARKS, second=MARKS)
def test_floors_never_fall_while_the_keys_stay(first: dict[str, RoleMark], second: dict[str, RoleMark]) -> None:
    floors = Floors().raised(first, None)
    same = {
        role: RoleMark(mark.version, first[role].keys if role in first else mark.keys) for role, mark in second.items()
    }
    try:
        floors.check(same)
    except Rollback as error:
        role = str(error.data["role"])
        assert same[role].version < first[role].version
        return
    after = floors.raised(same, None)
    assert all(after.roles[role].version >= mark.version for role, mark in first.items())


@given(marks=MARKS)
def test_floors_are_read_as_they_were_written(marks: dict[str, RoleMark]) -> None:
    floors = Floors().raised(marks, START)
    assert Floors.from_bytes(floors.to_bytes()) == floors


def test_only_the_keys_of_a_role_or_of_the_online_roles_drop_its_floor() -> None:
    keys = ("a",)
    seen = {role: RoleMark(5, keys) for role in ("root", "timestamp", "snapshot", "targets", "acme")}
    floors = Floors().raised(seen, START)
    assert set(floors.standing({**seen, "targets": RoleMark(1, ("b",))}).roles) == set(seen) - {"targets"}
    recovered = floors.standing({**seen, "snapshot": RoleMark(1, ("b",))})
    assert (set(recovered.roles), recovered.issued) == ({"root"}, None)
    assert floors.standing({**seen, "root": RoleMark(6, ("b",))}).roles["root"].version == 5


# -- recall -------------------------------------------------------------------------------------------------


def standing(publisher: Publisher, home: Path, ref: str, channel: str | None = "stable") -> Standing:
    origin = Origins(home).add(publisher.line, publisher, publisher.clock)
    view = last_view(origin, home, publisher.clock)
    assert view is not None
    return judge_pack(PackRef.parse(ref), channel, view=view, known=None).standing


def test_packs_are_listed_superseded_yanked_or_revoked(publisher: Publisher, home: Path) -> None:
    ref = "acme/pro:512@1.0.0"
    assert standing(publisher, home, ref) is Standing.LISTED
    publisher.publish("acme/pro:512@1.1.0")
    assert standing(publisher, home, ref) is Standing.SUPERSEDED
    assert standing(publisher, home, ref, "beta") is Standing.LISTED
    assert standing(publisher, home, "acme/pro:1024@1.0.0") is Standing.UNKNOWN
    publisher.yank(ref)
    assert standing(publisher, home, ref) is Standing.YANKED
    publisher.revoke(ref)
    assert standing(publisher, home, ref) is Standing.REVOKED


def test_a_revoked_pack_is_refused_with_its_successor(publisher: Publisher, home: Path) -> None:
    publisher.revoke("acme/pro:512@1.0.0", "leaks memory", "acme/pro:512@1.1.0")
    origin = Origins(home).add(publisher.line, publisher, publisher.clock)
    view = last_view(origin, home, publisher.clock)
    assert view is not None
    ref = PackRef.parse("acme/pro:512@1.0.0")
    (verdict,) = judge_all({ref: "stable"}, [view], Ledger(home))
    with pytest.raises(Revoked) as caught:
        verdict.refuse()
    assert caught.value.data == {"ref": str(ref), "reason": "leaks memory", "successor": "acme/pro:512@1.1.0"}
    judge_pack(PackRef.parse("acme/pro:512@1.1.0"), "stable", view=view, known=None).refuse()


def test_a_pack_of_which_nobody_ever_spoke_runs_on(home: Path) -> None:
    verdict = judge_pack(PackRef.parse("acme/pro:512@1.0.0"), "stable", view=None, known=None)
    assert verdict.standing is Standing.UNKNOWN
    verdict.refuse()
