"""docs/security/signing-in.md says what is so: every way in, every limit with its value, every word; and secrets are as
unguessable as it says.
"""

from __future__ import annotations

import base64
import importlib
import math
import os
import re
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import msgspec
import pytest

from services.accounts.api import router
from services.accounts.api.session import SessionOut
from services.accounts.factors import STEP_S, STEPS_ASIDE
from services.accounts.house_words import CHINESE_WORD_MIN, PRODUCT_WORDS, WORD_MIN
from services.accounts.model import Asker, Limits, SecondFactor
from services.accounts.pairings import CODE_ALPHABET, CODE_LENGTH
from services.accounts.passwords import new_recovery_code
from services.kernel.access import PUBLIC
from services.kernel.http import LOOPBACK_COOKIES, route_permission
from services.kernel.ports import TOKEN_BYTES, new_token
from services.kernel.testing import seeded
from tests.services.accounts.conftest import PASSWORD
from ui.parts import make_accounts
from ui.run_settings import RunSettings
from ui.settings import FIELDS, Settings

if TYPE_CHECKING:
    from tests.services.accounts.conftest import Office

ROOT = Path(__file__).resolve().parents[3]
STANDARD_HASH_BITS = 112
"""A lookup secret of so many bits may be kept as a plain hash (ASVS 6.5.2)."""
OUT_OF_BAND_S_MAX = 600
NOT_TO_SIGN_IN = {"POST /accounts/registrations"}


@cache
def _page() -> str:
    return (ROOT / "docs" / "security" / "signing-in.md").read_text(encoding="utf-8")


def _limits() -> dict[str, int]:
    """Each limit of the page's tables, by the name it has in the program."""
    rows = re.findall(r"^\| `([\w.]+)` \| (\d+)(?: s)? \|", _page(), re.MULTILINE)
    assert len(rows) == len({name for name, _ in rows}), "each once"
    return {name: int(value) for name, value in rows}


def test_every_limit_of_signing_in_stands_there_with_its_value() -> None:
    told = _limits()
    assert {name.removeprefix("Limits.") for name in told if name.startswith("Limits.")} == asdict(Limits()).keys()
    for name, value in told.items():
        owner, _, constant = name.partition(".")
        found: Any = (
            getattr(Limits(), constant)
            if owner == "Limits"
            else getattr(importlib.import_module(f"services.accounts.{owner}"), constant)
        )
        assert (name, found) == (name, value)


def test_every_name_in_the_text_is_one_of_the_tables() -> None:
    assert set(re.findall(r"`(Limits\.\w+)`", _page())) <= _limits().keys()


@pytest.mark.integration
def test_every_way_in_stands_there_and_no_other(office: Office) -> None:
    routes = router(office.accounts, cookies=LOOPBACK_COOKIES).routes
    found = set()
    for route in routes:
        model, methods = getattr(route, "response_model", None), getattr(route, "methods", set()) - {"GET"}
        if methods and (route_permission(route) == PUBLIC or model is SessionOut):
            found |= {f"{method} {getattr(route, 'path', '')}" for method in methods}
    found.discard("POST /session/show")  # of somebody who is in already
    told = set(re.findall(r"`((?:POST|PUT|DELETE) /[\w/]+)`", _page()))
    assert told == found
    table = _page().partition("## Ways in")[2].partition("\nThere is")[0]
    assert set(re.findall(r"`(POST [\w/]+)`", table)) == found - NOT_TO_SIGN_IN


def test_settings_and_their_defaults_are_those_of_the_page() -> None:
    keys = {f"[{field.section}] {field.key}" for field in FIELDS}
    named = set(re.findall(r"`(\[\w+\] \w+)", _page()))
    assert named <= keys
    assert {key for key in keys if key.startswith(("[session]", "[login]"))} <= named
    assert "`staff` (default)" in _page()
    served = {field.name: field.default for field in msgspec.structs.fields(RunSettings)}
    assert Settings().second_factor == served["second_factor"] == "staff"
    assert all(f"`{rule}`" in _page() for rule in get_args(SecondFactor))
    for name in ("idle_s", "absolute_s", "sessions_max"):
        setting = {"idle_s": "session_idle_s", "absolute_s": "session_max_s"}.get(name, name)
        assert getattr(Settings(), setting) == getattr(Limits(), name)


def test_the_words_of_the_house_are_those_of_the_page() -> None:
    words = _page().partition("**Words of the house**")[2].partition("\n\n")[0]
    assert all(f"`{word}`" in words for word in PRODUCT_WORDS)
    assert f"From {WORD_MIN} letters or {CHINESE_WORD_MIN} characters on" in words


def test_recovery_codes_are_too_many_to_guess_a_plain_hash() -> None:
    code = new_recovery_code(seeded(1)).replace("-", "")
    bits = len(code) * math.log2(31)
    assert set("".join(new_recovery_code(seeded(n)) for n in range(40))) - {"-"} == set(
        "abcdefghjkmnpqrstuvwxyz23456789"
    )
    assert bits >= STANDARD_HASH_BITS
    assert f"{bits:.0f} bits" in _page() or f"{math.floor(bits)} bits" in _page()


def test_codes_that_are_read_out_are_hard_to_guess_and_short_lived() -> None:
    assert CODE_LENGTH * math.log2(len(set(CODE_ALPHABET))) >= 40
    limits = Limits()
    assert max(limits.signin_code_s, limits.pairing_code_s, limits.challenge_s) <= OUT_OF_BAND_S_MAX
    assert (STEP_S, STEPS_ASIDE) == (30, 1)


def test_a_token_is_256_bits_of_the_randomness_given() -> None:
    asked: list[int] = []

    def random(count: int) -> bytes:
        asked.append(count)
        return os.urandom(count)

    tokens = {new_token(random) for _ in range(100)}
    assert len(tokens) == 100
    assert {len(base64.urlsafe_b64decode(token + "=")) for token in tokens} == {TOKEN_BYTES} == {32}
    assert asked == [32] * 100


@pytest.mark.integration
def test_the_token_of_a_login_is_such_a_one(office: Office) -> None:
    office.hire("li")
    tokens = {
        office.accounts.sessions.begin(login="li", password=PASSWORD, asker=Asker(address="10.0.0.1")).token
        for _ in range(3)
    }
    assert len(tokens) == 3
    assert {len(base64.urlsafe_b64decode(token + "=")) for token in tokens} == {TOKEN_BYTES}


def test_secrets_come_from_the_systems_randomness_and_from_nowhere_else(office: Office) -> None:
    real = make_accounts(site="s", database=office.database, vault=office.vault, now_ms=office.clock)
    assert real.sessions._house.random is os.urandom
    others = {"random", "secrets", "uuid"}
    importing = [
        (path.relative_to(ROOT).as_posix(), name)
        for path in sorted((ROOT / "services").rglob("*.py"))
        if path.name != "testing.py"
        for name in re.findall(r"^\s*(?:from|import) ([\w., ]+)", path.read_text(encoding="utf-8"), re.MULTILINE)
        if others & set(re.split(r"[., ]+", name))
    ]
    assert importing == []
