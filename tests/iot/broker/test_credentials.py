"""Password hashes are mosquitto's own, and the access list denies what it does not say."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iot.broker.credentials import (
    acl_lines,
    hash_password,
    is_reserved,
    new_password,
    new_salt,
    password_lines,
    verify_password,
)
from iot.errors import IotError

SALT = bytes(range(12))


def test_a_password_is_verified_by_its_hash_only() -> None:
    hashed = hash_password("open sesame", SALT)
    assert hashed.startswith("$7$101$")
    assert verify_password("open sesame", hashed)
    assert not verify_password("open sesami", hashed)


@given(st.text(max_size=40))
def test_nonsense_is_no_hash(nonsense: str) -> None:
    assert not verify_password("x", nonsense)


def test_a_hash_made_by_mosquitto_itself_is_understood(tmp_path: Path) -> None:
    program = shutil.which("mosquitto_passwd")
    if program is None:
        pytest.skip("mosquitto_passwd is not installed")
    file = tmp_path / "passwords"
    subprocess.run([program, "-b", "-c", file, "UPS-2", "secret"], check=True, capture_output=True)
    user, hashed = file.read_text().strip().split(":", 1)
    assert user == "UPS-2"
    assert verify_password("secret", hashed)
    assert not verify_password("Secret", hashed)


def test_passwords_come_from_the_given_randomness() -> None:
    assert new_password(bytes) == "A" * 32
    assert len({new_password(os.urandom) for _ in range(50)}) == 50
    assert len(new_salt(os.urandom)) == 12


@pytest.mark.parametrize(
    ("user", "hashed"), [("a:b", "$7$1$a$b"), ("a", "plain"), ("a", "$7$1$a$b\nhall:$7$"), ("+", "$7$")]
)
def test_nobody_writes_a_second_line_into_the_password_file(user: str, hashed: str) -> None:
    with pytest.raises(IotError):
        password_lines({user: hashed})


def test_the_hall_hears_all_and_says_commands_and_a_word_to_itself() -> None:
    lines = acl_lines("shifanqu")
    start = lines.index("user hall")
    assert lines[start + 1 : start + 5] == [
        "topic read ht/v1/shifanqu/#",
        "topic write ht/v1/shifanqu/+/cmd/+",
        "topic write ht/v1/shifanqu/hall/echo",
        "topic read $SYS/#",
    ]


def test_a_device_speaks_for_itself_only_and_never_commands() -> None:
    patterns = [line for line in acl_lines("shifanqu") if line.startswith("pattern")]
    assert "pattern write ht/v1/shifanqu/%u/tele" in patterns
    assert "pattern read ht/v1/shifanqu/%u/cmd/#" in patterns
    assert all("/%u/" in line for line in patterns)
    assert not any("write" in line and "cmd" in line for line in patterns)


def test_a_gateway_speaks_for_what_it_was_granted() -> None:
    lines = acl_lines("shifanqu", {"GW-1": ["UPS-2"]})
    own = lines[lines.index("user GW-1") :]
    assert "topic write ht/v1/shifanqu/UPS-2/tele" in own
    assert "topic read ht/v1/shifanqu/UPS-2/cmd/#" in own
    assert not any("UPS-1" in line for line in own)


@pytest.mark.parametrize("grants", [{"GW\nuser hall": ["a"]}, {"GW": ["#"]}, {"GW": ["+/x"]}])
def test_a_grant_cannot_widen_the_list(grants: dict[str, list[str]]) -> None:
    with pytest.raises(IotError):
        acl_lines("shifanqu", grants)


def test_a_dashboard_sees_what_discovery_points_to_and_commands_nothing() -> None:
    lines = acl_lines("shifanqu", home_assistant="homeassistant")
    own = lines[lines.index("user dashboard") + 1 :]
    own = own[: next(at for at, line in enumerate(own) if not line.startswith("topic"))]
    assert own == [
        "topic read ht/v1/shifanqu/+/state",
        "topic read ht/v1/shifanqu/+/tele",
        "topic read homeassistant/#",
        "topic write homeassistant/status",
    ]
    assert "user dashboard" not in acl_lines("shifanqu"), "nobody asked for dashboards"
    assert is_reserved("dashboard")


def test_a_web_process_hears_the_live_feed_and_says_where_it_stands() -> None:
    lines = acl_lines("shifanqu", users=["UPS-1", "hall.web-1"])
    own = lines[lines.index("user hall.web-1") + 1 :]
    own = own[: next(at for at, line in enumerate(own) if not line.startswith("topic"))]
    assert own == [
        "topic read ht/v1/shifanqu/hall/live/out",
        "topic write ht/v1/shifanqu/hall/live/ask/hall.web-1",
    ]
    assert [line for line in lines if "live" in line and "write" in line and "/out" in line] == [
        "topic write ht/v1/shifanqu/hall/live/out"
    ], "the hall alone tells the feed"
    assert "user UPS-1" not in lines
    assert is_reserved("hall.web-1")
    assert is_reserved("hall.live")
    assert not is_reserved("hall.x")
