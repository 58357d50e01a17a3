"""Parsers on what devices really printed; the thread of each text stands beside it."""

from __future__ import annotations

import json

import pytest

from qie_hub.device import android, gpus, linux, macos, soc, windows

BATTERY = "Now drawing from 'Battery Power'\n"
MAINS = "Now drawing from 'AC Power'\n"
PMSET = {  # https://github.com/imwally/battstat/issues/2 and https://github.com/spaceship-prompt/spaceship-prompt/pull/640
    BATTERY + " -InternalBattery-0 \t89%; discharging; 4:47 remaining present: true": (890, False),
    MAINS + " -InternalBattery-0 \t88%; AC attached; not charging present: true": (880, True),
    BATTERY + " -InternalBattery-0 (id=5374051)\t95%; discharging; 3:06 remaining present: true": (950, False),
}

DUMPSYS_BATTERY = """Current Battery Service state:
  mBootCompleted: true
  AC powered: false
  USB powered: true
  Wireless powered: false
  Max charging current: 0
  Charge counter: 0
  status: 2
  health: 2
  present: true
  level: 84
  scale: 100
  voltage: 4063
  temperature: 326
  technology: Li-ion
"""  # https://gh0st.tistory.com/6

NEXUS_5 = """
          [ro.board.platform]: [msm8974]
          [ro.boot.hardware.sku]: [D820]
          [ro.build.characteristics]: [nosdcard]
          [ro.build.type]: [userdebug]
"""  # https://github.com/flutter/flutter/issues/4009

M1 = """hw.optional.floatingpoint: 1
hw.optional.neon: 1
hw.optional.neon_hpfp: 1
hw.optional.neon_fp16: 1
hw.optional.armv8_1_atomics: 1
hw.optional.amx_version: 2
hw.optional.arm64: 1
"""  # https://github.com/archspec/archspec/issues/38

WAZUH_MAC = """Mach Virtual Memory Statistics: (page size of 4096 bytes)
Pages free:                             6127229.
Pages active:                            485320.
Pages inactive:                          628646.
Pages speculative:                       430715.
Pages throttled:                              0.
Pages wired down:                        715958.
Pages purgeable:                          11820.
"Translation faults":                  11477162.
"""  # https://github.com/wazuh/wazuh/issues/22113


@pytest.mark.parametrize("text", PMSET)
def test_a_macbook_says_how_full_its_battery_is(text: str) -> None:
    assert tuple(macos.battery(text).values()) == PMSET[text]


def test_a_mac_without_a_battery_says_nothing_of_one() -> None:
    assert macos.battery("Now drawing from 'AC Power'\n") == {}


def test_memory_of_a_mac_is_not_only_its_free_pages() -> None:
    assert macos.vm_stat(WAZUH_MAC) == {"memory_available": 4096 * (6127229 + 628646 + 430715 + 11820)}
    with pytest.raises(ValueError, match="page size"):
        macos.vm_stat("vm_stat: command not found")


def test_an_older_macos_does_not_say_dotprod_and_it_is_not_guessed() -> None:
    assert macos.sysctl(M1) == {"isa": ("fp16", "neon")}


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("CPU_Speed_Limit \t= 100\n", {"thermal": "nominal"}),
        ("CPU_Scheduler_Limit \t= 100\nCPU_Speed_Limit \t= 62\n", {"thermal": "serious"}),
        ("Note: No thermal warning level has been recorded\n", {"thermal": "nominal"}),
        ("", {}),
    ],
)
def test_a_mac_that_holds_its_cpu_back_is_hot(text: str, state: dict[str, str]) -> None:
    assert macos.thermal(text) == state


def test_low_power_mode_of_a_mac() -> None:
    assert macos.power_saver(" lowpowermode         1\n") == {"power_saver": True}
    assert macos.power_saver(" sleep 1\n") == {}


def test_a_phone_on_a_cable_is_charging() -> None:
    assert android.battery(DUMPSYS_BATTERY) == {"battery": 840, "charging": True}
    unplugged = DUMPSYS_BATTERY.replace("USB powered: true", "USB powered: false").replace("status: 2", "status: 3")
    assert android.battery(unplugged) == {"battery": 840, "charging": False}
    assert android.battery("Can't find service: battery\n") == {}


def test_a_phones_own_thermal_status_is_taken_and_not_a_temperature() -> None:
    assert android.thermal("Thermal Status: 3\n") == {"thermal": "serious"}
    assert android.thermal("HAL Ready: false\n") == {}


def test_properties_of_a_phone() -> None:
    assert android.getprop(NEXUS_5) == {"soc": "msm8974"}
    newer = (
        "[ro.soc.model]: [SM8550]\n[ro.board.platform]: [kalama]\n[ro.product.cpu.abilist]: [arm64-v8a,armeabi-v7a]\n"
    )
    assert android.getprop(newer) == {"soc": "SM8550", "arch": "aarch64"}
    assert android.power_saver("null\n") == {}
    assert android.power_saver("1\n") == {"power_saver": True}


@pytest.mark.parametrize(
    ("chip", "cpu", "known"),
    [
        ("SM8550", None, "Snapdragon 8 Gen 2"), ("kalama", None, "Snapdragon 8 Gen 2"),
        ("SM8750-AB", None, "Snapdragon 8 Elite"), ("lahaina", None, "Snapdragon 888"),
        ("SM8250", None, "Snapdragon 865"), ("MT6983", None, "Dimensity 9000"),
        ("MT6989Z", None, "Dimensity 9300"), (None, "Apple M1 Pro", "Apple M1"), (None, "Apple A15", "Apple A15"),
        (None, "Apple A14 Bionic", None), ("SM7675", None, None), ("mt8173", None, None), (None, None, None),
    ],
)  # fmt: skip
def test_known_chips_have_a_class_and_unknown_ones_none(chip: str | None, cpu: str | None, known: str | None) -> None:
    assert soc.classify(chip, cpu) == known


def test_a_driver_that_names_no_memory_is_not_a_card_without_memory() -> None:
    (card,) = gpus.nvidia("NVIDIA GB10, 580.126.09, [N/A], [N/A], 12.1\n")
    assert (card.total, card.free, card.memory_kind, card.architecture) == (None, None, "unified", "12.1")


def test_a_name_with_commas_does_not_shift_the_fields() -> None:
    (card,) = gpus.nvidia("NVIDIA A100, 80GB, 535.54, 81920, 81000, 8.0\n")
    assert (card.name, card.total) == ("NVIDIA A100, 80GB", 81920 << 20)


@pytest.mark.parametrize("text", ["No devices were found\n", "a, b\n", "X, 1, many, 2, 3\n"])
def test_words_in_place_of_figures_are_refused(text: str) -> None:
    with pytest.raises(ValueError):
        gpus.nvidia(text)


def test_a_table_without_memory_is_refused() -> None:
    lines = (
        "|   0  NVIDIA GB10                    On  |   0000000F:01:00.0 Off |                  N/A |",
        "| N/A   36C    P8              3W /  N/A  | Not Supported          |      0%      Default |",
    )  # https://github.com/snowflakedb/ArcticTraining/pull/345
    with pytest.raises(ValueError, match="table"):
        gpus.nvidia_table("\n".join(lines))


def test_two_amd_cards_are_not_guessed_to_be_integrated() -> None:
    card = gpus.drm({"vendor": "0x1002\n", "mem_info_vram_total": "17163091968\n"}, processor="AMD w/ Radeon", cards=2)
    assert (card.kind, card.memory_kind, card.total, card.shared) == (None, "dedicated", 17163091968, None)


def test_displays_of_an_intel_mac() -> None:
    # https://github.com/zeam-vm/cpu_info/issues/17 as JSON
    document = {
        "SPDisplaysDataType": [
            {
                "_name": "Radeon Pro Vega 64",
                "sppci_model": "Radeon Pro Vega 64",
                "spdisplays_vendor": "sppci_vendor_amd",
                "spdisplays_vram": "16 GB",
            },
            {
                "_name": "Intel UHD",
                "spdisplays_vendor": "Intel",
                "sppci_bus": "spdisplays_builtin",
                "_spdisplays_vram": "1536 MB",
            },
        ]
    }
    strong, weak = gpus.mac_displays(document)
    assert (strong.vendor, strong.kind, strong.total) == ("amd", "discrete", 16 << 30)
    assert (weak.vendor, weak.kind, weak.total, weak.shared) == ("intel", "integrated", None, 1536 << 20)


def test_the_answer_of_windows_is_read_whole() -> None:
    answer = {
        "os": {"Version": "10.0.22631", "TotalVisibleMemorySize": 33350000, "FreePhysicalMemory": 12000000},
        "cpu": [{"Name": "AMD Ryzen  9 ", "NumberOfCores": 8, "NumberOfLogicalProcessors": 16}],
        "battery": [{"EstimatedChargeRemaining": 57, "BatteryStatus": 1}],
        "video": [{"Name": "Microsoft Basic Display Adapter"}, {"Name": "Intel(R) UHD", "AdapterRAM": 1073741824}],
        "cost": "Variable",
    }
    found = windows.read(json.dumps(answer))
    assert found["memory_available"] == 12000000 * 1024
    assert (found["cpu_model"], found["physical_cores"], found["battery"]) == ("AMD Ryzen 9", 8, 570)
    assert (found["charging"], found["metered"], len(found["accelerators"])) == (False, True, 1)
    with pytest.raises(ValueError, match="object"):
        windows.read("[]")


@pytest.mark.parametrize(
    ("temperature", "state"), [("94000", "nominal"), ("95000", "serious"), ("106000", "critical"), ("n/a", None)]
)
def test_a_thermal_zone_is_judged_by_its_own_trip_points(temperature: str, state: str | None) -> None:
    zone = {
        "temp": temperature,
        "trip_point_0_type": "critical\n",
        "trip_point_0_temp": "105000\n",
        "trip_point_1_type": "passive\n",
        "trip_point_1_temp": "95000\n",
        "trip_point_2_type": "active\n",
        "trip_point_2_temp": "1000\n",
    }
    assert linux.thermal(zone) == state
    assert linux.thermal({"temp": "30000"}) is None


def test_mains_and_mice_are_not_the_devices_battery() -> None:
    assert linux.battery("POWER_SUPPLY_TYPE=Mains\nPOWER_SUPPLY_ONLINE=1\n") == {}
    assert linux.battery("POWER_SUPPLY_TYPE=Battery\nPOWER_SUPPLY_SCOPE=Device\nPOWER_SUPPLY_CAPACITY=50\n") == {}
    assert linux.battery("POWER_SUPPLY_STATUS=Charging\n") == {}


def test_flags_are_those_that_all_processors_share() -> None:
    text = "processor : 0\nFeatures : asimd asimddp i8mm\n\nprocessor : 1\nFeatures : asimd asimddp\n"
    assert linux.cpuinfo(text)["isa"] == ("asimd", "asimddp", "dotprod", "neon")
    assert linux.cpuinfo("processor : 0\nflags : avx2\n\nprocessor : 1\n").get("isa") is None


def test_an_old_kernel_without_available_memory_leaves_it_unknown() -> None:
    assert linux.meminfo("MemTotal: 100 kB\nMemFree: 50 kB\n") == {"memory_total": 102400}
