"""The twin file for TimescaleDB: chosen where the extension is, applied once, known again later.

The extension itself may not be at hand: functions of its names stand for it, which tells that the file is valid SQL on
PostgreSQL, keeps what was recorded and leaves every query as it was - not what TimescaleDB does with it. Where the
server of HALLTWIN_TEST_DATABASE has the extension, the last test runs on it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from twin.errors import MigrationRefused
from twin.store import migrations
from twin.store.database import Database
from twin.store.migrations import OWN, MigrationSet, list_migrations
from twin.testing import SITE, RunningHall, TestServer, telemetry, wait_until

pytestmark = pytest.mark.integration

STAND_IN = """
create schema elsewhere;
grant usage on schema elsewhere to public;
create table elsewhere.asked (what text);
grant insert on elsewhere.asked to public;
create function elsewhere.create_hypertable(relation regclass, time_column_name name,
    chunk_time_interval interval, create_default_indexes boolean) returns void language sql as
    $$insert into elsewhere.asked values (relation || ' by ' || time_column_name || ' ' || chunk_time_interval)$$;
create function elsewhere.drop_chunks(relation regclass, older_than timestamptz) returns setof text language sql as
    $$insert into elsewhere.asked values ('drop ' || relation || ' ' || older_than); select 'chunk'$$;
"""


@pytest.fixture
def url(server: TestServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A database in which something stands in for the extension."""
    with server.database(plain=True) as url:
        Database(url).migrate([])  # the roles
    with server.database(plain=True) as url:
        with psycopg.connect(url, autocommit=True) as conn:
            conn.execute(STAND_IN)
        monkeypatch.setattr(migrations, "find_timescale", lambda _: "2.29")
        yield url


def names(conn: psycopg.Connection[tuple[str, ...]]) -> set[str]:
    return {row[0] for row in conn.execute("select name from hall.migration where schema = 'twin'").fetchall()}


def test_where_the_extension_is_readings_stand_in_a_hypertable_and_every_query_is_as_it_was(url: str) -> None:
    database = Database(url)
    database.migrate()
    with psycopg.connect(url) as conn:
        assert {"0005_history_timescale.sql"} == {name for name in names(conn) if name.startswith("0005")}
        assert conn.execute("select what from elsewhere.asked").fetchall() == [("reading by ts 1 day",)]
        kind = conn.execute("select relkind::text from pg_class where oid = 'twin.reading'::regclass").fetchone()
        assert kind == ("r",), "no partitions of our own"
    assert database.migrate() == 0, "it is known again"
    hall = RunningHall(database)
    try:
        receipt = hall.wire.receive(telemetry("T-1", {"temperature": 21.5}, seq=1, ts_ms=hall.clock()))
        wait_until(lambda: receipt in hall.wire.acknowledged)
        value = hall.twin.past.state_at(hall.clock()).entities[f"{SITE}:device:T-1"]["temperature"]
        assert value.value == 21.5
        hall.clock.advance(100 * 86_400)
        hall.twin.keeper.keep()
        assert hall.twin.keeper.counters.days_dropped == 1
    finally:
        hall.twin.stop()
        database.close()


def test_what_was_recorded_before_the_file_is_still_there_after_it(server: TestServer) -> None:
    files = list_migrations(OWN[0].directory)
    history = next(f for f in files if f.number == 5)
    assert history.twin is not None
    with server.database(plain=True) as url, psycopg.connect(url, autocommit=True) as conn:
        Database(url).migrate()
        conn.execute("select twin.make_day('2031-05-06')")
        conn.execute(
            "insert into twin.reading values ('2031-05-06 12:00+00', 1, 2.5, 0, null), ('1999-01-01+00', 1, 1, 0, '')"
        )
        conn.execute(STAND_IN)
        conn.execute(history.twin.text.removeprefix(history.text).encode())
        rows = conn.execute("select point_id, value from twin.reading order by ts").fetchall()
        assert rows == [(1, 1.0), (1, 2.5)]
        left = conn.execute("select to_regclass('twin.reading_parts'), to_regclass('twin.reading_20310506')")
        assert left.fetchone() == (None, None)


def test_a_database_without_the_extension_keeps_the_plain_file_when_it_gets_it(
    plain: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrations, "find_timescale", lambda _: "2.29")
    assert plain.migrate() == 0
    with psycopg.connect(plain.url) as conn:
        assert "0005_history.sql" in names(conn)


def test_a_twin_file_that_was_changed_or_stands_alone_is_refused(database: Database, tmp_path: Path) -> None:
    shop = [MigrationSet(schema="shop", directory=tmp_path)]
    (tmp_path / "0001_first.sql").write_text("create table thing (n int);")
    twin = tmp_path / "0001_first_timescale.sql"
    twin.write_text("create table other (n int);")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(migrations, "find_timescale", lambda _: "2.29")
        assert database.migrate(shop) == 1
    assert database.migrate(shop) == 0, "also where the extension is not found any more"
    with database.transaction() as conn:
        assert conn.execute("select to_regclass('shop.other')::text").fetchone() == ("shop.other",)
    twin.write_text("select 1;")
    with pytest.raises(MigrationRefused, match="changed after it was applied"):
        database.migrate(shop)
    (tmp_path / "0001_first.sql").unlink()
    with pytest.raises(MigrationRefused, match="no migration stands beside 0001_first_timescale"):
        database.migrate(shop)


def test_on_a_server_that_has_the_extension(server: TestServer) -> None:
    with server.database() as url, psycopg.connect(url, autocommit=True) as conn:
        there = conn.execute("select 1 from pg_available_extensions where name = 'timescaledb'").fetchone()
        if there is None:
            pytest.skip("this server has no TimescaleDB: the file was never run with it here")
        conn.execute("create extension if not exists timescaledb")
        Database(url).migrate()
        assert "0005_history_timescale.sql" in names(conn)
        conn.execute("insert into twin.reading values (now(), 1, 2.5, 0, null)")
        assert conn.execute("select count(*) from twin.reading").fetchone() == (1,)
