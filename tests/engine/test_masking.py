"""Secrets are hidden wherever they stand, and nothing else is."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.engine.masking import masked_payload, masked_raw, masked_text, masked_url

SECRETS: list[tuple[str, Any]] = [
    ("a 1.6 key being set", {"key": "AuthorizationKey", "value": "hunter2hunter2"}),
    (
        "keys being read",
        {"configurationKey": [{"key": "AuthorizationKey", "readonly": False, "value": "hunter2hunter2"}]},
    ),
    (
        "a variable being set",
        {
            "setVariableData": [
                {
                    "component": {"name": "X"},
                    "variable": {"name": "BasicAuthPassword"},
                    "attributeValue": "hunter2hunter2",
                }
            ]
        },
    ),
    (
        "a report",
        {
            "reportData": [
                {
                    "variable": {"name": "BasicAuthPassword"},
                    "variableAttribute": [{"type": "Actual", "value": "hunter2hunter2"}],
                }
            ]
        },
    ),
    ("an event", {"eventData": [{"variable": {"name": "WifiPassword"}, "actualValue": "hunter2hunter2"}]}),
    ("a network profile", {"connectionData": {"apn": {"apnPassword": "hunter2hunter2", "apn": "internet"}}}),
    ("a VPN", {"vpn": {"server": "vpn.example", "user": "u", "password": "hunter2hunter2", "key": "hunter2hunter2"}}),
    ("a PIN", {"idToken": {"idToken": "hunter2hunter2", "type": "KeyCode"}}),
    ("a URL", {"location": "ftp://bob:hunter2hunter2@files.example/fw.bin"}),
    ("a URL with an @ in its password", {"location": "ftp://bob:hunter2hunter2@x@files.example/fw.bin"}),
    ("a URL with a slash in its password", {"location": "ftp://bob:hunter2/hunter2@files.example/fw.bin"}),
    ("a URL with a signature", {"remoteLocation": "https://files.example/x?v=1&X-Amz-Signature=hunter2hunter2"}),
    ("a URL with a token", {"messageURL": "https://files.example/x?access_token=hunter2hunter2"}),
    ("a VPN that is known by its type", {"vpn": {"type": "IPSec", "key": "hunter2hunter2"}}),
    ("a password for an upload", {"log": {"remoteLocation": "https://files.example/", "password": "hunter2hunter2"}}),
    ("a PIN beside a token", {"idToken": {"additionalInfo": [{"additionalIdToken": "hunter2hunter2", "type": "keycode"}]}}),
    ("a setting of a vendor's", {"customData": {"vendorId": "v", "wifiPsk": "hunter2hunter2"}}),
    ("the name of a message", {"vendorId": "v", "messageId": "SetPassword", "data": "hunter2hunter2"}),
    ("XML in a string", {"data": "<a><password type='x'>hunter2hunter2</password></a>"}),
    ("words", {"techInfo": "login failed: password=hunter2hunter2"}),
    ("other words", {"data": "AuthorizationKey: hunter2hunter2; x"}),
    ("words of a vendor's", {"data": "shared key = hunter2hunter2, access token: hunter2hunter2"}),
    ("a number", {"connectionData": {"apn": {"simPin": 7777777}, "note": "hunter3"}}),
    *(
        (f"the setting {name}", {"key": name, "value": "hunter2hunter2"})
        for name in (
            "authorizationkey", "AUTHORIZATIONKEY", "Authorization Key", "authorization_key", "OcppAuthKey", "WifiPSK",
            "wifi-psk", "WiFiKey", "VpnKey", "ApnSimPin", "SIM_PIN", "ApnPwd", "FtpPass", "Passwort", "ApiKey",
            "AccessToken", "MasterSecret", "x" * 300 + "password", "SharedKey", "shared_key", "access_token", "auth-token",
            "Api Key", "Auth.Key", "Admin Pin", "sim.pin", "pin_code",
        )
    ),
]  # fmt: skip


@pytest.mark.parametrize("payload", [one for _, one in SECRETS], ids=[name for name, _ in SECRETS])
def test_a_secret_is_hidden_in_the_payload_and_in_the_text(payload: Any) -> None:
    raw = json.dumps([2, "17", "Some", payload])
    before = json.dumps(payload)
    assert "hunter2" not in json.dumps(masked_payload(payload))
    assert "hunter2" not in masked_raw(raw), "nobody has read it"
    assert "hunter2" not in masked_raw(raw[:-1]), "nobody can"
    assert "7777777" not in masked_raw(raw)
    assert "hunter2" not in masked_raw(raw, payload)
    assert json.dumps(payload) == before, "the payload itself stays as it is"


def test_everything_else_stays_byte_for_byte() -> None:
    raw = '[2, "17" ,"ChangeConfiguration",{"key":"HeartbeatInterval",  "value":"300"}]\n'
    payload = {"key": "HeartbeatInterval", "value": "300"}
    assert masked_raw(raw, payload) == raw
    assert masked_payload(payload) == payload


def test_only_the_secret_itself_is_replaced_in_a_text() -> None:
    payload = {"key": "AuthorizationKey", "value": "s3cret"}
    raw = '[2,"s3cret-1","ChangeConfiguration",{"value" : "s3cr\\u0065t","key":"AuthorizationKey"}]'
    assert masked_raw(raw, payload) == (
        '[2,"s3cret-1","ChangeConfiguration",{"value" : "***","key":"AuthorizationKey"}]'
    )


def test_text_that_is_no_json_keeps_its_secrets_too() -> None:
    assert "hunter2" not in masked_raw('[2,"1","ChangeConfiguration",{"key":"AuthorizationKey","value":"hunter2",,}]')
    assert "hunter2" not in masked_raw('[2,"1","X",{"apnPassword": "hunter2"')


def test_names_and_words_that_only_sound_like_it_are_left_alone() -> None:
    for setting in (
        "PublicKey", "MeterPublicKey1", "BypassMode", "DoorBypass", "WebSocketPingInterval", "AuthorizeRemoteTxRequests",
        "TokenReaderType", "MinimumPasswordLength", "ISO15118PnCEnabled", "CertSigningRepeatTimes",
    ):  # fmt: skip
        assert masked_payload({"key": setting, "value": "300"})["value"] == "300", setting
    for text in (
        "ws://10.0.0.1:9000/a@b",
        "set AuthorizationKey: Rejected",
        "http://h:80/x?id=5&keys=3",
        "see mail@example.com",
    ):
        assert masked_text(text) == text


def test_a_tag_of_another_type_is_no_secret() -> None:
    token = {"idToken": {"idToken": "04A1B2C3", "type": "ISO14443"}}
    assert masked_payload(token) == token


def test_a_key_without_a_value_is_a_name() -> None:
    assert masked_payload({"key": ["AuthorizationKey"]}) == {"key": ["AuthorizationKey"]}
    assert masked_payload({"key": "AuthorizationKey", "readonly": True}) == {
        "key": "AuthorizationKey",
        "readonly": True,
    }


def test_a_url_keeps_all_but_its_credentials() -> None:
    assert masked_url("see sftp://a:b@h/x and mail me@h") == "see sftp://***@h/x and mail me@h"


@given(secret=st.text(min_size=1), note=st.text(), spaced=st.booleans(), ascii_only=st.booleans())
def test_text_and_payload_agree_whatever_the_secret_is(secret: str, note: str, spaced: bool, ascii_only: bool) -> None:
    payload = {"note": note, "idToken": {"idToken": secret, "type": "KeyCode"}}
    raw = json.dumps([2, "17", "Authorize", payload], indent=1 if spaced else None, ensure_ascii=ascii_only)
    hidden = json.loads(masked_raw(raw))
    assert hidden[:3] == ["***" if str(one) == secret else one for one in [2, "17", "Authorize"]]
    assert hidden[3]["idToken"] == masked_payload(payload)["idToken"]
    assert hidden[3]["idToken"]["idToken"] == "***"
    assert hidden[3]["note"] in ("***", masked_text(note))


@pytest.mark.parametrize(
    "raw",
    [
        "\\" * 500_000 + "password",
        '[2,"1","X",{"password":"' + '\\"a' * 200_000,
        '{"password' * 50_000,
        "a://" * 150_000 + "@ password",
        "-----BEGIN PRIVATE KEY-----" * 20_000,
        "[" * 300_000 + "password",
        "password" * 60_000,
        "password=" * 60_000,
        "<password " * 50_000,
        "@" + "a://b:c" * 80_000,
        "?token=" + "&a." * 150_000 + "vpn",
        '"key":"\\' * 60_000 + "vpn",
    ],
    ids=[
        "backslashes",
        "a string without end",
        "names",
        "schemes",
        "keys without end",
        "brackets",
        "one word",
        "words",
        "tags",
        "logins",
        "queries",
        "VPN keys",
    ],
)
def test_text_made_to_be_slow_is_hidden_in_linear_time(raw: str) -> None:
    began = time.process_time()
    masked_raw(raw)
    assert time.process_time() - began < 3


def test_a_secret_is_found_under_every_spelling_of_its_names() -> None:
    for raw in (
        r'[2,"1","A",{"idToken":{"idToken":"hunter2","type":"K\u0065yCode"}}]',
        r'[2,"1","A",{"\u0069dToken":{"id\u0054oken":"hunter2","type":"keycode"}}]',
        r'[2,"1","A",{"location":"ftp:\/\/bob:hunter2@h\/x"}]',
        r'[2,"1","A",{"location":"ftp://bob:hunter2\u0040h/x"}]',
        r'[2,"1","DataTransfer",{"data":"{\"idToken\":\"hunter2\",\"type\":\"KeyCode\"}"}]',
        r'[2,"1","DataTransfer",{"data":"{\"a\":\"{\\\"password\\\":\\\"hunter2\\\"}\"}"}]',
        r'[2,"1","DataTransfer",{"data":"{\"password\":\"hunter2\",,"}]',
        '[2,"1","A",{"key":"authorizationkey","Value":"hunter2"}]',
    ):
        hidden = masked_raw(raw)
        assert "hunter2" not in hidden, raw
        assert json.loads(hidden)[:2] == [2, "1"]
        assert "hunter2" not in json.dumps(masked_payload(json.loads(raw)))


def test_a_private_key_is_hidden_and_a_certificate_is_not() -> None:
    made = "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n"
    key = "-----BEGIN EC PRIVATE KEY-----\nhunter2\n-----END EC PRIVATE KEY-----\n"
    payload = {"certificateChain": made + key}
    hidden = masked_raw(json.dumps([2, "1", "CertificateSigned", payload]))
    assert "hunter2" not in hidden
    assert json.loads(hidden)[3] == masked_payload(payload)
    assert json.loads(hidden)[3]["certificateChain"].startswith(made)
