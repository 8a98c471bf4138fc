"""People as they are kept and as they are shown: sealed when written, masked when read."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from services.accounts.house import House
from services.accounts.id_numbers import parse_credit_code, parse_resident
from services.accounts.model import subject_of
from services.accounts.people_errors import BadIdNumber
from services.accounts.people_model import STAFF_KIND, Holding, Person
from services.accounts.store import units as unit_rows
from services.accounts.store.people import PersonRow
from services.kernel.actor import Actor
from services.kernel.masking import mask_id_number, mask_name, mask_phone
from services.kernel.ports import Connection

CALLS = "contact.phone"
"""What the number of somebody who is served rests on. A colleague's rests on their work."""
NAMES = "accounts.names"
"""Who may read the names of colleagues. Those who are served are masked for everybody."""


class Records:
    """Knows the vault and the tables; decides nothing about who may."""

    def __init__(self, house: House) -> None:
        self._house = house

    def seal(
        self, conn: Connection, row: PersonRow, *, name: str, phone: str | None, id_number: str | None
    ) -> PersonRow:
        """The row with these as its name, phone and ID number. Raises ``BadIdNumber``."""
        vault, subject = self._house.vault, subject_of(row.id)
        number = None if id_number is None else parse_id(row.kind, id_number)
        return replace(
            row,
            name_sealed=vault.seal(conn, subject=subject, field="name", text=name),
            phone_sealed=vault.seal(conn, subject=subject, field="phone", text=phone) if phone else None,
            id_sealed=vault.seal(conn, subject=subject, field="id_number", text=number) if number else None,
            name_match=vault.match_key("name", name),
            phone_match=vault.match_key("phone", plain_phone(phone)) if phone else None,
            id_match=vault.match_key("id_number", number) if number else None,
        )

    def agreed(self, conn: Connection, row: PersonRow) -> bool:
        """Whether a phone number of theirs may be kept now."""
        return row.kind == STAFF_KIND or self._house.consents.has_consent(
            conn, subject=subject_of(row.id), purpose=CALLS
        )

    def show(self, conn: Connection, actor: Actor, rows: Sequence[PersonRow], *, ended: bool = False) -> list[Person]:
        """One question each to the vault and to the posts, however many they are."""
        opened = self._open(conn, rows)
        held: dict[str, list[Holding]] = {row.id: [] for row in rows}
        for holding in unit_rows.list_holdings(conn, self._house.site, list(held), ended=ended):
            held[holding.person_id].append(holding)
        return [
            Person(
                id=row.id,
                login=row.login,
                kind=row.kind,
                name=name if name is None or _in_clear(actor, row) else mask_name(name),
                phone=mask_phone(phone) if phone else None,
                id_number=mask_id_number(number) if number else None,
                roles=tuple(row.roles),
                created_ms=row.created_ms,
                disabled_ms=row.disabled_ms,
                must_change_password=row.onetime_until_ms is not None,
                posts=tuple(held[row.id]),
            )
            for row, (name, phone, number) in zip(rows, opened, strict=True)
        ]

    def names(self, conn: Connection, rows: Sequence[PersonRow]) -> dict[str, str]:
        """By subject, in clear; the erased are left out."""
        found = self._house.vault.open_many(conn, [row.name_sealed for row in rows])
        return {subject_of(row.id): name for row, name in zip(rows, found, strict=True) if name is not None}

    def matches(self, text: str) -> list[str]:
        """The indexes that a whole name, phone or ID number equal to this would have."""
        vault = self._house.vault
        return [
            vault.match_key("name", text),
            vault.match_key("phone", plain_phone(text)),
            vault.match_key("id_number", text.upper()),
        ]

    def same(self, row: PersonRow, *, name: str, phone: str | None, id_number: str | None) -> bool:
        """Whether that is what is kept already: told by the indexes, nothing is opened. No ID number: any."""
        vault = self._house.vault
        phone_match = vault.match_key("phone", plain_phone(phone)) if phone else None
        id_match = vault.match_key("id_number", parse_id(row.kind, id_number)) if id_number else row.id_match
        return (row.name_match, row.phone_match, row.id_match) == (
            vault.match_key("name", name),
            phone_match,
            id_match,
        )

    def _open(
        self, conn: Connection, rows: Sequence[PersonRow]
    ) -> list[tuple[str | None, str | None, str | None]]:  # fmt: skip
        tokens = [token for row in rows for token in (row.name_sealed, row.phone_sealed, row.id_sealed)]
        texts = iter(self._house.vault.open_many(conn, tokens))
        return list(zip(texts, texts, texts, strict=True))


def plain_phone(phone: str) -> str:
    """Written with spaces or dashes or without: the same number."""
    return phone.replace(" ", "").replace("-", "")


def parse_id(kind: str, text: str) -> str:
    """As it is kept: a resident's number, or an enterprise's credit code. Raises ``BadIdNumber``."""
    number = parse_credit_code(text) if kind == "enterprise" else parse_resident(text)
    if number is None:
        raise BadIdNumber
    return number


def own_words(login: str, name: str) -> Collection[str]:
    """What a guesser knows of somebody."""
    return login, name


def _in_clear(actor: Actor, row: PersonRow) -> bool:
    return row.kind == STAFF_KIND and actor.can(NAMES)
