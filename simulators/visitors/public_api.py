"""The hall as a visitor reaches it: the public routes of the HTTP API, nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from simulators.geometry import XYZ
from simulators.http_client import Answer, HttpClient, HttpError

_TICKET = "ticket:"


class Refused(Exception):
    """The hall said no, or could not be asked (``status`` 0)."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(f"{status} {detail}")
        self.away = status in {0, 502, 503}
        """The hall is not there now; it may be later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A service item as far as a visitor chooses by it."""

    code: str
    name: str
    windows: int
    minutes: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """``window`` is the one that called."""

    token: str
    number: str
    state: str
    queue: str
    ahead: int | None
    wait_min: Sequence[int] | None
    window: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    points: tuple[XYZ, ...]
    duration_s: float
    distance_m: float
    goal: str


class PublicApi:
    """Every method raises ``Refused`` where the hall does not do as asked."""

    def __init__(self, client: HttpClient) -> None:
        self._client = client

    async def find_items(self, words: str = "", limit: int = 50) -> list[Item]:
        body = await self._get("/guide/items", {"q": words, "limit": limit} if words else {"limit": limit})
        return [_item(item) for item in body["items"]]

    async def take_ticket(self, item: str, *, lang: str, profile: str, key: str) -> Ticket:
        wish = {"item": item, "lang": lang, "profile": profile}
        return _ticket(_body(await self._post("/queue/tickets", wish, {"Idempotency-Key": key})))

    async def get_ticket(self, token: str) -> Ticket:
        return _ticket(await self._get("/queue/tickets/mine", {}, _shown(token)))

    async def give_up(self, token: str) -> None:
        _body(await self._ask("DELETE", "/queue/tickets/mine", _shown(token)))

    async def list_calls(self) -> list[tuple[str, str]]:
        """The latest calls on the board: number, window."""
        board = await self._get("/queue/board", {})
        return [(call["number"], call["window"]) for call in board["calls"]]

    async def find_way(self, *, start: str, goal: str, profile: str) -> Way:
        token = goal.removeprefix(_TICKET) if goal.startswith(_TICKET) else ""
        asked = {"from": start, "to": f"{_TICKET}mine" if token else goal, "profile": profile}
        body = await self._get("/routes", asked, _shown(token) if token else None)
        return Way(
            points=tuple((float(x), float(y), float(z)) for x, y, z in body["geometry"]),
            duration_s=float(body["duration_s"]),
            distance_m=float(body["distance_m"]),
            goal=(body.get("goal") or {}).get("id", ""),
        )

    async def rate(self, token: str, level: int) -> None:
        _body(await self._post("/evaluations", {"token": token, "level": level, "tags": []}))

    async def _get(self, path: str, query: dict[str, Any], headers: dict[str, str] | None = None) -> Any:
        try:
            return _body(await self._client.get(path, query, headers))
        except HttpError as error:
            raise Refused(0, str(error)) from error

    async def _post(self, path: str, body: Any, headers: dict[str, str] | None = None) -> Answer:
        try:
            return await self._client.post(path, body, headers)
        except HttpError as error:
            raise Refused(0, str(error)) from error

    async def _ask(self, method: str, path: str, headers: dict[str, str]) -> Answer:
        try:
            return await self._client.ask(method, path, headers=headers)
        except HttpError as error:
            raise Refused(0, str(error)) from error


def _shown(token: str) -> dict[str, str]:
    """A ticket's token stands in no address."""
    return {"X-Ticket": token}


def _body(answer: Answer) -> Any:
    if not answer.ok:
        detail = answer.body.get("detail", "") if isinstance(answer.body, dict) else ""
        raise Refused(answer.status, str(detail)[:200])
    return answer.body


def _item(body: Any) -> Item:
    minutes = float(body["duration_min"])
    return Item(code=body["code"], name=body["name"]["zh"], windows=len(body["windows"]), minutes=minutes)


def _ticket(body: Any) -> Ticket:
    return Ticket(
        token=body["token"], number=body["number"], state=body["state"], queue=body["queue"], ahead=body.get("ahead"),
        wait_min=body.get("wait_min"), window=body.get("called_window"),
    )  # fmt: skip
