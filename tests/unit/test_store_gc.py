import os
import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from qie_hub.clock import to_text
from qie_hub.digest import Digest
from qie_hub.errors import Busy, NotInstalled, Pinned
from qie_hub.formats.receipt import FileStamp, Receipt, RefState
from qie_hub.packref import PackRef
from qie_hub.store import assemble, claims, gc, survey
from qie_hub.store.gc import GRACE, Kept
from qie_hub.store.survey import Orphan, Survey
from tests.support.homes import Home, dead_process, no_sync

REF = PackRef.parse("acme/pro:512")
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
DAY = timedelta(days=1)
NOTHING = RefState()


# -- deciding -----------------------------------------------------------------------------------------------


def _receipt(number: int, *, age: timedelta = DAY, inodes: tuple[int, ...] = (), ref: PackRef = REF) -> Receipt:
    files = tuple(FileStamp(f"f{one}", 100, Digest.of(b"x"), 0, one, 1) for one in inodes or (number,))
    return Receipt(
        ref=ref, generation=number, origin="o", variant="v", release=1, channel=None, tier=None, title={},
        abilities=(), pipeline="lite", manifest=Digest.of(b"m"), installed=to_text(NOW - age), freshness="fresh",
        files=files,
    )  # fmt: skip


def _survey(*generations: Receipt, state: RefState | None = NOTHING, **others: object) -> Survey:
    values: dict[str, object] = {"held": frozenset(), "orphans": ()} | others
    return Survey(now=NOW, generations=generations, refs={REF: state}, **values)  # type: ignore[arg-type]  # two keys


def _orphan(kind: survey.Kind, age: timedelta, size: int = 10) -> Orphan:
    return Orphan(Path(f"/{kind}-{age}"), kind, size, age)


def test_what_nothing_keeps_goes() -> None:
    plan = gc.plan(_survey(*map(_receipt, (1, 2, 3, 4)), state=RefState(3, 2)))
    assert plan.remove == ((REF, 1), (REF, 4))
    assert plan.kept == (Kept(REF, 2, "previous"), Kept(REF, 3, "current"))
    assert (plan.freed, plan.left) == (200, 200)


def test_a_pack_without_a_ref_goes_after_the_hour() -> None:
    young = _receipt(1, age=GRACE - timedelta(seconds=1))
    assert gc.plan(_survey(young)).kept == (Kept(REF, 1, "young"),)
    assert gc.plan(_survey(_receipt(1, age=GRACE))).remove == ((REF, 1),)


def test_what_was_installed_in_the_future_stays() -> None:
    assert gc.plan(_survey(_receipt(1, age=-DAY))).remove == ()


def test_held_generations_stay_whatever_the_refs_say() -> None:
    plan = gc.plan(_survey(_receipt(1), _receipt(2), state=RefState(2), held=frozenset({(REF, 1)})), budget=0)
    assert plan.remove == ()
    assert plan.kept[0] == Kept(REF, 1, "held")


def test_nothing_of_a_pack_with_an_unreadable_ref_goes() -> None:
    plan = gc.plan(_survey(_receipt(1), _receipt(2), state=None), budget=0)
    assert plan.remove == ()
    assert {kept.why for kept in plan.kept} == {"ref_unreadable"}


def test_orphans_go_after_their_time() -> None:
    orphans = tuple(
        _orphan(kind, age)
        for kind in ("staged", "doomed", "temporary", "claim", "broken", "ref")
        for age in (GRACE - timedelta(seconds=1), GRACE)
    )
    partial = (_orphan("partial", timedelta(days=13)), _orphan("partial", timedelta(days=14)))
    plan = gc.plan(_survey(orphans=orphans + partial))
    assert plan.orphans == (*orphans[1::2], partial[1])
    assert plan.freed == 70


def test_files_that_generations_share_are_freed_when_the_last_goes() -> None:
    shared = (_receipt(1, inodes=(7, 8)), _receipt(2, inodes=(7, 9)))
    plan = gc.plan(_survey(*shared, state=RefState(2)))
    assert (plan.remove, plan.freed, plan.left) == (((REF, 1),), 100, 200)
    plan = gc.plan(_survey(*shared))
    assert (plan.freed, plan.left) == (300, 0)


def test_files_without_an_inode_are_counted_each() -> None:
    bare = [replace(_receipt(number), files=(FileStamp("f", 100, Digest.of(b"x"), 0, 0, 0),)) for number in (1, 2)]
    assert gc.plan(_survey(*bare, state=RefState(2, 1))).left == 200


def test_over_budget_derived_files_go_first_then_previous_generations_oldest_first() -> None:
    lite = PackRef.parse("acme/lite")
    generations = (
        _receipt(1, age=2 * DAY),
        _receipt(2),
        _receipt(11, age=3 * DAY, ref=lite),
        _receipt(12, ref=lite),
    )
    refs = {REF: RefState(2, 1), lite: RefState(12, 11)}
    derived = (_orphan("derived", DAY, 50), _orphan("derived", 2 * DAY, 50))
    base = replace(_survey(*generations, orphans=derived), refs=refs)
    plans = {budget: gc.plan(base, budget=budget) for budget in (500, 499, 400, 399, 299, 0)}
    assert {budget: (len(plan.orphans), plan.remove, plan.left) for budget, plan in plans.items()} == {
        500: (0, (), 500),
        499: (1, (), 450),
        400: (2, (), 400),
        399: (2, ((lite, 11),), 300),
        299: (2, ((lite, 11), (REF, 1)), 200),
        0: (2, ((lite, 11), (REF, 1)), 200),
    }
    assert plans[499].orphans == (derived[1],)


def test_a_budget_never_takes_a_pinned_packs_way_back() -> None:
    plan = gc.plan(_survey(_receipt(1), _receipt(2), state=RefState(2, 1, pinned=True)), budget=0)
    assert plan.remove == ()
    assert plan.kept == (Kept(REF, 1, "pinned"), Kept(REF, 2, "current"))


def test_derived_files_stay_without_a_budget() -> None:
    assert gc.plan(_survey(orphans=(_orphan("derived", 900 * DAY),))).orphans == ()


# -- doing --------------------------------------------------------------------------------------------------


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    no_sync(monkeypatch)
    home = Home(tmp_path / "home")
    for version in ("1.0.0", "1.0.1", "1.0.2"):
        home.install(f"acme/pro:512@{version}", {"a": version.encode(), "same": b"s" * 1000})
    return home


def test_gc_leaves_what_is_used_and_the_way_back(home: Home) -> None:
    assert home.collect().removed == []
    home.clock.advance(hours=2)
    assert home.collect().removed == [(REF, 1)]
    assert home.store.generations.numbers(REF) == (2, 3)
    home.hashed(REF, 2)
    home.hashed(REF, 3)
    assert home.collect().removed == []


def test_looking_changes_nothing(home: Home) -> None:
    home.clock.advance(hours=2)
    before = home.tree()
    assert gc.plan(survey.look(home.store)).remove == ((REF, 1),)
    assert home.tree() == before


def test_a_running_edit_keeps_its_generation(home: Home) -> None:
    home.clock.advance(hours=2)
    with home.store.holds.hold(REF, 1, purpose="edit"):
        assert home.collect().removed == []
    assert home.collect().removed == [(REF, 1)]


def test_a_hold_taken_after_the_plan_is_respected(home: Home) -> None:
    home.clock.advance(hours=2)
    plan = gc.plan(survey.look(home.store))
    with home.store.holds.hold(REF, 1, purpose="edit"):
        report = gc.act(home.store, plan)
    assert (report.removed, report.returned) == ([], [(REF, 1)])
    home.hashed(REF, 1)


def test_a_generation_activated_after_the_plan_is_respected(home: Home) -> None:
    home.clock.advance(hours=2)
    plan = gc.plan(survey.look(home.store))
    home.store.refs.activate(REF, 1)
    assert gc.act(home.store, plan).returned == [(REF, 1)]
    assert home.store.refs.current(REF) == 1
    home.hashed(REF, 1)


def test_what_another_collector_removed_is_no_error(home: Home) -> None:
    home.clock.advance(hours=2)
    plan = gc.plan(survey.look(home.store))
    gc.act(home.store, plan)
    assert gc.act(home.store, plan).removed == []


def _litter(home: Home) -> None:
    """Everything that a kill, a crash or a bad disk may leave lying about."""
    store, layout = home.store, home.store.layout
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(claims, "me", dead_process)
        store.holds.hold(REF, 3, purpose="edit")
        store.writers.only(PackRef.parse("acme/pro:256"), purpose="install")
    staged = store.generations.stage(REF)
    assemble.create(staged, "x", b"x", Digest.of(b"x"))
    shutil.copytree(layout.generation(REF, 2), layout.slot(REF) / ".doomed-9-001122334455")
    shutil.copytree(layout.generation(REF, 2), layout.packs / "acme" / ".doomed-gone-512-001122334455" / "1")
    (layout.receipt(REF, 3).parent / "receipt.json.tmp-001122334455").write_bytes(b"half")
    (layout.refs / "acme" / "pro-512.json.tmp-0011223344ff").write_bytes(b"half")
    (layout.home / "format.tmp-0011223344ff").write_bytes(b"1")
    (layout.partial / ".doomed-x-001122334455").mkdir(parents=True)
    (layout.slot(REF) / "8").mkdir()
    shutil.copytree(layout.generation(REF, 2), layout.generation(REF, 4))
    layout.receipt(REF, 4).write_bytes(b"torn")
    (layout.refs / "acme" / "gone-any.json").write_bytes(RefState(1).to_bytes())
    work = layout.writer_of(PackRef.parse("acme/gone")) / "work.json"
    work.parent.mkdir(parents=True)
    work.write_bytes(b"{}")


def test_no_orphan_survives_the_hour_and_none_goes_before(home: Home) -> None:
    home.clock.advance(hours=2)
    home.collect()
    clean = home.tree()
    seen = home.seen()
    home.clock = type(home.clock)()
    home.store = Home(home.path, home.clock).store
    _litter(home)
    littered = home.tree()
    assert home.collect().removed == []
    assert home.tree() == littered
    home.clock.advance(hours=1, seconds=5)
    report = home.collect()
    assert report.postponed == []
    assert home.tree() == clean
    assert home.seen() == seen
    assert report.orphans == 13


def test_a_file_on_its_way_is_kept_for_two_weeks(home: Home) -> None:
    data = home.bring(b"half of something")
    home.clock.advance(days=13)
    home.collect()
    assert data.exists()
    home.clock.advance(days=1, seconds=5)
    home.collect()
    assert not data.parent.exists()


def test_a_folder_that_a_dead_process_left_empty_in_partial_goes_after_the_hour(home: Home) -> None:
    data = home.bring(b"something")
    data.rename(data.with_name("claim.json"))
    home.collect()
    assert data.parent.exists()
    home.clock.advance(hours=1, seconds=5)
    home.collect()
    assert not data.parent.exists()


def test_the_staged_folder_of_a_living_writer_stays(home: Home) -> None:
    with home.store.writers.only(REF, purpose="install") as writer:
        staged = home.store.generations.stage(REF)
        home.clock.advance(days=1)
        writer.beat()
        home.collect()
        assert staged.path.exists()
    home.collect()
    assert not staged.path.exists()


def test_verified_files_of_a_dead_writer_go_back_before_its_folder_goes(home: Home) -> None:
    staged = home.store.generations.stage(REF)
    data = home.bring(b"big")
    assemble.adopt(staged, "a", data, Digest.of(b"big"))
    home.clock.advance(hours=2)
    home.collect()
    assert not staged.path.exists()
    assert data.read_bytes() == b"big"


@pytest.mark.parametrize("what", ["generation", "slot"])
def test_what_a_dead_collector_hid_from_a_holder_comes_back(home: Home, what: str) -> None:
    path = home.store.layout.generation(REF, 3) if what == "generation" else home.store.layout.slot(REF)
    with home.store.holds.hold(REF, 3, purpose="edit"):
        path.rename(path.with_name(f".doomed-{path.name}-001122334455"))
        home.clock.advance(hours=2)
        home.collect()
        assert home.store.refs.current(REF) == 3
        home.hashed(REF, 3)


def test_what_cannot_be_deleted_yet_stays_hidden_and_is_tried_again(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.clock.advance(hours=2)
    unlink = os.unlink

    def busy(path: Path, **options: int) -> None:
        if Path(path).name == "same":
            raise PermissionError(13, "open elsewhere", str(path))
        unlink(path, **options)

    with monkeypatch.context() as patch:
        patch.setattr(os, "unlink", busy)
        report = home.collect()
    assert report.removed == [(REF, 1)]
    assert len(report.postponed) == 1
    assert home.store.generations.numbers(REF) == (2, 3)
    home.clock.advance(hours=2)
    assert home.collect().postponed == []
    assert not report.postponed[0].exists()


# -- removing -----------------------------------------------------------------------------------------------


def test_removing_a_pack_leaves_nothing_of_it(home: Home) -> None:
    home.install("acme/lite@1.0.0", {"a": b"lite"})
    home.store.refs.use(REF)
    report = gc.remove(home.store, PackRef.parse("acme/pro:512@1.0.2"))
    assert report.removed == [(REF, 1), (REF, 2), (REF, 3)]
    assert not any("pro-512" in path for path in home.tree())
    assert home.store.refs.default() is None
    assert set(home.seen()) == {"acme/lite"}
    with pytest.raises(NotInstalled):
        gc.remove(home.store, REF)


def test_a_pack_in_use_is_not_removed(home: Home) -> None:
    before = home.tree()
    with home.store.holds.hold(REF, 2, purpose="edit"):
        with pytest.raises(Busy) as caught:
            gc.remove(home.store, REF)
        assert (caught.value.hint, caught.value.data["by"]) == ("PACK_HELD", [f"edit (pid {os.getpid()})"])
    assert home.tree() == before
    assert home.store.refs.default() == REF


def test_a_hold_taken_while_a_pack_is_removed_brings_it_back(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    from qie_hub import atomic

    rename = atomic.rename
    holds: list[object] = []

    def slow(source: Path, goal: Path) -> None:
        if source == home.store.layout.slot(REF):
            holds.append(home.store.holds.hold(REF, 3, purpose="edit"))
        rename(source, goal)

    monkeypatch.setattr(atomic, "rename", slow)
    with pytest.raises(Busy):
        gc.remove(home.store, REF)
    assert len(holds) == 1
    assert home.store.refs.current(REF) == 3
    home.hashed(REF, 3)


def test_a_pack_that_somebody_installs_is_not_removed(home: Home) -> None:
    with home.store.writers.only(REF, purpose="install"), pytest.raises(Busy) as caught:
        gc.remove(home.store, REF)
    assert caught.value.hint == "BUSY"
    assert home.store.refs.current(REF) == 3


def test_a_pinned_pack_is_not_removed(home: Home) -> None:
    home.store.refs.pin(REF)
    with pytest.raises(Pinned):
        gc.remove(home.store, REF)
    home.store.refs.unpin(REF)
    assert len(gc.remove(home.store, REF).removed) == 3


def test_a_pack_with_a_damaged_ref_can_be_removed(home: Home) -> None:
    home.store.layout.ref_file(REF).write_bytes(b"{")
    assert len(gc.remove(home.store, REF).removed) == 3
    assert home.store.refs.everything() == {}
