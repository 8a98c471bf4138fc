"""What a hall does about personal data by its own clock, with nobody asking: it lets go, and it fills what lacks."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import pytest

from services.kernel.testing import FakeClock
from services.kernel.vault import SealedVault
from twin.store.database import Database
from twin.testing import TestServer
from ui import testing_inside
from ui.testing import eventually
from ui.testing_inside import InsideHall, inside_hall

pytestmark = pytest.mark.integration
SITE, PERSON, NAME = "shifanqu", "frombefore", "王小明"
DAY_S = 86_400


@dataclass
class Own:
    """A hall whose clock is ours, and somebody who was there before it knew of indexes."""

    inside: InsideHall
    clock: FakeClock

    def ask(self, question: str) -> list[tuple[Any, ...]]:
        with self.inside.hall.database.transaction() as conn:
            return conn.execute(question.encode()).fetchall()

    def retired(self) -> list[tuple[Any, ...]]:
        return self.ask(
            "SELECT target, (after ->> 'erased')::int, actor FROM audit.line WHERE action = 'privacy.retention'"
        )


def _plant(url: str, key: bytes, now_ms: int) -> None:
    database = Database(url)
    vault = SealedVault(site=SITE, master_key=key, random=os.urandom)
    with database.transaction() as conn:
        name, place = (
            vault.seal(conn, subject=f"user:{PERSON}", field=field, text=text)
            for field, text in (("name", NAME), ("place", "10.0.0.7"))
        )
        conn.execute(
            "INSERT INTO accounts.person (id, site, login, password_hash, roles, name_sealed, created_ms)"
            " VALUES (%s, %s, %s, 'none', '{staff}', %s, %s)",
            (PERSON, SITE, PERSON, name, now_ms),
        )
        conn.execute(
            "INSERT INTO accounts.session (id, site, person_id, token_hash, created_ms, last_used_ms, expires_ms,"
            " place_sealed) VALUES ('s', %s, %s, '\\x00', %s, %s, %s, %s)",
            (SITE, PERSON, now_ms, now_ms, now_ms + 30 * DAY_S * 1000, place),
        )
    database.close()


@pytest.fixture(scope="module")
def own(server: TestServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Own]:
    clock = FakeClock(time.time_ns() // 1_000_000)
    prepare = testing_inside.prepare

    def prepare_and_plant(*building: Any, **named: Any) -> Any:
        found = prepare(*building, **named)
        _plant(named["owner_url"], named["vault_key"], clock())
        return found

    with pytest.MonkeyPatch.context() as patch, server.database() as url:
        patch.setattr("ui.bootstrap.now_ms", clock)
        patch.setattr(testing_inside, "prepare", prepare_and_plant)
        with inside_hall(url, tmp_path_factory.mktemp("own")) as inside:
            yield Own(inside, clock)


def test_people_from_before_are_found_by_their_name_soon_after_a_start(own: Own) -> None:
    def by_name() -> list[Any]:
        answer = own.inside.ask("GET", f"/api/v1/accounts/users?q={quote(NAME)}", who="admin").json()
        return [person["user"] for person in answer["people"]]

    assert eventually(by_name, what="the person") == [PERSON]
    lines = own.ask("SELECT target, (after ->> 'filled')::int FROM audit.line WHERE action = 'privacy.indexed'")
    assert lines == [("accounts.person.name_sealed", 1)]


def test_what_was_kept_long_enough_goes_when_its_time_comes_and_not_before(own: Own) -> None:
    ran = "SELECT max(ran_ms) FROM privacy.sweep WHERE field = 'accounts.session.place_sealed'"
    eventually(lambda: own.ask(ran)[0][0], what="a first sweep")
    own.clock.advance_s(DAY_S - 600)
    eventually(lambda: own.ask(ran)[0][0] == own.clock(), what="a sweep of that hour")
    assert own.retired() == []
    assert own.ask("SELECT place_sealed IS NOT NULL FROM accounts.session WHERE id = 's'") == [(True,)]
    own.clock.advance_s(3_601)
    eventually(own.retired, what="a sweep of the next")
    assert own.retired() == [("accounts.session.place_sealed", 1, "system:retention")]
    assert own.ask("SELECT place_sealed FROM accounts.session WHERE id = 's'") == [(None,)]
