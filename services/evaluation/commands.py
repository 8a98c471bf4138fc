"""Takes one rating a visit, tells the hall of it, and sums up what visitors said without saying who."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from building.departments import queue_zone
from building.model import Building, make_id
from services.evaluation import store
from services.evaluation.contacts import Contacts, FollowUp
from services.evaluation.errors import AlreadyRated, NotServed, UnknownVisit
from services.evaluation.model import LEVELS, Level, Rating, Share, check_tags, satisfied
from services.evaluation.store import Scope
from services.kernel.access import require
from services.kernel.actor import Actor
from services.kernel.audit import Audit
from services.kernel.buildings import TakeOver
from services.kernel.calendar import HallCalendar
from services.kernel.consents import Consents
from services.kernel.live import LiveHall, read
from services.kernel.masking import mask_text
from services.kernel.ports import Clock, Connection, Random, Transactions, new_id
from services.kernel.vault import Vault
from services.kernel.visits import Visit, VisitSource

VIEW = "evaluation.view"
SOURCE = "service:evaluation"
RECENT = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A rating as staff may see it: no time of day, by which they would know the visitor again, nobody's number."""

    rating: Rating
    text: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    counts: Mapping[Level, int]
    satisfied: Share | None
    tags: Mapping[str, int]
    needs_followup: int
    recent: Sequence[Said]


class Evaluation:
    """The service."""

    def __init__(
        self,
        *,
        building: Building,
        database: Transactions,
        live: LiveHall,
        visits: VisitSource,
        audit: Audit,
        vault: Vault,
        consents: Consents,
        now_ms: Clock,
        random: Random,
    ) -> None:
        self._site, self._database, self._live, self._visits = building.site, database, live, visits
        self._audit, self._vault, self._now_ms, self._random = audit, vault, now_ms, random
        self._contacts = Contacts(site=self._site, vault=vault, consents=consents)
        self._calendar = HallCalendar(building.timezone)
        self._telling = threading.Lock()
        self._told: date | None = None
        self._zones = _zones(building)

    def prepare(self, version: str, building: Building) -> TakeOver:
        """A ``Follower``."""
        del version
        zones = _zones(building)

        def take_over() -> None:
            self._zones = zones

        return take_over

    def restore(self) -> None:
        """At start: the twin is told today's figures."""
        self._tell()

    def tick(self) -> None:
        """Now and then: a new day begins at nought."""
        if self._told != self._today():
            self._tell()

    def is_open(self, token: str) -> bool:
        """Whether this visit may be rated now; raises ``UnknownVisit``."""
        visit = self._get_visit(token)
        with self._database.transaction() as conn:
            return visit.done and not store.has_rating(conn, self._site, self._visit_key(token))

    def may_be_called(self, actor: Actor) -> bool:
        """Whether this person agreed to a call about a low rating."""
        with self._database.transaction() as conn:
            return self._contacts.may(conn, actor)

    def list_followups(self, actor: Actor) -> list[FollowUp]:
        """Of those who still agree, the latest first."""
        require(actor, VIEW)
        with self._database.transaction() as conn:
            return self._contacts.list_latest(conn)

    def rate(
        self,
        actor: Actor,
        *,
        token: str,
        level: Level,
        tags: Sequence[str] = (),
        text: str | None = None,
        phone: str | None = None,
    ) -> str:
        """The rating's id. It stands as it is sent. ``phone``: of somebody who agreed to be called about it."""
        visit = self._get_visit(token)
        if not visit.done:
            raise NotServed
        chosen = check_tags(level, tags)
        said = (text or "").strip()
        with self._database.transaction() as conn:
            # Looked up first, so that a second try seals nothing; the table's key decides between two at once.
            if store.has_rating(conn, self._site, self._visit_key(token)):
                raise AlreadyRated
            rating = self._make(conn, visit, token=token, level=level, tags=chosen, text=said)
            store.insert_rating(conn, self._site, rating)
            store.add_event(conn, self._site, at_ms=rating.rated_ms, kind="rated", rating=rating)
            if phone is not None:
                self._contacts.add(conn, actor, rating, phone)
            self._audit.record(
                conn,
                actor=actor,
                action="evaluation.rated",
                target=make_id(self._site, "evaluation", rating.id),
                after={"level": level, "window": rating.window, "needs_followup": rating.needs_followup},
            )
        self._tell()
        return rating.id

    def summary(self, actor: Actor, *, days: int = 30, department: str | None = None) -> Summary:
        """Of the last days, today included."""
        require(actor, VIEW)
        scope = Scope(first=self._today() - timedelta(days=days - 1), department=department)
        with self._database.transaction() as conn:
            counts = dict.fromkeys(LEVELS, 0) | store.count_levels(conn, self._site, scope)
            recent = store.list_recent(conn, self._site, scope, limit=RECENT)
            return Summary(
                counts=counts,
                satisfied=satisfied(counts),
                tags=store.count_tags(conn, self._site, scope),
                needs_followup=counts[4] + counts[5],
                recent=[
                    Said(rating=r, text=None if text is None else mask_text(text))
                    for r, text in zip(
                        recent, self._vault.open_many(conn, [r.text_sealed for r in recent]), strict=True
                    )
                ],
            )

    # --- how

    def _get_visit(self, token: str) -> Visit:
        visit = self._visits.find_visit(token)
        if visit is None:
            raise UnknownVisit
        return visit

    def _visit_key(self, token: str) -> str:
        return self._vault.match_key("evaluation.visit", token)

    def _make(
        self, conn: Connection, visit: Visit, *, token: str, level: Level, tags: tuple[str, ...], text: str
    ) -> Rating:
        rating_id = new_id(self._random)
        sealed = self._vault.seal(conn, subject=f"evaluation:{rating_id}", field="text", text=text) if text else None
        return Rating(
            id=rating_id,
            visit_key=self._visit_key(token),
            day=self._today(),
            level=level,
            tags=tags,
            text_sealed=sealed,
            department=visit.department,
            item=visit.item,
            window=visit.window,
            staff=visit.staff,
            waited_s=_between_s(visit.issued_ms, visit.called_ms),
            served_s=_between_s(visit.started_ms, visit.ended_ms),
            people=self._people_near(visit.window),
            rated_ms=self._now_ms(),
        )

    def _people_near(self, window: str | None) -> int | None:
        """In the window's queue zone, as the twin counts them now."""
        zone = self._zones.get(window or "")
        people = None if zone is None else read(self._live, zone, "people")
        return None if people is None else int(people)

    def _tell(self) -> None:
        """Read and told under one lock: whoever tells last has read last."""
        with self._telling:
            today = self._today()
            with self._database.transaction() as conn:
                counts = store.count_levels(conn, self._site, Scope(first=today))
            low = counts.get(4, 0) + counts.get(5, 0)
            values = {"rated_today": sum(counts.values()), "low_today": low}
            self._live.publish(make_id(self._site, "evaluation", "hall"), values, source=SOURCE)
            self._told = today

    def _today(self) -> date:
        return self._calendar.day(self._now_ms())


def _zones(building: Building) -> Mapping[str, str | None]:
    """The queue zone of each window, by its number."""
    return {w.number: queue_zone(building, w) for w in building.windows}


def _between_s(start_ms: int | None, end_ms: int | None) -> float | None:
    return None if start_ms is None or end_ms is None else (end_ms - start_ms) / 1000
