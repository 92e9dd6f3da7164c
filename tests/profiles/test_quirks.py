"""Charger quirks: whom they match, what they switch, and that every file is sound."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest

from profiles import NO_QUIRKS, ProfileError, all_chargers, load_profile, quirks_for
from profiles.quirks import CHARGERS, load_charger, quirk_ids

ORDERS = {
    "reset", "unlock", "start", "stop", "firmware", "diagnostics",
    "trigger", "availability", "get", "set", "clear-cache", "data-transfer",
}  # fmt: skip


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CHARGEHAND_CONFIG_DIR", str(tmp_path))
    return tmp_path / "chargers"


@pytest.mark.parametrize("path", sorted(CHARGERS.glob("*.toml")), ids=lambda path: path.stem)
def test_every_vendors_file_is_sound(path: Path) -> None:
    charger = load_charger(path)
    for quirk in charger.quirks:
        assert re.fullmatch(r"[a-z0-9-]+", quirk.id)
        assert quirk.what.endswith(".")
        assert quirk.hint.endswith(".")
        assert quirk.handling.endswith(".")
        assert quirk.source is None or re.fullmatch(r"[\w.-]+/[\w.-]+#\d+", quirk.source)
        assert set(quirk.orders) <= ORDERS


def test_quirk_ids_are_unique() -> None:
    assert len(quirk_ids()) == sum(len(charger.quirks) for charger in all_chargers())


@pytest.mark.parametrize(
    ("vendor", "model", "firmware", "expected"),
    [
        ("ABB", "CDT_TACW11::NET_WIFI", "TAC3Z9119006710273::V1.8.21", {"abb-config-probe-reboots"}),
        ("ABB", "CDT_TACW11::NET_WIFI", "V1.6.6", {"abb-config-probe-reboots"}),
        ("ABB", "CDT_TACW11::NET_WIFI", "V1.8.22", set()),
        ("ABB", "CDT_TACW11::NET_WIFI", "V1.8.210", set()),
        ("ABB", "CDT_TACW11::NET_WIFI", "V11.8.2", set()),
        ("ABB", "CDT_TACW11::NET_WIFI", None, {"abb-config-probe-reboots"}),
        ("ABB", "Terra DC", "1.0", set()),
        ("Wall Box Chargers", "PLP1-0-2-3", "5.17.58", {"wallbox-boot-first"}),
        (
            "Wall Box Chargers",
            "PPR1-0-2-4",
            "6.11.16",
            {"wallbox-boot-first", "wallbox-6-no-boot", "wallbox-6-no-meters"},
        ),
        ("", "ACChargePoint", "x", {"huawei-meter-value-object"}),
        ("", "Something", "x", set()),
        ("EV-BOX", "G4E-WBW-M7500E", "P04", {"evbox-elvi-no-configuration", "evbox-elvi-start-with-profile"}),
        ("EV-BOX", "Troniq", "P04", set()),
        ("Keba AG", "KC-M20-E0LE02-020", "1.18", set()),
        ("Keba AG", "KC-P30-ES240022", "1.18", {"keba-slaves-are-connectors", "keba-id-tag-serial"}),
        ("Greengo-es", "x", "1", set()),
        (None, None, None, set()),
    ],
)
def test_a_boot_finds_the_quirks_of_its_charger(
    vendor: str | None, model: str | None, firmware: str | None, expected: set[str]
) -> None:
    assert {quirk.id for quirk in quirks_for(vendor, model, firmware).quirks} == expected


def test_switches_of_all_quirks_are_merged() -> None:
    assert quirks_for("EN+", "37", "1.1.805").ping is False
    assert quirks_for("EN+", "37", "1.1.805").station_availability is False
    entratek = quirks_for("Entratek", "Power Dot Pro", "1")
    assert (entratek.max_config_keys, entratek.get_config_without_keys) == (4, False)
    wallbox = quirks_for("Wall Box Chargers", "PPR1-0-2-4", "6.11.16")
    assert (wallbox.call_before_boot, wallbox.boots, wallbox.meters) == (False, False, False)
    assert quirks_for("go-e", "Charger", "55").start_with_profile is False
    assert quirks_for("JIGU", "WeGood", "V1.4").redials is False
    assert quirks_for("Nobody", "Nothing", "0") is NO_QUIRKS
    assert (NO_QUIRKS.ping, NO_QUIRKS.redials, NO_QUIRKS.max_config_keys) == (True, True, None)


def test_a_profile_switches_a_quirk_off_or_on_for_one_station() -> None:
    off = quirks_for("EN+", "37", "1", switches=["-enplus-no-pong"])
    assert off.ping
    assert not off.station_availability
    on = quirks_for("Nobody", "Nothing", "0", switches=["enplus-no-pong"])
    assert [quirk.id for quirk in on.quirks] == ["enplus-no-pong"]
    assert not on.ping


def test_hints_go_with_the_orders_they_belong_to() -> None:
    charx = quirks_for("Phoenix Contact", "CHARX SEC-3100", "1.9.0")
    assert "FreeMode=true" in charx.hints("start")[0]
    assert charx.hints("unlock") == []
    assert len(charx.hints()) == 1


def test_the_tail_of_a_keba_tag_is_cut_off_and_no_other() -> None:
    keba = quirks_for("KEBA", "P30", "1")
    assert keba.id_tag("04A2B3_20012345") == "04A2B3"
    assert keba.id_tag("04A2B3") == "04A2B3"
    assert NO_QUIRKS.id_tag("04A2B3_20012345") == "04A2B3_20012345"


def test_the_users_file_comes_before_the_shipped_one(own_folder: Path) -> None:
    own_folder.mkdir()
    shipped = (CHARGERS / "enplus.toml").read_text()
    (own_folder / "enplus.toml").write_text(shipped.replace("ping = false", "on = false\nping = false"))
    (own_folder / "acme.toml").write_text(
        'name = "Acme"\nvendor = "acme"\n[[quirks]]\nid = "acme-slow"\nwhat = "Slow."\nhint = "Wait."\n'
    )
    assert quirks_for("EN+", "37", "2").ping
    assert quirks_for("ACME Inc", "x", "2").hints() == ["Wait."]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            'name = "A"\nvendor = "("\n[[quirks]]\nid = "a"\nwhat = ""\nhint = ""',
            "acme.toml, line 2, vendor: not a regular",
        ),
        (
            'name = "A"\nvendor = "a"\n[[quirks]]\nid = "a"\nwhat = "."\nhint = "."\npign = false',
            "acme.toml, line 7, [[quirks]] pign: unknown key",
        ),
        ('name = "A"\nvendor = "a"', "acme.toml, quirks: this key is missing"),
    ],
)
def test_a_wrong_file_is_named_with_line_and_key(tmp_path: Path, text: str, sentence: str) -> None:
    path = tmp_path / "acme.toml"
    path.write_text(text)
    with pytest.raises(ProfileError) as caught:
        load_charger(path)
    assert caught.value.sentence.startswith(sentence)


def test_a_profile_without_quirks_does_not_read_the_vendors_files(own_folder: Path) -> None:
    own_folder.mkdir()
    (own_folder / "broken.toml").write_text("broken =")
    assert load_profile("bench").name == "bench"
    with pytest.raises(ProfileError, match=r"broken\.toml, line 1"):
        all_chargers()


def test_a_very_long_text_costs_no_more_than_a_short_one() -> None:
    before = time.process_time()
    quirks_for("1." * 1_000_000, "_" * 1_000_000, "1.8." * 1_000_000)
    assert time.process_time() - before < 1
