"""Whatever lies in a home, collecting takes nothing that is used and everything that is not."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from qie_hub.clock import to_text
from qie_hub.digest import Digest
from qie_hub.formats.receipt import FileStamp, Receipt, RefState
from qie_hub.packref import PackRef
from qie_hub.store import gc
from qie_hub.store.gc import GRACE, GcPlan
from qie_hub.store.survey import Orphan, Survey

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
PACKS = [PackRef.parse(text) for text in ("acme/a", "other/a:512")]
NUMBERS = st.integers(1, 3)
STATES = st.builds(RefState, NUMBERS | st.none(), NUMBERS | st.none(), pinned=st.booleans()) | st.none()
AGES = st.sampled_from([-1, 0, 59, 60, 61, 120, 600]).map(lambda minutes: timedelta(minutes=minutes))


@st.composite
def receipts(draw: st.DrawFn) -> Receipt:
    inodes = draw(st.sets(st.integers(0, 6), max_size=3))
    files = tuple(FileStamp(f"f{inode}", 10 + inode, Digest.of(b"x"), 0, inode, 1) for inode in sorted(inodes))
    return Receipt(
        ref=draw(st.sampled_from(PACKS)), generation=draw(NUMBERS), origin="o", variant="v", release=1, channel=None,
        tier=None, title={}, abilities=(), pipeline="lite", manifest=Digest.of(b"m"),
        installed=to_text(NOW - draw(AGES)), freshness="fresh", files=files,
    )  # fmt: skip


@st.composite
def surveys(draw: st.DrawFn) -> Survey:
    found = draw(st.lists(receipts(), min_size=2, max_size=6, unique_by=lambda one: (one.ref, one.generation)))
    kinds = st.sampled_from(["staged", "doomed", "partial", "temporary", "claim", "derived"])
    orphans = draw(st.lists(st.builds(Orphan, st.uuids().map(lambda u: Path(str(u))), kinds, st.integers(0, 99), AGES)))
    return Survey(
        now=NOW,
        generations=tuple(found),
        refs=draw(st.dictionaries(st.sampled_from(PACKS), STATES)),
        held=frozenset(draw(st.sets(st.tuples(st.sampled_from(PACKS), NUMBERS), max_size=2))),
        orphans=tuple(orphans),
    )


def _must_stay(survey: Survey, receipt: Receipt) -> bool:
    """The promise, said again without looking at the code that keeps it."""
    ref, number = receipt.ref, receipt.generation
    state = survey.refs[ref] if ref in survey.refs else RefState()
    young = datetime.strptime(receipt.installed, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC) > survey.now - GRACE
    return state is None or number == state.current or (ref, number) in survey.held or young


def _is_way_back(survey: Survey, receipt: Receipt) -> bool:
    state = survey.refs.get(receipt.ref)
    return state is not None and receipt.generation == state.previous


def _bytes(survey: Survey, plan: GcPlan) -> int:
    files = {
        (item.inode or (receipt.ref, receipt.generation)): item.size
        for receipt in survey.generations
        if (receipt.ref, receipt.generation) not in plan.remove
        for item in receipt.files
    }
    return sum(files.values()) + sum(
        one.size for one in survey.orphans if one.kind == "derived" and one not in plan.orphans
    )


@given(surveys())
def test_without_a_budget_exactly_what_nothing_keeps_goes(survey: Survey) -> None:
    plan = gc.plan(survey)
    assert set(plan.remove) == {
        (one.ref, one.generation)
        for one in survey.generations
        if not _must_stay(survey, one) and not _is_way_back(survey, one)
    }
    assert len(plan.remove) + len(plan.kept) == len(survey.generations)
    assert plan.left == _bytes(survey, plan)


@given(surveys(), st.integers(0, 60))
def test_a_budget_takes_no_more_than_it_must_and_nothing_that_is_used(survey: Survey, budget: int) -> None:
    plan = gc.plan(survey, budget=budget)
    free = gc.plan(survey)
    assert set(free.remove) <= set(plan.remove)
    for one in survey.generations:
        if (one.ref, one.generation) in plan.remove:
            assert not _must_stay(survey, one)
            state = survey.refs.get(one.ref)
            assert not (_is_way_back(survey, one) and state is not None and state.pinned)
    assert plan.left == _bytes(survey, plan)
    if plan.left > budget:
        assert all(one in plan.orphans for one in survey.orphans if one.kind == "derived")
        assert {kept.why for kept in plan.kept} <= {"current", "held", "young", "pinned", "ref_unreadable"}
    if free.left <= budget:
        assert plan == free


@given(surveys())
def test_orphans_go_by_their_age_alone(survey: Survey) -> None:
    plan = gc.plan(survey)
    life = {"partial": timedelta(days=14), "derived": timedelta.max}
    assert plan.orphans == tuple(one for one in survey.orphans if one.age >= life.get(one.kind, GRACE))
