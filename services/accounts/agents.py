"""代办: who acts for which enterprise, from when they were named until it is taken back."""

from __future__ import annotations

from services.accounts.errors import UnknownPerson
from services.accounts.house import House
from services.accounts.model import subject_of
from services.accounts.people import MANAGE, VIEW
from services.accounts.people_errors import UnknownAgent, WrongKind
from services.accounts.people_model import Person
from services.accounts.reach import Reach
from services.accounts.records import Records
from services.accounts.store import people as person_rows
from services.accounts.store import registrations as rows
from services.kernel.access import require
from services.kernel.actor import Actor
from services.kernel.ports import Connection

OWN = "session.own"


class Agents:
    """All methods block; none runs on an event loop. An enterprise names its own; so does whoever keeps its account."""

    def __init__(self, house: House) -> None:
        self._house, self._reach, self._records = house, Reach(house), Records(house)

    def list_of(self, actor: Actor, enterprise_id: str) -> list[Person]:
        with self._house.database.transaction() as conn:
            enterprise = self._access_enterprise(conn, actor, enterprise_id, VIEW)
            return self._show(conn, actor, rows.list_agents(conn, self._house.site, enterprise.id))

    def list_acting_for(self, actor: Actor) -> list[Person]:
        """Enterprises whose matters this person may see to now."""
        require(actor, OWN)
        with self._house.database.transaction() as conn:
            return self._show(conn, actor, rows.list_enterprises(conn, self._house.site, _person_id(actor)))

    def name(self, actor: Actor, enterprise_id: str, *, login: str) -> None:
        """An enterprise knows them by their logins; one that is not there and one that may not be look the same."""
        house = self._house
        with house.database.transaction() as conn:
            enterprise = self._access_enterprise(conn, actor, enterprise_id, MANAGE)
            agent = person_rows.find_person_by_login(conn, house.site, login.strip().lower())
            if agent is None or agent.kind != "citizen" or agent.disabled_ms is not None:
                raise UnknownPerson
            rows.begin_agency(conn, house.site, enterprise.id, agent.id, house.now_ms())
            after = {"agent": subject_of(agent.id)}
            house.record(conn, actor, "agent.name", subject_of(enterprise.id), after=after)

    def revoke(self, actor: Actor, enterprise_id: str, agent_id: str) -> None:
        house = self._house
        with house.database.transaction() as conn:
            enterprise = self._access_enterprise(conn, actor, enterprise_id, MANAGE)
            if not rows.end_agency(conn, enterprise.id, agent_id, house.now_ms()):
                raise UnknownAgent
            before = {"agent": subject_of(agent_id)}
            house.record(conn, actor, "agent.revoke", subject_of(enterprise.id), before=before)

    def _access_enterprise(
        self, conn: Connection, actor: Actor, enterprise_id: str, permission: str
    ) -> person_rows.PersonRow:  # fmt: skip
        own = enterprise_id == _person_id(actor) and actor.can(OWN)
        row = (
            person_rows.find_person(conn, self._house.site, enterprise_id)
            if own
            else self._reach.access_person(conn, actor, enterprise_id, permission)
        )
        if row is None:
            raise UnknownPerson
        if row.kind != "enterprise":
            raise WrongKind
        return row

    def _show(self, conn: Connection, actor: Actor, ids: list[str]) -> list[Person]:
        return self._records.show(conn, actor, person_rows.list_by_id(conn, self._house.site, ids))


def _person_id(actor: Actor) -> str:
    return actor.id.removeprefix("user:")
