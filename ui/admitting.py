"""Letting devices in as people ask for it: credentials with their QR code, grants, the lobby, and what was refused.

Every change is committed and audited first; then the broker's keeper is told, and the answer waits until the broker's
own files say the same.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from iot.broker.configuration import BrokerFiles
from iot.broker.credentials import HALL_USER, LIVE_USER, LOBBY_USER, acl_lines
from iot.broker.mosquitto import fingerprint_of
from iot.broker.open_lobby import read_addresses
from iot.broker.rights import Rights
from iot.broker.watch import Refusal
from iot.codecs.native import parse_topic
from iot.conventions.binding import foreign_address
from iot.conventions.homeassistant import DISCOVERY_PREFIX
from iot.errors import CodecError
from iot.kind import Text
from iot.messages import Knock
from iot.ports import Binding
from services.kernel.errors import Unavailable
from twin.admission import broker_id
from twin.approval import Approval
from twin.enrolment import Enrolled, Enrolment, Wish
from twin.errors import Dismissed, NotFound, TwinError
from twin.lobby import Guest, Guests, Invited, read_guest_users
from twin.registry import Registry
from twin.store.database import Database
from twin.unasked import Unasked
from ui.run_settings import RunSettings

TAKEN_OVER_TIMEOUT_S = 10.0
POLL_S = 0.02
_OWN = (f"{HALL_USER}:", f"{LOBBY_USER}:", f"{LIVE_USER}:")


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """Where devices connect. ``folder``: the files of our own broker, None where its owner lets devices in.

    ``lobby_url``: where a device without a credential may knock, empty where there is no open lobby.
    """

    site: str
    url: str
    authority: Path | None
    folder: Path | None
    home_assistant: str | None = None
    lobby_url: str = ""
    lobby_folder: Path | None = None

    def fingerprint(self) -> str | None:
        """SHA-256 of what devices must trust, None where they need not."""
        if self.authority is None:
            return None
        certificate = x509.load_pem_x509_certificate(self.authority.read_bytes())
        return certificate.fingerprint(hashes.SHA256()).hex(":").upper()

    def card(self, user: str, password: str) -> str:
        """All that a technician needs, as it stands in a QR code."""
        said = {"broker": self.url, "site": self.site, "user": user, "password": password}
        if (trusted := self.fingerprint()) is not None:
            said["ca_sha256"] = trusted.replace(":", "")
        return json.dumps(said, separators=(",", ":"))


def door_of(settings: RunSettings) -> Door:
    """As the launcher said it when the hall started."""
    return Door(
        site=settings.site,
        url=settings.devices_url,
        authority=Path(settings.authority) if settings.authority else None,
        folder=Path(settings.broker_folder) if settings.broker_folder else None,
        home_assistant=DISCOVERY_PREFIX if settings.home_assistant else None,
        lobby_url=settings.lobby_url,
        lobby_folder=Path(settings.lobby_folder) if settings.lobby_folder else None,
    )


def list_guests(guests: Guests, door: Door) -> list[Guest]:
    """Those who wait, with the addresses that the open lobby's broker told."""
    if door.lobby_folder is not None:
        guests.note_addresses(read_addresses(BrokerFiles(directory=door.lobby_folder).log))
    return guests.list_guests()


class Keeper:
    """Whoever keeps the broker's files: told of a change, and waited for."""

    def __init__(self, *, door: Door, registry: Registry, database: Database, tell: Callable[[], None]) -> None:
        self._door, self._registry, self._database, self._tell = door, registry, database, tell

    def take_over(self) -> bool:
        """True when the broker knows what the registry knows; False where its owner must be told by a person."""
        self._tell()
        if self._door.folder is None:
            return False
        files = BrokerFiles(directory=self._door.folder)
        deadline = time.monotonic() + TAKEN_OVER_TIMEOUT_S
        while not self._is_taken_over(files):
            if time.monotonic() > deadline:
                raise Unavailable(
                    zh="已保存，但消息服务器尚未生效，请稍后查看。",
                    en="It is saved, but the broker has not taken it over yet.",
                    retry_after_s=5,
                )
            time.sleep(POLL_S)
        return True

    def acl(self) -> list[str]:
        door, registry = self._door, self._registry
        return acl_lines(
            door.site, registry.grants(), bindings=registry.list_bindings(), home_assistant=door.home_assistant,
            users=registry.list_credentials(),
        )  # fmt: skip

    def _is_taken_over(self, files: BrokerFiles) -> bool:
        with self._database.transaction() as conn:
            guests = read_guest_users(conn, site=self._door.site, now_ms=time.time_ns() // 1_000_000)
        wanted = {f"{user}:{hashed}" for user, hashed in {**self._registry.list_credentials(), **guests}.items()}
        try:
            lines = files.passwords.read_text(encoding="utf-8").splitlines()
            rights = files.acl.read_text(encoding="utf-8").splitlines()
            applied = files.applied.read_text(encoding="ascii").strip() == fingerprint_of(files)
        except FileNotFoundError:
            return False
        return applied and {line for line in lines if not line.startswith(_OWN)} == wanted and rights == self.acl()


class Admitting:
    """One for the hall; ``enrolment`` and ``guests`` do the work, this tells the broker and writes the cards."""

    def __init__(
        self, *, door: Door, registry: Registry, enrolment: Enrolment, guests: Guests, keeper: Keeper,
        refused: Callable[[str, str, int], None], answer: Callable[[str, dict[str, Any]], None],
    ) -> None:  # fmt: skip
        self.door, self.enrolment, self.guests = door, enrolment, guests
        self.approval = Approval(registry=registry, enrolment=enrolment)
        self._registry, self._keeper, self._refused, self._answer = registry, keeper, refused, answer
        self._rights: tuple[int, Rights] = (-1, Rights(()))

    # --- people

    def enrol(self, wishes: Sequence[Wish], *, actor: str, why: str, again: bool = False) -> list[Enrolled]:
        made = self.enrolment.enrol(wishes, actor=actor, why=why, again=again)
        self._keeper.take_over()
        return made

    def rotate(self, keys: Collection[str], *, actor: str, why: str) -> list[Enrolled]:
        made = self.enrolment.rotate(keys, actor=actor, why=why)
        self._keeper.take_over()
        return made

    def revoke(self, keys: Collection[str], *, actor: str, why: str) -> None:
        """Who is connected is cut off at once."""
        self._registry.revoke_credentials(keys, actor=actor, why=why)
        self._keeper.take_over()

    def grant(self, gateway: str, devices: Sequence[str], *, actor: str, why: str) -> None:
        if not self._registry.is_enrolled(gateway):
            raise NotFound(f"no credential {gateway}")
        self._registry.grant(gateway, devices, actor=actor, why=why)
        self._keeper.take_over()

    def revoke_grant(self, gateway: str, device: str, *, actor: str, why: str) -> None:
        self._registry.revoke_grant(gateway, device, actor=actor, why=why)
        self._keeper.take_over()

    def bind(self, binding: Binding, *, actor: str, why: str) -> None:
        self._registry.bind(binding, actor=actor, why=why)
        self._keeper.take_over()

    def unbind(self, device: str, convention: str, *, actor: str, why: str) -> None:
        self._registry.unbind(device, convention, actor=actor, why=why)
        self._keeper.take_over()

    def invite(self, *, count: int, valid_s: int, note: str, actor: str) -> list[Invited]:
        made = self.guests.invite(count=count, valid_s=valid_s, note=note, actor=actor)
        self._keeper.take_over()
        return made

    def approve(self, user: str, wish: Wish, *, actor: str, why: str) -> None:
        """The device hears its credential, nobody else does."""
        enrolled = self.guests.approve(user, wish, actor=actor, why=why)
        self._keeper.take_over()
        self._send_credential(user, enrolled)

    def approve_unasked(
        self, ident: str, *, key: str | None, kind: str | None, name: Text | None, points: Mapping[str, str],
        actor: str, why: str,
    ) -> str:  # fmt: skip
        """What was heard of and led nowhere is a device of the hall from now on."""
        device = self.approval.approve(ident, key=key, kind=kind, name=name, points=points, actor=actor, why=why)
        self._keeper.take_over()
        return device

    def dismiss(self, user: str, *, actor: str, why: str) -> None:
        self.guests.check(user)  # nothing is said to a name that somebody made up: it would be part of a topic
        self._answer(user, {"status": "dismissed"})
        self.guests.dismiss(user, actor=actor, why=why)
        self._keeper.take_over()

    def list_guests(self) -> list[Guest]:
        return list_guests(self.guests, self.door)

    # --- the broker

    def hear_knock(self, knock: Knock) -> None:
        """In the lobby's own thread; a code that was taken back meanwhile is nobody's."""
        try:
            enrolled = self.guests.knock(knock)
            if enrolled is not None or knock.taken:
                self._keeper.take_over()
            if enrolled is not None:
                self._send_credential(knock.user, enrolled)
            elif not knock.taken:
                self._answer(knock.user, {"status": "waiting"})
        except Dismissed:
            self._answer(knock.user, {"status": "dismissed"})
        except (TwinError, Unavailable):
            self._answer(knock.user, {"status": "again"})

    def hear_refusal(self, refusal: Refusal) -> None:
        """What the broker refused is an alarm of the device it was, else of the broker."""
        device = self._registry.find_device(refusal.user) if refusal.user else None
        source = device.id if device is not None else broker_id(self.door.site)
        who = refusal.user or refusal.address or "?"
        self._registry.lobby.count(
            device=refusal.user, reason=f"refused_{refusal.what}", detail=f"{refusal.address}: {refusal.detail}",
            now_ms=refusal.at_ms, address=refusal.address,
        )  # fmt: skip
        if refusal.what == "publish" and refusal.user is not None and (wanted := self._wanted(refusal)) is not None:
            self._registry.unasked.seen(wanted, refusal.at_ms)
        self._refused(source, f"{who}: {refusal.what} {refusal.detail}".strip(), refusal.at_ms)

    def _wanted(self, refusal: Refusal) -> Unasked | None:
        """What a person could allow it; None where a device spoke as another, which is no wish but an attack."""
        user, topic = refusal.user or "", refusal.detail
        if (foreign := foreign_address(topic)) is not None:
            convention, address = foreign
            return Unasked(what="binding", name=address, convention=convention, via=user, said={"speaks": topic})
        try:
            key = parse_topic(topic, self.door.site).device
        except CodecError:
            return None
        known, speaks_for_others = self._registry.find_device(key), user in self._registry.grants()
        if key == user or not self._registry.is_enrolled(user) or not (known is None or speaks_for_others):
            return None
        said = {"kind": known.kind if known else "", "speaks": topic}
        return Unasked(what="grant", name=key, via=user, said=said)

    def rights(self) -> Rights:
        """Who may what, as the registry stands."""
        generation = self._registry.generation
        if self._rights[0] != generation:
            self._rights = (generation, Rights(self._keeper.acl()))
        return self._rights[1]

    def expire(self) -> None:
        """Codes that are too old are good no more, strangers who went away are forgotten."""
        self.list_guests()
        if self.guests.expire():
            self._keeper.take_over()

    def _send_credential(self, user: str, enrolled: Enrolled) -> None:
        told = {"user": enrolled.key, "password": enrolled.password, "broker": self.door.url, "site": self.door.site}
        if self.door.authority is not None:
            told["ca"] = self.door.authority.read_text(encoding="ascii")
        self._answer(user, {"status": "approved", **told})
