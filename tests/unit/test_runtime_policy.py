from __future__ import annotations

import pytest

from qie_hub.formats.device import PowerState
from qie_hub.formats.manifest import Requirements
from qie_hub.runtime.policy import Need, Plan, Resident, Way, choose, excess
from qie_hub.runtime.power import Heat, Limits, limit, pause_after

GIB = 1 << 30
PRO = Need(total=3 * GIB, stage=GIB)
LITE = Resident("lite", GIB // 2, serving=True)


@pytest.mark.parametrize(
    ("budget", "plan"),
    [
        (None, Plan(Way.BESIDE)),
        (4 * GIB, Plan(Way.BESIDE)),
        (2 * GIB, Plan(Way.STAGES, (), staged=True)),
        (GIB, Plan(Way.INSTEAD, ("lite",), staged=True)),
        (GIB - 1, Plan(Way.NEVER)),
    ],
)
def test_the_way_in_follows_from_the_memory(budget: int | None, plan: Plan) -> None:
    assert choose(PRO, [LITE], budget) == plan


def test_all_stages_together_fit_once_the_old_pack_is_gone() -> None:
    need = Need(total=GIB, stage=GIB)
    assert choose(need, [LITE], GIB) == Plan(Way.INSTEAD, ("lite",))


def test_idle_packs_go_before_anybody_is_sent_away_longest_idle_first() -> None:
    others = [Resident("old", GIB, idle=90), Resident("recent", GIB, idle=5), LITE]
    need = Need(total=GIB, stage=GIB)
    assert choose(need, others, 3 * GIB) == Plan(Way.BESIDE, ("old",))
    assert choose(need, others, 2 * GIB) == Plan(Way.BESIDE, ("old", "recent"))


def test_busy_packs_are_asked_to_leave_last_and_kept_ones_never() -> None:
    busy, kept = Resident("busy", GIB, busy=True), Resident("kept", GIB, kept=True)
    need = Need(total=GIB, stage=GIB)
    assert choose(need, [busy, kept], 2 * GIB) == Plan(Way.INSTEAD, ("busy",))
    assert choose(need, [kept], GIB) == Plan(Way.NEVER)
    assert choose(need, [busy, Resident("idle", GIB)], 2 * GIB) == Plan(Way.BESIDE, ("idle",))


def test_who_leaves_already_is_chosen_again_so_that_plans_do_not_flap() -> None:
    need = Need(total=GIB, stage=GIB)
    packs = [Resident("a", GIB, busy=True, idle=99), Resident("b", GIB, busy=True, leaving=True)]
    assert choose(need, packs, 2 * GIB).victims == ("b",)


def test_the_number_of_packs_is_bounded_even_where_memory_is_unknown() -> None:
    packs = [Resident(name, GIB, idle=n) for n, name in enumerate("abcd")]
    assert choose(Need(), packs, None, most=4) == Plan(Way.BESIDE, ("d",))


def test_after_running_out_of_memory_everything_else_goes() -> None:
    assert choose(Need(1, 1), [LITE, Resident("x", 1)], 100 * GIB, alone=True) == Plan(Way.INSTEAD, ("x", "lite"))


def test_a_shrunken_budget_sends_idle_packs_away_and_spares_the_others() -> None:
    packs = [LITE, Resident("idle", GIB), Resident("busy", GIB, busy=True), Resident("kept", GIB, kept=True)]
    assert excess(packs, 4 * GIB) == ()
    assert excess(packs, 3 * GIB) == ("idle",)
    assert excess(packs, 0) == ("idle",)
    assert excess(packs, None) == ()


def test_needs_by_stage_are_read_from_cumulative_figures() -> None:
    requirements = Requirements(memory={"understand": 300, "locate": 400, "repaint": 1400, "finish": 1500})
    assert Need.of(requirements) == Need(total=1500, stage=1000)
    assert Need.of(Requirements(memory={"repaint": 700})) == Need(700, 700)
    assert Need.of(Requirements()) == Need(0, 0)


# -- power --------------------------------------------------------------------------------------------------


def test_what_is_unknown_limits_nothing() -> None:
    assert limit(PowerState(), cores=8) == Limits(edits=2, threads=8)


def test_heat_takes_threads_first_then_edits_then_quality() -> None:
    by_heat = [limit(PowerState(thermal=name), cores=8) for name in ("nominal", "fair", "serious", "critical")]
    assert [item.threads for item in by_heat] == [8, 6, 4, 1]
    assert [item.edits for item in by_heat] == [2, 2, 1, 1]
    assert [item.share for item in by_heat] == [1000, 1000, 500, 250]
    assert [item.refine for item in by_heat] == [True, True, False, False]
    assert by_heat[2].resolution == 512


def test_heat_lets_go_only_two_levels_below() -> None:
    hot = limit(PowerState(thermal="critical"), cores=4)
    down = limit(PowerState(thermal="serious"), cores=4, before=hot)
    assert down.heat is Heat.CRITICAL
    further = limit(PowerState(thermal="fair"), cores=4, before=down)
    assert further.heat is Heat.SERIOUS
    assert limit(PowerState(thermal="fair"), cores=4, before=further).heat is Heat.SERIOUS
    assert limit(PowerState(thermal="nominal"), cores=4, before=further).heat is Heat.COOL
    assert limit(PowerState(thermal="critical"), cores=4, before=further).heat is Heat.CRITICAL


def test_a_low_battery_saves_until_it_is_well_charged_again() -> None:
    low = limit(PowerState(battery=190, charging=False), cores=4)
    assert (low.low, low.edits, low.resolution) == (True, 1, 512)
    assert limit(PowerState(battery=250, charging=False), cores=4, before=low).low
    assert not limit(PowerState(battery=310, charging=False), cores=4, before=low).low
    assert not limit(PowerState(battery=250, charging=False), cores=4).low
    assert not limit(PowerState(battery=50, charging=True), cores=4, before=low).low


def test_the_power_saver_counts_whatever_the_battery_says() -> None:
    saving = limit(PowerState(power_saver=True, battery=1000), cores=2)
    assert (saving.edits, saving.refine, saving.threads) == (1, False, 1)


def test_the_share_of_the_time_sets_the_pause() -> None:
    assert pause_after(2.0, 1000) == 0
    assert pause_after(2.0, 500) == 2.0
    assert pause_after(2.0, 250) == 6.0
