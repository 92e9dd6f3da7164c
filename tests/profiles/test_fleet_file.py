"""Fleet files are read strictly, and what is wrong in one is named with file, line and key."""

from __future__ import annotations

from pathlib import Path

import pytest

from profiles.errors import ProfileError
from profiles.fleet_file import fleet_names, load_fleet

GOOD = """title = "Two"

[behaviour]
speed = 2

[[stations]]
identity = "A"
vendor = "V"
model = "M"

[[stations]]
identity = "B-{n}"
count = 3
vendor = "V"
model = "M"
ocpp = "2.1"
connectors = [{ kind = "DC", power_kw = 50 }]
"""


def written(folder: Path, text: str) -> Path:
    """The text as a fleet file."""
    path = folder / "mine.toml"
    path.write_text(text)
    return path


def refusal(path: Path) -> str:
    """The sentence with which the file is refused."""
    with pytest.raises(ProfileError) as error:
        load_fleet(path)
    return error.value.sentence


def test_the_shipped_fleets_are_there() -> None:
    assert fleet_names() == ["hostile", "mixed", "offline", "quiet", "tradeshow"]


@pytest.mark.parametrize("name", ["hostile", "mixed", "offline", "quiet", "tradeshow"])
def test_a_shipped_fleet_fits_the_fields_of_ocpp(name: str) -> None:
    for spec in load_fleet(name).expand():
        short = 20 if spec.ocpp == "1.6" else 50
        assert len(spec.vendor) <= short, spec.vendor
        assert len(spec.model) <= 20, spec.model
        assert len(spec.serial) <= 25, spec.serial
        assert len(spec.firmware) <= 50, spec.firmware
        assert len(spec.identity) <= 48, spec.identity
    assert all(len(tag) <= 20 for tag in load_fleet(name).behaviour.tags)


def test_the_default_fleet_has_all_three_versions_and_all_sorts_of_stations() -> None:
    stations = load_fleet("mixed").expand()
    assert len(stations) == 14
    assert {spec.ocpp for spec in stations} == {"1.6", "2.0.1", "2.1"}
    assert {len(spec.connectors) for spec in stations} == {1, 2, 4}
    assert any(outlet.kind == "DC" for spec in stations for outlet in spec.connectors)


def test_groups_are_numbered_and_defaults_filled_in(tmp_path: Path) -> None:
    fleet = load_fleet(written(tmp_path, GOOD))
    assert fleet.name == "mine"
    assert [spec.identity for spec in fleet.expand()] == ["A", "B-001", "B-002", "B-003"]
    assert fleet.expand()[0].connectors[0].power_kw == 22


@pytest.mark.parametrize("wanted", [1, 4, 6, 150])
def test_a_fleet_is_cut_or_repeated_with_distinct_identities(tmp_path: Path, wanted: int) -> None:
    identities = [spec.identity for spec in load_fleet(written(tmp_path, GOOD)).expand(wanted)]
    assert len(identities) == len(set(identities)) == wanted


def test_a_missing_fleet_names_those_there_are() -> None:
    with pytest.raises(ProfileError, match="quiet, tradeshow"):
        load_fleet("nothing")


def test_a_file_that_is_not_toml_names_the_line(tmp_path: Path) -> None:
    assert "line 2" in refusal(written(tmp_path, 'title = "x"\nstations = [\n'.replace("[", "oops")))


@pytest.mark.parametrize(
    ("old", "new", "line", "key"),
    [
        ('ocpp = "2.1"', 'ocpp = "1.5"', 16, "stations[1].ocpp"),
        ("speed = 2", "speed = 0", 4, "behaviour.speed"),
        ("speed = 2", "spede = 2", 4, "behaviour.spede"),
        ('title = "Two"', "title = 2", 1, "title"),
        ('model = "M"\n\n', 'colour = "red"\nmodel = "M"\n\n', 9, "stations[0].colour"),
        ('identity = "A"\n', "", 6, "stations[0].identity"),
        ("power_kw = 50", "power_kw = -1", 17, "stations[1].connectors[0].power_kw"),
        ("count = 3", 'count = "many"', 13, "stations[1].count"),
    ],
)
def test_what_is_wrong_is_named_with_line_and_key(tmp_path: Path, old: str, new: str, line: int, key: str) -> None:
    path = written(tmp_path, GOOD.replace(old, new))
    assert f"{path}, line {line}, {key}: " in refusal(path)


def test_an_identity_used_twice_is_refused(tmp_path: Path) -> None:
    sentence = refusal(written(tmp_path, GOOD.replace('"B-{n}"', '"a"').replace("count = 3\n", "")))
    assert "line 12, stations[1].identity: 'a' is already taken" in sentence
