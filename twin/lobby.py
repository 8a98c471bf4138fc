"""The lobby: an unknown device with a one-time code knocks, a person looks at it and lets it in or sends it away.

A code is a user of the broker that may knock and hear its answer, nothing else, until it is used up or too old. What
the device says of itself is shown as said, not believed: the person who approves says which device it is. A stranger
of the open lobby has no code: it appears when it first knocks, and waits as the others do.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from psycopg.types.json import Jsonb

from building.model import make_id
from iot.broker.credentials import GUEST, hash_password, new_password, new_salt
from iot.broker.open_lobby import is_stranger
from iot.messages import Knock
from twin.enrolment import Enrolled, Enrolment, Wish
from twin.errors import Dismissed, NotFound, Refused
from twin.store import audit
from twin.store.database import Connection, Database

VALID_S_MAX = 7 * 86_400
WAITING_MAX = 500
"""Invitations open at the same time."""
ANSWER_S = 600
"""An approved device must fetch its credential within this time."""
NOTE_CHARS_MAX = 200
STRANGERS_MAX = 200
"""Who wait in the open lobby; when it is full, whoever has been silent longest gives way, if it was for a while."""
STRANGER_SILENT_MS = 300_000
STRANGER_KEPT_MS = 86_400_000
"""So long after its last knock a stranger is forgotten, and one that was sent away may come again."""
OPEN_LOBBY = "system:open-lobby"
_COLUMNS = "username, note, created_ms, created_by, expires_ms, said, knocked_ms, device, address, knocks, dismissed_ms"


@dataclass(frozen=True, slots=True, kw_only=True)
class Invited:
    """A code as it is handed out: told once."""

    user: str
    password: str
    expires_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Guest:
    """One invitation. ``said`` None: nobody has knocked with it yet. ``device``: approved as this one.

    ``unasked``: nobody invited it, it came to the open lobby; then ``created_ms`` is when it was first seen, and
    ``address`` from where, as far as the broker's log tells.
    """

    user: str
    note: str
    created_ms: int
    created_by: str
    expires_ms: int
    said: dict[str, Any] | None
    knocked_ms: int | None
    device: str | None
    address: str | None = None
    knocks: int = 0
    dismissed_ms: int | None = None

    @property
    def unasked(self) -> bool:
        return self.created_by == OPEN_LOBBY


class Guests:
    """Invitations and who came with them; every step is audited."""

    def __init__(
        self, *, site: str, database: Database, enrolment: Enrolment, now_ms: Callable[[], int],
        random: Callable[[int], bytes],
    ) -> None:  # fmt: skip
        self._site, self._database, self._enrolment = site, database, enrolment
        self._now_ms, self._random = now_ms, random

    def invite(self, *, count: int, valid_s: int, note: str, actor: str) -> list[Invited]:
        """``count`` codes, each good for one device."""
        if not 0 < valid_s <= VALID_S_MAX:
            raise Refused(f"a code is valid for {VALID_S_MAX} s at most")
        now_ms = self._now_ms()
        made = [
            Invited(
                user=f"{GUEST}{base64.b32encode(self._random(5)).decode().lower()}",
                password=new_password(self._random), expires_ms=now_ms + valid_s * 1000,
            )
            for _ in range(count)
        ]  # fmt: skip
        with self._database.transaction() as conn:
            row = conn.execute(
                "select count(*) from twin.invitation where site = %s and hash <> ''", [self._site]
            ).fetchone()
            if row is None or row[0] + count > WAITING_MAX:
                raise Refused(f"{WAITING_MAX} invitations may be open at the same time")
            for one in made:
                conn.execute(
                    "insert into twin.invitation (site, username, hash, note, created_ms, created_by, expires_ms)"
                    " values (%s, %s, %s, %s, %s, %s, %s)",
                    [
                        self._site, one.user, hash_password(one.password, new_salt(self._random)),
                        note[:NOTE_CHARS_MAX], now_ms, actor, one.expires_ms,
                    ],
                )  # fmt: skip
                self._audit(conn, "lobby.invite", one.user, actor=actor, why=note, after={"expires_ms": one.expires_ms})
        return made

    def list_guests(self) -> list[Guest]:
        """Those who knocked first, the latest first."""
        with self._database.transaction() as conn:
            rows = conn.execute(
                f"select {_COLUMNS} from twin.invitation where site = %s and expires_ms > %s"  # noqa: S608 - ours
                " and dismissed_ms is null order by knocked_ms desc nulls last, created_ms desc",
                [self._site, self._now_ms()],
            ).fetchall()
        return [_guest(row) for row in rows]

    def knock(self, knock: Knock) -> Enrolled | None:
        """Keep what it says of itself. One that was approved and asks again gets a new password; ``taken`` ends it.

        ``Refused`` where it was sent away, or a stranger finds no room.
        """
        with self._database.transaction() as conn:
            guest = self._appear(conn, knock.user) if is_stranger(knock.user) else self._get(conn, knock.user)
            if guest.dismissed_ms is not None:
                raise Dismissed(f"{knock.user} was sent away")
            if knock.taken and guest.device is not None:
                self._end(conn, knock.user)
                return None
            said = {k: v for k, v in asdict(knock).items() if k not in {"user", "taken"}}
            conn.execute(
                "update twin.invitation set said = %s, knocked_ms = %s, knocks = knocks + 1,"
                " expires_ms = case when hash = '' and device is null then %s else expires_ms end"
                " where site = %s and username = %s",
                [Jsonb(said), self._now_ms(), self._now_ms() + STRANGER_KEPT_MS, self._site, knock.user],
            )
            if guest.said is None and not guest.unasked:  # strangers are without end, the audit is not for them
                self._audit(conn, "lobby.knock", knock.user, actor=knock.user, why=guest.note, after=said)
        if guest.device is None:
            return None
        return self._enrolment.rotate([guest.device], actor=guest.created_by, why=f"asked again by {knock.user}")[0]

    def note_addresses(self, addresses: Mapping[str, str]) -> None:
        """From where strangers came, as the lobby's broker told."""
        with self._database.transaction() as conn:
            nowhere = conn.execute(
                "select username from twin.invitation where site = %s and hash = '' and address is null", [self._site]
            ).fetchall()
            for user, address in [(user, addresses[user]) for (user,) in nowhere if user in addresses]:
                conn.execute(
                    "update twin.invitation set address = %s where site = %s and username = %s",
                    [address, self._site, user],
                )

    def approve(self, user: str, wish: Wish, *, actor: str, why: str) -> Enrolled:
        """Let it in as this device; it has some minutes to fetch its credential."""
        with self._database.transaction() as conn:
            guest = self._get(conn, user)
        if guest.said is None:
            raise Refused("nobody has knocked with this code yet")
        if guest.device is not None:
            raise Refused(f"it was let in as {guest.device} already")
        enrolled = self._enrolment.enrol([wish], actor=actor, why=why or guest.note or "approved in the lobby")[0]
        with self._database.transaction() as conn:
            conn.execute(
                "update twin.invitation set device = %s, expires_ms = least(expires_ms, %s)"
                " where site = %s and username = %s",
                [wish.key, self._now_ms() + ANSWER_S * 1000, self._site, user],
            )
            self._audit(
                conn, "lobby.approve", user, actor=actor, why=why, before=guest.said, after={"device": wish.key}
            )
        return enrolled

    def check(self, user: str) -> None:
        """Raises NotFound where no such guest is expected."""
        with self._database.transaction() as conn:
            self._get(conn, user)

    def dismiss(self, user: str, *, actor: str, why: str) -> None:
        """Send it away: the code is good no more; a stranger is told so for a day, and not shown again till then."""
        with self._database.transaction() as conn:
            guest = self._get(conn, user)
            if guest.unasked:
                conn.execute(
                    "update twin.invitation set dismissed_ms = %s where site = %s and username = %s",
                    [self._now_ms(), self._site, user],
                )
            else:
                self._end(conn, user)
            self._audit(conn, "lobby.dismiss", user, actor=actor, why=why, before=guest.said)

    def expire(self) -> int:
        """Forget the codes that are too old; returns how many."""
        with self._database.transaction() as conn:
            gone = conn.execute(
                "delete from twin.invitation where site = %s and expires_ms <= %s returning username",
                [self._site, self._now_ms()],
            ).fetchall()
            for (user,) in gone:
                if is_stranger(user):
                    continue
                self._audit(conn, "lobby.expire", user, actor="system:lobby", why="too old")
        return len(gone)

    def _appear(self, conn: Connection, user: str) -> Guest:
        """A stranger as it was seen before, else a new one, where there is room."""
        known = self._find(conn, user)
        if known is not None:
            return known
        now_ms = self._now_ms()
        conn.execute("delete from twin.invitation where site = %s and username = %s", [self._site, user])
        row = conn.execute(
            "select count(*) from twin.invitation where site = %s and hash = ''", [self._site]
        ).fetchone()
        if row is None or row[0] >= STRANGERS_MAX:
            gone = conn.execute(
                "delete from twin.invitation where (site, username) in (select site, username from twin.invitation"
                " where site = %s and hash = '' and device is null and knocked_ms < %s order by knocked_ms limit 1)",
                [self._site, now_ms - STRANGER_SILENT_MS],
            )
            if gone.rowcount == 0:
                raise Refused(f"{STRANGERS_MAX} strangers wait already")
        conn.execute(
            "insert into twin.invitation (site, username, hash, note, created_ms, created_by, expires_ms)"
            " values (%s, %s, '', '', %s, %s, %s)",
            [self._site, user, now_ms, OPEN_LOBBY, now_ms + STRANGER_KEPT_MS],
        )
        return self._get(conn, user)

    def _get(self, conn: Connection, user: str) -> Guest:
        guest = self._find(conn, user)
        if guest is None:
            raise NotFound(f"no invitation {user}")
        return guest

    def _find(self, conn: Connection, user: str) -> Guest | None:
        row = conn.execute(
            f"select {_COLUMNS} from twin.invitation"  # noqa: S608 - ours
            " where site = %s and username = %s and expires_ms > %s for update",
            [self._site, user, self._now_ms()],
        ).fetchone()
        return _guest(row) if row is not None else None

    def _end(self, conn: Connection, user: str) -> None:
        conn.execute("delete from twin.invitation where site = %s and username = %s", [self._site, user])

    def _audit(
        self, conn: Connection, action: str, user: str, *, actor: str, why: str, before: Any = None, after: Any = None
    ) -> None:
        audit.append(
            conn, site=self._site, actor=actor, action=action, target=make_id(self._site, "invitation", user),
            before=before, after=after, why=why, at_ms=self._now_ms(),
        )  # fmt: skip


def read_guest_users(conn: Connection, *, site: str, now_ms: int) -> dict[str, str]:
    """Password hashes of the codes that are still good, for the broker."""
    rows = conn.execute(
        "select username, hash from twin.invitation where site = %s and expires_ms > %s and hash <> ''",
        [site, now_ms],
    )
    return {str(user): str(hashed) for user, hashed in rows}


def _guest(row: tuple[Any, ...]) -> Guest:
    user, note, created_ms, created_by, expires_ms, said, knocked_ms, device, address, knocks, dismissed_ms = row
    return Guest(
        user=user, note=note, created_ms=created_ms, created_by=created_by, expires_ms=expires_ms, said=said,
        knocked_ms=knocked_ms, device=device, address=address, knocks=knocks, dismissed_ms=dismissed_ms,
    )  # fmt: skip
