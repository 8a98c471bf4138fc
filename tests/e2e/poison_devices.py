"""Texts that try to run, said by devices over MQTT: by those that were let in, and by guests at the door."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tests.e2e.peers import Guest
from tests.e2e.poison_writers import Writers, text_of
from ui.testing import Device, eventually


@contextmanager
def _let_in(w: Writers, kind: str, name: str) -> Iterator[Device]:
    """A new device, on line, that may say what it likes. It is gone afterwards, and stays in the list."""
    key = w.new_key().upper()
    wish = {"devices": [{"key": key, "kind": kind, "name": text_of(name)}], "why": "e2e"}
    (made,) = w.ask("manager", "POST /admission/devices", wish)
    with Device(made["broker"], key, made["password"], site=w.site) as device:
        yield device


def _printable(vector: str) -> str:
    """The hall hears no other words of those it does not know."""
    return "".join(letter for letter in vector if letter.isprintable())


def describe(w: Writers, vector: str) -> None:
    """What it is and what it shows."""
    with _let_in(w, "screen", vector) as device:
        said = _printable(vector)
        made = {"kind": "screen", "model": said, "firmware": said, "serial": said}
        device.send("desc", {"boot": device.boot, **made})
        device.report(text=vector)
        path = f"GET /devices/{device.key}"
        eventually(lambda: w.ask("manager", path)["firmware"] == said, what="the description", within_s=20)


def warn(w: Writers, vector: str) -> None:
    """An alarm that bears its name, and what somebody notes of it; it is over when the writers go."""
    device = w.until_end(_let_in(w, "ups", vector))

    def raised() -> str:
        found = w.ask("manager", "GET /alarms")
        return next((a["id"] for a in found if a["source"].endswith(f":{device.key}")), "")

    device.report(on_battery=True)
    w.at_end(lambda: device.report(on_battery=False))
    alarm = eventually(raised, what="its alarm", within_s=20)
    w.ask("manager", f"POST /alarms/{alarm}/acknowledge", {"note": vector})


def knock(w: Writers, vector: str) -> None:
    """One guest waits at the door, another was let in."""
    for let_in in (True, False):
        (made,) = w.ask("manager", "POST /admission/invitations", {"count": 1, "note": w.named})
        guest = Guest(w.hall, w.site, made["user"], made["password"])
        try:
            said = _printable(vector)
            guest.knock(kind="climate_sensor", model=said, firmware=said, serial=said)
            guest.answer("waiting")
            if let_in:
                body = {"key": w.new_key().upper(), "kind": "climate_sensor", "name": text_of(vector), "why": vector}
                w.ask("manager", f"POST /admission/lobby/{made['user']}/approve", body)
        finally:
            guest.leave()


def reasons(w: Writers, vector: str) -> None:
    """Why devices speak through another, get a new password, and may not any more."""
    with _let_in(w, "network_switch", "交换机") as gateway, _let_in(w, "climate_sensor", "传感器") as behind:
        w.ask("manager", "POST /admission/grants", {"gateway": gateway.key, "devices": [behind.key], "why": vector})
        for act in ("rotate", "revoke"):
            w.ask("manager", f"POST /admission/{act}", {"keys": [behind.key], "why": vector})
