"""What is said about a profile that is wrong: file, line, key, what was expected, and never a password."""

from __future__ import annotations

from pathlib import Path

import pytest

from profiles import ProfileError, check_profile, load_profile, parse_address
from profiles.address import format_address, is_loopback
from profiles.lines import key_lines

STATION = "[[stations]]\n"

BAD = [
    ('[listen]\nsecurity_profile = "two"', 2, "[listen] security_profile", 'expected a number from 0 to 3, got "two"'),
    ("[listen]\nsecurity_profile = 4", 2, "[listen] security_profile", "expected a number from 0 to 3, got 4"),
    ("[listen]\nsecurity_profile = true", 2, "[listen] security_profile", "expected a number from 0 to 3, got true"),
    ("[listen]\n\n# no\nunknown_station = 1", 4, "[listen] unknown_station", "unknown key (did you mean"),
    ('[listen]\nunknown_stations = "deny"', 2, "[listen] unknown_stations", 'expected one of "accept", "pending"'),
    ("colour = 1", 1, "colour", "unknown key"),
    ('source = "x"', 1, "source", "unknown key"),
    ("[screem]\ntheme = 1", 1, "screem", 'unknown key (did you mean "screen"?)'),
    ("listen = 9000", 1, "listen", "expected a list in brackets, got 9000"),
    ("listen = []", 1, "listen", "the list is empty"),
    ("[listen]\nping_interval = -1", 2, "[listen] ping_interval", "expected a number from 0 to 86400, got -1"),
    ('[listen]\naddress = "9000"', 2, "[listen] address", "the host is missing"),
    ('[listen]\naddress = "localhost"', 2, "[listen] address", "the port is missing"),
    ('[listen]\naddress = "a:99999"', 2, "[listen] address", "the port is a number from 0 to 65535"),
    (
        '[listen]\nversions = ["1.6",\n "1.5"]',
        3,
        "[listen] versions",
        'expected one of "1.6", "2.0.1", "2.1", got "1.5"',
    ),
    ("[listen]\nversions = []", 2, "[listen] versions", "the list is empty"),
    ('[listen]\ndefault_version = "2.0"', 2, "[listen] default_version", "expected one of"),
    ('[listen]\nversions = ["2.1"]', 1, "[listen] default_version", '"1.6" is not among'),
    ('[listen.tls]\nkey = "b"', 1, "[listen.tls] certificate", "every certificate needs its key: 0 certificates and 1"),
    ('[listen.tls]\ncertificate = ["a", "b"]\nkey = "c"', 3, "[listen.tls] key", "2 certificates and 1 keys"),
    ("[listen.tls]\ncertificate = 1", 2, "[listen.tls] certificate", "expected a text in quotes, got 1"),
    ('[listen.tls]\ncertificate = ["a", 2]', 2, "[listen.tls] certificate", "expected a text in quotes, got 2"),
    (
        '[[listen]]\naddress = "a:1"\n[[listen]]\naddress = "a:1"',
        4,
        "[[listen]] address",
        "a:1 is listened on twice",
    ),
    ("[calls]\ntimeout = 0", 2, "[calls] timeout", "expected a number from 0.1"),
    ('[api]\naddress = "0.0.0.0:9080"', 2, "[api] address", "other machines can reach 0.0.0.0:9080: set [api] token"),
    ('[api]\ntoken = "short"', 2, "[api] token", "a token has at least 16 characters"),
    ('[files]\naddress = "x"', 2, "[files] address", "the port is missing"),
    ('[keys]\nreset = ""', 2, "[keys] reset", "the key is empty"),
    ("[keys]\nreset = 1", 2, "[keys] reset", "expected a text in quotes, got 1"),
    ('name = "a/b"', 1, "name", "a name has letters"),
    ("[[tags.known]]\nid = 5", 2, "[[tags.known]] id", "expected a text of 1 to 255 characters, got 5"),
    (
        '[tags]\nknown = [\n {id = "A"},\n {id = "B", expires = 2027-01-01},\n]',
        4,
        "[[tags.known]] expires",
        "expected a date and time such as 2027-01-31T12:00:00Z, got 2027-01-01",
    ),
    ('[[tags.known]]\nid = "A"\n[[tags.known]]\nid = "a"', 4, "[[tags.known]] id", '"a" is listed twice'),
    (STATION + 'name = "x"', 1, "[[stations]] id", "this key is missing"),
    (STATION + 'id = ""', 2, "[[stations]] id", "the identity is empty"),
    (STATION + f'id = "{"x" * 49}"', 2, "[[stations]] id", "an identity has at most 48 characters, this one has 49"),
    (STATION + 'id = "a b"', 2, "[[stations]] id", "no spaces, slashes or control characters"),
    (STATION + 'id = "a/b"', 2, "[[stations]] id", "no spaces, slashes or control characters"),
    (STATION + 'id = "a\\u001bb"', 2, "[[stations]] id", "no spaces, slashes or control characters"),
    (STATION + 'id = "CP"\n' + STATION + 'id = "cp"', 4, "[[stations]] id", '"cp" is listed twice'),
    (
        "[listen]\nsecurity_profile=1\n" + STATION + 'id = "a:b"',
        4,
        "[[stations]] id",
        "Basic auth ends the user name there",
    ),
    (STATION + 'id = "a"\npassword = ""', 3, "[[stations]] password", "the password is empty"),
    (STATION + 'id = "a"\npassword = 12', 3, "[[stations]] password", "expected a text in quotes, got something else"),
    (
        STATION + 'id = "a"\npassword_hex = "xyz"',
        3,
        "[[stations]] password_hex",
        "expected pairs of hexadecimal digits",
    ),
    (
        STATION + f'id = "a"\npassword = "{"p" * 16}"\npassword_hex = "{"00" * 16}"',
        4,
        "[[stations]] password_hex",
        "give password or password_hex, not both",
    ),
    (
        'conduct = "strict"\n' + STATION + 'id = "a"\npassword = "short"',
        4,
        "[[stations]] password",
        "16 to 40 characters",
    ),
    (STATION + 'id = "a"\nversion = "3"', 3, "[[stations]] version", "expected one of"),
    (
        STATION + 'id = "a"\nquirks = ["-enplus-no-png"]',
        3,
        "[[stations]] quirks",
        'there is no quirk "-enplus-no-png" (did you mean "enplus-no-pong"?)',
    ),
    ("a = 1\nb = = 2", 2, "", "this is not TOML"),
    ("a = [1,\n2", 2, "", "this is not TOML"),
    ("a = 1\na = 2\n\n\n", 2, "", "this is not TOML"),
]


@pytest.mark.parametrize(("text", "line", "key", "message"), BAD)
def test_an_error_names_file_line_and_key(tmp_path: Path, text: str, line: int, key: str, message: str) -> None:
    path = tmp_path / "yard.toml"
    path.write_text(text)
    place = f"yard.toml, line {line}, {key}: " if key else f"yard.toml, line {line}: "

    with pytest.raises(ProfileError) as caught:
        load_profile(path)

    assert caught.value.sentence.startswith(place)
    assert message in caught.value.sentence
    errors = [problem for problem in check_profile(path) if problem.level == "error"]
    assert (errors[0].line, errors[0].key) == (line, key)
    assert message in errors[0].message


def test_check_reports_every_problem_at_once_by_line(tmp_path: Path) -> None:
    path = tmp_path / "yard.toml"
    path.write_text(
        'name = "yard"\n'
        "[listen]\n"
        'security_profile = "two"\n'  # a type
        "pings = 3\n"  # an unknown key
        'address = "nowhere"\n'  # a meaning
        "[registration]\n"
        "heartbeat_interval = 5\n"  # a warning
        "[[stations]]\n"
        'name = "no id"\n'
        "[[stations]]\n"
        'id = "CP-1"\n'
        'password = "short"\n'  # a warning
        "[[stations]]\n"
        'id = "cp-1"\n'
    )
    assert [(each.line, each.key, each.level) for each in check_profile(path)] == [
        (3, "[listen] security_profile", "error"),
        (4, "[listen] pings", "error"),
        (5, "[listen] address", "error"),
        (7, "[registration] heartbeat_interval", "warning"),
        (8, "[[stations]] id", "error"),
        (12, "[[stations]] password", "warning"),
        (14, "[[stations]] id", "error"),
    ]
    with pytest.raises(ProfileError, match=r"\(and 2 more; chargehand profile check tells them all\)$"):
        load_profile(path)


@pytest.mark.parametrize(
    ("text", "key", "message"),
    [
        ("[listen]\nsecurity_profile = 1", "[listen] security_profile", "so no station can connect here"),
        (
            '[listen]\naddress = "0.0.0.0:9000"',
            "[listen] security_profile",
            "starts such a profile only with --insecure",
        ),
        ('[tags]\npolicy = "known"', "[tags] policy", "so nobody can charge"),
        ('[[stations]]\nid = "a"\npassword = "short"', "[[stations]] password", "this password has 5"),
        ('[[stations]]\nid = "a"\npassword_hex = "0011"', "[[stations]] password_hex", "this one has 2"),
        ('[[stations]]\nid = "é#"', "[[stations]] id", '"é#" is not allowed in an OCPP identity'),
        (
            '[listen]\nsecurity_profile = 2\n[listen.tls]\ncertificate = "no.pem"\nkey = "no.key"',
            "[listen.tls] certificate",
            "there is no file",
        ),
    ],
)
def test_a_doubt_is_a_warning_and_the_profile_still_loads(tmp_path: Path, text: str, key: str, message: str) -> None:
    path = tmp_path / "yard.toml"
    path.write_text(text)
    load_profile(path)
    warnings = [each for each in check_profile(path) if each.key == key]
    assert [each.level for each in warnings] == ["warning"]
    assert message in warnings[0].message


def test_a_secret_is_never_repeated(tmp_path: Path) -> None:
    path = tmp_path / "yard.toml"
    path.write_text('[api]\ntoken = 4711\n[[stations]]\nid = "a"\npassword = 4711\npassword_hex = "4711xyz"\n')
    said = "\n".join(problem.sentence("yard.toml") for problem in check_profile(path))
    assert said.count("yard.toml") == 4
    assert "4711" not in said


@pytest.mark.parametrize(
    ("data", "line", "message"),
    [
        (b"a = 1\nb = '\xff'\n", 2, "the text is not UTF-8"),
        (b"a = " + b"[" * 5000, 0, "nested too deeply"),
    ],
)
def test_a_file_that_is_no_text_is_told_in_a_sentence(tmp_path: Path, data: bytes, line: int, message: str) -> None:
    path = tmp_path / "yard.toml"
    path.write_bytes(data)
    (problem,) = check_profile(path)
    assert (problem.line, problem.level) == (line, "error")
    assert message in problem.message
    with pytest.raises(ProfileError, match=r"yard\.toml"):
        load_profile(path)


def test_a_missing_file_and_a_folder_are_told_apart(tmp_path: Path) -> None:
    assert check_profile(tmp_path / "no.toml")[0].message == "there is no such file"
    assert check_profile(tmp_path)[0].message == "this is a folder, not a file"


def test_lines_are_found_in_every_shape_that_toml_has() -> None:
    text = (
        'a.b = 1\n"q.r".\'s t\' = """x\n[no]\n""""\n'
        "[one] # [[no]]\nlist = [ # ]\n  1,\n  {x = 1, y = [2,\n 3]},\n]\n"
        "[[two.three]]\nk = '''\nn = 1'''\n[two.three.sub]\nz = 1979-05-27 07:32:00Z\n[[two.three]]\nk = 2\n"
    )
    found = key_lines(text)
    assert found["a", "b"] == 1
    assert found["q.r", "s t"] == 2
    assert found["one",] == 5
    assert found["one", "list", 0] == 7
    assert found["one", "list", 1, "x"] == 8
    assert found["one", "list", 1, "y", 1] == 9
    assert found["two", "three", 0, "k"] == 12
    assert found["two", "three", 0, "sub", "z"] == 15
    assert found["two", "three", 1] == 16
    assert found["two", "three", 1, "k"] == 17
    assert ("no",) not in found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0.0.0.0:9000", ("0.0.0.0", 9000)),
        ("localhost:0", ("localhost", 0)),
        ("[::1]:9000", ("::1", 9000)),
        ("ws://127.0.0.1:9000/", ("127.0.0.1", 9000)),
        ("WSS://[fe80::1]:443", ("fe80::1", 443)),
        ("http://box.local:80/", ("box.local", 80)),
    ],
)
def test_an_address_is_read_as_people_write_it(text: str, expected: tuple[str, int]) -> None:
    assert parse_address(text) == expected
    assert parse_address(format_address(*expected)) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        ":",
        "9000",
        "host",
        ":9000",
        "host:",
        "host:-1",
        "host:65536",
        "host:٣",
        "::1:9000",
        "[::1]",
        "[::1]9",
        "[x]:1",
        "ws://host:1/path",
        "a b:1",
        "host:1e3",
        "ftp://host:1",
        "host:" + "9" * 5000,
    ],
)
def test_what_is_no_address_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ProfileError, match=r"HOST:PORT, such as 0\.0\.0\.0:9000"):
        parse_address(text)


@pytest.mark.parametrize(
    ("host", "expected"),
    [("localhost", True), ("127.9.9.9", True), ("::1", True), ("0.0.0.0", False), ("::", False), ("box", False)],
)
def test_loopback_is_told_without_asking_a_name_server(host: str, expected: bool) -> None:
    assert is_loopback(host) is expected


@pytest.mark.parametrize("level", [2, 3])
def test_a_tls_profile_needs_no_files_because_the_console_has_an_authority(tmp_path: Path, level: int) -> None:
    path = tmp_path / "yard.toml"
    path.write_text(f'[listen]\nsecurity_profile = {level}\n[[stations]]\nid = "a"\npassword = "a-good-long-password"')
    (listen,) = load_profile(path).listen
    assert listen.secure
    assert listen.tls is None
    assert check_profile(path) == []
