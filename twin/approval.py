"""Letting in what appeared unasked: registered, bound, granted or known as the kind it is, by a person's word."""

from __future__ import annotations

from collections.abc import Mapping

from iot.kind import Text
from iot.ports import Binding
from twin.enrolment import Enrolment, Wish
from twin.errors import Refused
from twin.registry import Registry
from twin.unasked import Unasked


class Approval:
    """Works on the registry; whoever calls it tells the broker's keeper afterwards."""

    def __init__(self, *, registry: Registry, enrolment: Enrolment) -> None:
        self._registry, self._enrolment = registry, enrolment

    def approve(
        self, ident: str, *, key: str | None, kind: str | None, name: Text | None, points: Mapping[str, str],
        actor: str, why: str,
    ) -> str:  # fmt: skip
        """The key of the device that it is now. ``key`` is said for a foreign address; ``kind`` for who is new."""
        unasked = self._registry.unasked.get(ident)
        why = why or "approved in the lobby"
        device = (key if unasked.what == "binding" else unasked.name) or ""
        if not device:
            raise Refused(f"say which device {unasked.name} is")
        wish = Wish(row=1, key=device, kind=kind or unasked.said.get("kind"), name=name)
        match unasked.what:
            case "device":
                self._register(wish, actor=actor, why=why)
            case "binding":
                self._bind(unasked, wish, points, actor=actor, why=why)
            case "grant":
                self._grant(unasked, wish, actor=actor, why=why)
            case "kind":
                self._correct(wish, actor=actor, why=why)
        self._registry.unasked.approved(unasked, device, actor=actor, why=why)
        return device

    def _register(self, wish: Wish, *, actor: str, why: str) -> None:
        """It was heard, so it has a way in already: it gets its place in the hall, no credential."""
        if self._registry.find_device(wish.key) is None:
            self._enrolment.register(wish, actor=actor, why=why)

    def _bind(self, unasked: Unasked, wish: Wish, points: Mapping[str, str], *, actor: str, why: str) -> None:
        self._register(wish, actor=actor, why=why)
        binding = Binding(device=wish.key, convention=unasked.convention, address=unasked.name, points=points)
        self._registry.bind(binding, actor=actor, why=why)

    def _grant(self, unasked: Unasked, wish: Wish, *, actor: str, why: str) -> None:
        self._register(wish, actor=actor, why=why)
        self._registry.grant(unasked.via or "", [wish.key], actor=actor, why=why)

    def _correct(self, wish: Wish, *, actor: str, why: str) -> None:
        device = self._registry.get_device(wish.key)
        if device.floor is not None:
            raise Refused(
                f"the building places {wish.key} as a {device.kind}: correct it in the map editor, or look whether the"
                " device got the credential of another"
            )
        self._enrolment.register(wish, actor=actor, why=why, anew=True)
