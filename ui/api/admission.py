"""Routes of admission: who may connect, for whom it speaks, who waits in the lobby. Passwords are told once."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path as FilePath
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from starlette.concurrency import run_in_threadpool

from iot.ports import Binding
from services.kernel.documents import qr_svg
from services.kernel.errors import Invalid, TooLarge
from services.kernel.http import CurrentActor, make_router, permitted
from twin.enrolment import Enrolled, Wish
from twin.lobby import Guest
from twin.registry import Registry
from ui.api.admission_out import (
    AdmissionOut,
    ApproveIn,
    ApproveUnaskedIn,
    BindingIn,
    BindingOut,
    CredentialOut,
    DefectOut,
    EnrolIn,
    GrantIn,
    GrantOut,
    GuestOut,
    InvitationOut,
    InviteIn,
    KeysIn,
    LobbyOut,
    StrangerOut,
    TableOut,
    WaitingOut,
    WishIn,
)
from ui.bootstrap import Hall
from ui.device_table import FILE_BYTES_MAX, UnreadableTable, read_table

ENROL = permitted("device.enrol")
TODO = {
    "refused_login": {
        "zh": "若是本厅设备：给它发准入码（本页或 halltwin enrol --invite 1），或打开开放准入（open_lobby）。",
        "en": "If it is one of ours: hand it a code (here, or halltwin enrol --invite 1), or open the lobby"
        " ([broker] open_lobby = true).",
    },
    "unknown_kind": {
        "zh": "先声明它的类型（[hall] kinds），再重启。",
        "en": "Declare its kind ([hall] kinds), then restart.",
    },
    "client_id": {
        "zh": "开放准入处的设备要自取一个不可猜的名字：lobby- 加 20 个以上小写字母或数字。",
        "en": "A device there calls itself lobby- and 20 or more small letters or digits, not to be guessed.",
    },
}
PathKey = Annotated[str, Path(max_length=64)]
Why = Annotated[str, Query(max_length=200)]
UPLOAD = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}


def router(hall: Hall) -> APIRouter:
    """Routes under ``/admission``."""
    routes = make_router("admission", prefix="/admission")
    _add_credentials(routes, hall)
    _add_tables(routes, hall)
    _add_speaking_for(routes, hall)
    _add_lobby(routes, hall)
    return routes


def _add_credentials(routes: APIRouter, hall: Hall) -> None:
    desk = hall.admitting

    @routes.get("", **ENROL)
    def admission() -> AdmissionOut:
        """Where devices connect, what they must trust, who may speak for whom."""
        registry, door = hall.twin.registry, desk.door
        return AdmissionOut(
            broker=door.url,
            lobby=door.lobby_url or None,
            own_broker=door.folder is not None,
            ca_sha256=door.fingerprint(),
            ca=door.authority.read_text(encoding="ascii") if door.authority else None,
            enrolled=registry.list_enrolled(),
            grants=[GrantOut(gateway=g, device=d) for g, devices in registry.grants().items() for d in devices],
            bindings=[_binding_out(b) for b in registry.list_bindings()],
        )

    @routes.post("/devices", status_code=201, **ENROL)
    def enrol(body: EnrolIn, actor: CurrentActor) -> list[CredentialOut]:
        """Let devices in, all or none: 422 lists every defect. They may connect when this answers."""
        wishes = [
            Wish(row=at, key=w.key, kind=w.kind, name=w.name, via=w.via) for at, w in enumerate(body.devices, start=1)
        ]
        if defects := desk.enrolment.list_defects(wishes, again=body.again):
            raise Invalid(
                zh="有设备不能注册，请按列出的问题修改。",
                en="Some devices cannot be enrolled.",
                defects=[{"row": d.row, "key": d.key, "what": dict(d.what)} for d in defects],
            )
        made = desk.enrol(wishes, actor=actor.id, why=body.why or "enrolled", again=body.again)
        return [_credential(hall, one) for one in made]

    @routes.post("/rotate", **ENROL)
    def rotate(body: KeysIn, actor: CurrentActor) -> list[CredentialOut]:
        """New passwords; the old ones end at once, and who is connected by them is cut off."""
        return [_credential(hall, one) for one in desk.rotate(body.keys, actor=actor.id, why=body.why or "rotated")]

    @routes.post("/revoke", status_code=204, **ENROL)
    def revoke(body: KeysIn, actor: CurrentActor) -> None:
        """They may connect no more, and are cut off at once."""
        desk.revoke(body.keys, actor=actor.id, why=body.why or "revoked")


def _add_tables(routes: APIRouter, hall: Hall) -> None:
    desk = hall.admitting

    @routes.post("/table", openapi_extra={**ENROL["openapi_extra"], **UPLOAD})
    async def table(
        request: Request,
        actor: CurrentActor,
        look: Annotated[bool, Query()] = True,
        skip_bad: Annotated[bool, Query()] = False,
        why: Why = "",
    ) -> TableOut:
        """An Excel (.xlsx) or CSV file, as raw bytes: ``look`` says what is in it and what is wrong, changing nothing.

        Without ``look`` its devices are let in: all, or with ``skip_bad`` those that can be.
        """
        received = await _receive(request)
        return await run_in_threadpool(take, received, actor.id, look=look, skip_bad=skip_bad, why=why)

    def take(received: bytes, actor: str, *, look: bool, skip_bad: bool, why: str) -> TableOut:
        wishes = _wishes_of(received)
        defects = desk.enrolment.list_defects(wishes)
        bad = {d.row for d in defects}
        good = [wish for wish in wishes if wish.row not in bad]
        made: Sequence[Enrolled] = ()
        if not look and good and (skip_bad or not bad):
            made = desk.enrol(good, actor=actor, why=why or "enrolled from a list")
        return TableOut(
            devices=[WishIn.model_construct(key=w.key, kind=w.kind, name=_plain(w.name), via=w.via) for w in wishes],
            defects=[DefectOut(row=d.row, key=d.key, what=dict(d.what)) for d in defects],
            enrolled=[_credential(hall, one) for one in made],
        )


def _add_speaking_for(routes: APIRouter, hall: Hall) -> None:
    desk = hall.admitting

    @routes.post("/grants", status_code=204, **ENROL)
    def grant(body: GrantIn, actor: CurrentActor) -> None:
        """A gateway may speak for these devices besides itself."""
        desk.grant(body.gateway, body.devices, actor=actor.id, why=body.why or "granted")

    @routes.delete("/grants/{gateway}/{device}", status_code=204, **ENROL)
    def revoke_grant(gateway: PathKey, device: PathKey, actor: CurrentActor, why: Why = "") -> None:
        desk.revoke_grant(gateway, device, actor=actor.id, why=why or "revoked")

    @routes.post("/bindings", status_code=204, **ENROL)
    def bind(body: BindingIn, actor: CurrentActor) -> None:
        """A device that speaks ONVIF or Sparkplug is heard under this address."""
        binding = Binding(device=body.device, convention=body.convention, address=body.address, points=body.points)
        desk.bind(binding, actor=actor.id, why=body.why or "bound")

    @routes.delete("/bindings/{device}/{convention}", status_code=204, **ENROL)
    def unbind(device: PathKey, convention: PathKey, actor: CurrentActor, why: Why = "") -> None:
        desk.unbind(device, convention, actor=actor.id, why=why or "unbound")


def _add_lobby(routes: APIRouter, hall: Hall) -> None:
    desk = hall.admitting

    @routes.get("/lobby", **ENROL)
    def lobby() -> LobbyOut:
        """Who waits to be let in."""
        return lobby_out(desk.list_guests(), hall.twin.registry)

    @routes.post("/unasked/{ident}/approve", status_code=204, **ENROL)
    def approve_unasked(ident: PathKey, body: ApproveUnaskedIn, actor: CurrentActor) -> None:
        """It is registered, bound, granted or known as the kind it says; from now on it is heard."""
        desk.approve_unasked(
            ident, key=body.key, kind=body.kind, name=body.name, points=body.points, actor=actor.id, why=body.why
        )

    @routes.delete("/unasked/{ident}", status_code=204, **ENROL)
    def dismiss_unasked(ident: PathKey, actor: CurrentActor, why: Why = "") -> None:
        """Not shown again; refused it is already."""
        hall.twin.registry.unasked.dismiss(ident, actor=actor.id, why=why or "dismissed")

    @routes.post("/invitations", status_code=201, **ENROL)
    def invite(body: InviteIn, actor: CurrentActor) -> list[InvitationOut]:
        """Codes with which one unknown device each may knock."""
        made = desk.invite(count=body.count, valid_s=body.valid_s, note=body.note, actor=actor.id)
        return [
            InvitationOut(
                user=one.user,
                password=one.password,
                expires_ms=one.expires_ms,
                qr=qr_svg(desk.door.card(one.user, one.password)),
            )
            for one in made
        ]

    @routes.post("/lobby/{user}/approve", status_code=204, **ENROL)
    def approve(user: PathKey, body: ApproveIn, actor: CurrentActor) -> None:
        """It is this device: it gets a credential of its own, over the lobby, and nobody else sees it."""
        wish = Wish(row=1, key=body.key, kind=body.kind, name=body.name)
        desk.approve(user, wish, actor=actor.id, why=body.why)

    @routes.delete("/lobby/{user}", status_code=204, **ENROL)
    def dismiss(user: PathKey, actor: CurrentActor, why: Why = "") -> None:
        """Sent away; its code is good no more."""
        desk.dismiss(user, actor=actor.id, why=why or "dismissed")


def lobby_out(guests: Sequence[Guest], registry: Registry) -> LobbyOut:
    """Everybody who waits, and everybody who need not."""
    serials = Counter(guest.said["serial"] for guest in guests if guest.said and guest.said.get("serial"))
    return LobbyOut(
        guests=[_guest_out(guest, serials) for guest in guests],
        waiting=[
            WaitingOut(
                id=one.unasked.id,
                first_ms=one.first_ms,
                last_ms=one.last_ms,
                times=one.times,
                **asdict(one.unasked),
            )
            for one in registry.unasked.list_waiting()
        ],
        strangers=[
            StrangerOut.model_validate({**stranger, "todo": TODO.get(stranger["reason"])})
            for stranger in registry.lobby.list_strangers()
        ],
    )


def _guest_out(guest: Guest, serials: Counter[str]) -> GuestOut:
    serial = (guest.said or {}).get("serial", "")
    told = {**asdict(guest), "unasked": guest.unasked, "alike": max(0, serials[serial] - 1)}
    return GuestOut.model_validate(told)


async def _receive(request: Request) -> bytes:
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > FILE_BYTES_MAX:
            raise TooLarge(
                zh=f"文件超过 {FILE_BYTES_MAX // 1024**2} MB。",
                en=f"The file is larger than {FILE_BYTES_MAX:,} bytes.",
            )
        parts.append(part)
    return b"".join(parts)


def _wishes_of(received: bytes) -> list[Wish]:
    with tempfile.NamedTemporaryFile(prefix="halltwin-table-") as file:
        file.write(received)
        file.flush()
        try:
            return read_table(FilePath(file.name))
        except UnreadableTable as error:
            raise Invalid(zh=error.zh, en=error.en) from error


def _credential(hall: Hall, one: Enrolled) -> CredentialOut:
    door = hall.admitting.door
    return CredentialOut(
        client_id=one.key,
        user=one.key,
        kind=one.kind,
        password=one.password,
        broker=door.url,
        qr=qr_svg(door.card(one.key, one.password)) if one.password else None,
        line=f"{one.key}:{one.hashed}" if one.hashed and door.folder is None else None,
        via=one.via,
    )


def _binding_out(binding: Binding) -> BindingOut:
    return BindingOut(
        device=binding.device,
        convention=binding.convention,
        address=binding.address,
        points=dict(binding.points),
    )


def _plain(name: Any) -> dict[str, str] | None:
    return dict(name) if name else None
