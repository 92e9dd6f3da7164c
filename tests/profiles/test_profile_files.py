"""Loading, finding and saving profiles, with real files in a folder of the test's own."""

from __future__ import annotations

import re
import stat
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from msgspec import Struct
from msgspec.structs import fields, replace

from profiles import (
    Api,
    Calls,
    Charger,
    Files,
    Journal,
    KnownStation,
    Listen,
    Profile,
    ProfileError,
    Quirk,
    Registration,
    Screen,
    Tag,
    Tags,
    Tls,
    check_profile,
    load_profile,
    profile_names,
    profile_path,
    profile_text,
    profile_toml,
    save_profile,
)

SHIPPED = ["bench", "fleet", "strict", "tradeshow"]
ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CHARGEHAND_CONFIG_DIR", str(tmp_path / "config"))
    return tmp_path / "config" / "profiles"


@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_profile_loads_and_survives_being_saved(name: str) -> None:
    shipped = load_profile(name)
    assert shipped.name == name
    assert shipped.title
    assert shipped.description

    path = save_profile(shipped)

    again = load_profile(name)
    assert again.source == path
    assert replace(again, source=None) == replace(shipped, source=None)


@pytest.mark.parametrize("name", SHIPPED)
def test_no_shipped_profile_has_more_to_complain_of_than_the_example_password(name: str) -> None:
    for problem in check_profile(profile_path(name)):
        assert problem.level == "warning"
        assert problem.message.startswith("this is the example's password")
        assert profile_text(name).splitlines()[problem.line - 1].startswith("password")


def test_bench_lets_everybody_in_and_forgives() -> None:
    bench = load_profile()
    assert bench.name == "bench"
    assert bench.conduct == "tolerant"
    assert [(each.address, each.security_profile, each.unknown_stations) for each in bench.listen] == [
        ("0.0.0.0:9000", 0, "accept")
    ]
    assert bench.tags.policy == "accept"
    assert bench.exposed_listeners == bench.listen


def test_fleet_knows_its_stations_and_refuses_the_rest() -> None:
    fleet = load_profile("fleet")
    listener = fleet.listen[0]
    assert (listener.security_profile, listener.unknown_stations) == (1, "refuse")
    station = fleet.station("cp-001")
    assert station is not None
    assert station.password == "change-me-please-16"
    assert fleet.station("CP-999") is None
    assert fleet.exposed_listeners == []


def test_strict_asks_for_what_certification_asks_for() -> None:
    strict = load_profile("strict")
    assert strict.strict
    assert strict.listen[0].require_subprotocol
    assert not strict.listen[0].hide_unknown


def test_tradeshow_stays_on_this_machine() -> None:
    show = load_profile("tradeshow")
    assert {show.listen[0].host, show.api.address, show.files.address} == {
        "127.0.0.1",
        "127.0.0.1:9080",
        "127.0.0.1:9081",
    }
    assert show.screen.read_only


def test_the_users_copy_comes_before_the_shipped_one(own_folder: Path) -> None:
    own_folder.mkdir(parents=True)
    (own_folder / "fleet.toml").write_text('name = "fleet"\ntitle = "Mine"\n[listen]\naddress = "127.0.0.1:9"\n')
    (own_folder / "yard.toml").write_text("broken =\n")

    assert load_profile("fleet").title == "Mine"
    listed = {info.name: info for info in profile_names()}
    assert list(listed) == sorted([*SHIPPED, "yard"])
    assert (listed["fleet"].title, listed["fleet"].shipped) == ("Mine", False)
    assert listed["bench"].shipped
    assert listed["yard"].title.startswith("cannot be read: yard.toml, line 1: this is not TOML")


def test_a_file_is_named_after_itself_where_it_says_no_name(tmp_path: Path) -> None:
    path = tmp_path / "yard.toml"
    path.write_bytes(b'\xef\xbb\xbf[listen]\r\naddress = "[::1]:9000"\r\n')
    yard = load_profile(path)
    assert (yard.name, yard.site_name, yard.listen[0].host, yard.listen[0].port) == ("yard", "yard", "::1", 9000)
    assert load_profile(str(path)) == yard


def test_an_unknown_name_is_answered_with_the_nearest_one_and_the_list() -> None:
    with pytest.raises(ProfileError) as caught:
        load_profile("flet")
    assert caught.value.sentence == (
        'There is no profile "flet" (did you mean "fleet"?). There are: bench, fleet, strict, tradeshow'
    )


@pytest.mark.parametrize("name", ["../fleet", "/etc/passwd", "nowhere.toml", "", ".", "a\x00b"])
def test_a_name_never_leads_out_of_the_folders(name: str) -> None:
    with pytest.raises(ProfileError):
        load_profile(name)


def test_everything_that_can_be_said_is_kept_when_saved() -> None:
    whole = Profile(
        name="yard-2",
        title='Tor "links" ü',
        conduct="strict",
        site="Yard",
        listen=[
            Listen(address="127.0.0.1:0"),
            Listen(
                address="[::]:9001", security_profile=3, tls=Tls(certificate="a.pem", key="b.pem", client_ca="c.pem")
            ),
        ],
        tags=Tags(policy="known", known=[Tag(id="A", parent="P", expires=datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC))]),
        files=Files(host="10.0.0.1"),
        api=Api(address="0.0.0.0:9080", token="0123456789abcdef"),
        screen=Screen(columns=["station", "note"]),
        keys={"reset": "R", "left.right": "l"},
        stations=[
            KnownStation(id="A-1", password="0123456789abcdef", quirks=["-enplus-no-pong"]),
            KnownStation(id="A-2", password_hex="00" * 20, version="1.6", accepted=False, name="n", site="s"),
        ],
    )
    path = save_profile(whole)
    assert replace(load_profile("yard-2"), source=None) == whole
    assert "Comments of an earlier file are not in it" in path.read_text()


def test_saving_keeps_the_file_before_and_shows_it_to_its_owner_only() -> None:
    first = save_profile(load_profile("fleet"))
    before = first.read_text()
    save_profile(replace(load_profile("fleet"), title="Second"))

    assert first.with_name("fleet.toml.bak").read_text() == before
    assert sorted(path.name for path in first.parent.iterdir()) == ["fleet.toml", "fleet.toml.bak"]
    for path in first.parent.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_profile_can_be_saved_under_another_name_but_not_outside_the_folder() -> None:
    assert load_profile(save_profile(load_profile("bench"), "yard")).name == "yard"
    with pytest.raises(ProfileError, match="is no name for a profile"):
        save_profile(load_profile("bench"), "../yard")


def test_a_wrong_profile_is_not_saved_and_the_old_file_stays(own_folder: Path) -> None:
    path = save_profile(load_profile("fleet"))
    before = path.read_text()
    twice = [KnownStation(id="CP-1"), KnownStation(id="cp-1")]
    with pytest.raises(ProfileError, match=r'line \d+, \[\[stations\]\] id: "cp-1" is listed twice'):
        save_profile(replace(load_profile("fleet"), stations=twice))
    assert path.read_text() == before
    assert [each.name for each in own_folder.iterdir()] == ["fleet.toml"]


def test_a_disk_that_refuses_is_told_in_a_sentence(own_folder: Path) -> None:
    own_folder.parent.mkdir(parents=True)
    own_folder.write_text("a file where the folder should be")
    with pytest.raises(ProfileError, match="the profile cannot be saved"):
        save_profile(load_profile("bench"))


def test_a_link_to_a_profile_stays_a_link(own_folder: Path, tmp_path: Path) -> None:
    own_folder.mkdir(parents=True)
    target = tmp_path / "shared.toml"
    target.write_text(profile_text("bench"))
    (own_folder / "bench.toml").symlink_to(target)
    save_profile(replace(load_profile("bench"), title="Through the link"))
    assert (own_folder / "bench.toml").is_symlink()
    assert "Through the link" in target.read_text()


def test_stations_sites_and_tags_are_found_without_regard_to_case() -> None:
    profile = Profile(
        name="p",
        stations=[KnownStation(id="Cp-1", site="north"), KnownStation(id="CP-2")],
        tags=Tags(known=[Tag(id="AbCd")]),
    )
    assert profile.station("cP-1") is profile.stations[0]
    assert (profile.site_of("CP-1"), profile.site_of("CP-2"), profile.site_of("CP-3")) == ("north", "p", "p")
    assert profile.tag("abcd") is profile.tags.known[0]
    assert profile.tag("abc") is None


def test_both_forms_of_an_authorization_key_are_tried() -> None:
    digits = "00ff" * 8
    by_hex = dict(KnownStation(id="a", password_hex=digits).secrets())
    assert by_hex["bytes of the hex key"] == b"\x00\xff" * 8
    assert ("hex digits as text", digits.upper().encode()) in KnownStation(id="a", password_hex=digits).secrets()
    as_text = [secret for _, secret in KnownStation(id="a", password=digits).secrets()]
    assert as_text == [digits.encode(), b"\x00\xff" * 8]
    assert KnownStation(id="a", password="not hex at all 16").secrets() == [("text", b"not hex at all 16")]
    assert KnownStation(id="a").secrets() == []


def test_a_password_is_not_in_what_python_prints() -> None:
    profile = Profile(
        stations=[KnownStation(id="a", password="s3cret-s3cret-s3cret")], api=Api(token="t0ken-t0ken-t0ken")
    )
    assert "s3cret" not in repr(profile)
    assert "t0ken" not in repr(profile)


@pytest.mark.parametrize(("given", "held"), [(0, 10), (9, 10), (10, 10), (300, 300), (86_400, 86_400), (10**9, 86_400)])
def test_a_heartbeat_interval_is_held_within_its_limits(given: int, held: int) -> None:
    assert Registration(heartbeat_interval=given).heartbeat_interval == held


def test_a_tag_that_expires_without_a_zone_expires_in_utc() -> None:
    assert Tag(id="a", expires=datetime(2030, 1, 1)).expires == datetime(2030, 1, 1, tzinfo=UTC)


def test_relative_paths_start_at_the_profiles_folder(tmp_path: Path) -> None:
    profile = Profile(source=tmp_path / "p.toml")
    assert profile.path("a.pem") == tmp_path / "a.pem"
    assert profile.path("/b.pem") == Path("/b.pem")


@pytest.mark.parametrize(
    "kind",
    [Profile, Listen, Tls, Registration, Tags, Tag, Calls, Files, Api, Journal, Screen, KnownStation, Charger, Quirk],
)
def test_the_documentation_lists_every_key_with_its_default(kind: type[Struct]) -> None:
    text = (ROOT / "docs" / "profiles.md").read_text()
    simple = (str, int, float, bool)
    for field in fields(kind):
        if kind is Profile and field.name == "source":
            continue
        rows = [line for line in text.splitlines() if re.match(rf"\|[^|]*`{field.name}`", line)]
        shown = rows or re.findall(rf"## .*`\[+{field.name}\]+`.*|\| `\[{field.name}\]` .*", text)
        assert shown, f"{kind.__name__}.{field.name} is not in docs/profiles.md"
        if kind not in (Profile, Charger, Quirk) and isinstance(field.default, simple):
            default = profile_default(field.default)
            assert any(f"| `{default}` |" in row for row in rows), f"{kind.__name__}.{field.name} = {default}"


def profile_default(value: str | int | float | bool) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else str(value)


def test_the_text_of_a_saved_profile_is_laid_out_for_people() -> None:
    text = profile_toml(load_profile("fleet"))
    assert text.startswith("# ")
    assert '[[stations]]\nid = "CP-001"\npassword = "change-me-please-16"\n' in text


def test_importing_profiles_is_cheap() -> None:
    code = (
        "import sys, profiles\n"
        "heavy = {'textual', 'rich', 'platformdirs', 'tomli_w', 'console', 'widgets', 'ocpp', 'asyncio'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
        "profiles.load_profile('bench')\n"
        "print(sorted((heavy - {'platformdirs'}) & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.split("\n")[:2] == ["[]", "[]"]
