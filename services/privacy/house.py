"""What the parts of this module share: the ports, all modules' declarations, and a person's fields opened or masked."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from services.kernel.actor import Actor
from services.kernel.audit import Audit
from services.kernel.calendar import HallCalendar
from services.kernel.masking import MASKS, mask_text
from services.kernel.modules import Module, PersonalField
from services.kernel.ports import Clock, Connection, Random, Transactions
from services.kernel.vault import Vault, field_of_token
from services.privacy import declared
from services.privacy.errors import ReasonNeeded, UnknownField
from services.privacy.model import REASON_MIN, Held


@dataclass(frozen=True, kw_only=True)
class House:
    """One site's ports. ``modules``: all of them, this one too."""

    site: str
    modules: Sequence[Module]
    database: Transactions
    audit: Audit
    vault: Vault
    calendar: HallCalendar
    now_ms: Clock
    random: Random

    @cached_property
    def fields(self) -> Mapping[str, PersonalField]:
        return {field.column: field for module in self.modules for field in module.personal_data}

    def get_field(self, column: str) -> PersonalField:
        """Declared, and nothing that nobody may ever see."""
        field = self.fields.get(column)
        if field is None or field.category == "secret":
            raise UnknownField(column)
        return field

    def held(self, conn: Connection, subject: str, *, clear: bool) -> list[Held]:
        """Everything sealed of this person, opened by one question, masked unless ``clear``; secrets are left out."""
        found = [
            (module.name, field, token)
            for module in self.modules
            for field in module.personal_data
            if field.category != "secret"
            for token in declared.find_tokens(conn, field, self.site, subject)
        ]
        texts = self.vault.open_many(conn, [token for _, _, token in found])
        return [
            Held(module=name, field=field, text=text if text is None or clear else MASKS[field.mask](text))
            for (name, field, _), text in zip(found, texts, strict=True)
        ]

    def match_key(self, field: PersonalField, token: str, text: str) -> str:
        """Of what was sealed as this token, as its module makes it: a phone number is found however it is spaced."""
        plain = re.sub(r"[ -]", "", text) if field.mask == "phone" else text
        return self.vault.match_key(field_of_token(token), plain)

    def erase(self, conn: Connection, subject: str) -> None:
        """Every module forgets them, and the key goes whatever they do."""
        for module in self.modules:
            if module.eraser is not None:
                module.eraser(conn, self.vault, subject)
        self.vault.erase(conn, subject)

    def record(
        self,
        conn: Connection,
        actor: Actor,
        action: str,
        target: str,
        *,
        before: Mapping[str, Any] | None = None,
        after: Mapping[str, Any] | None = None,
        why: str | None = None,
    ) -> None:
        """Numbers of people are masked in ``why``: a line of the audit can not be erased."""
        self.audit.record(
            conn,
            actor=actor,
            action=action,
            target=target,
            before=before,
            after=after,
            why=None if why is None else mask_text(why),
        )


def check_reason(reason: str | None) -> str:
    said = (reason or "").strip()
    if len(said) < REASON_MIN:
        raise ReasonNeeded
    return said
