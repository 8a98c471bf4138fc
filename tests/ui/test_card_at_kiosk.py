"""From the card on a reader, over the real broker, to a login at the kiosk beside it; and nothing of it in clear."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import httpx2
import pytest

from tests.card_readers import CardReader, register, running_reader
from tests.services.accounts.test_card import seal
from ui.testing import DemoHall, eventually

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("mosquitto")]

NUMBER, STRANGER = "530102197802284118", "620102196511173335"  # of this test alone
SITE = "shifanqu"


@pytest.fixture(scope="module")
def reader(hall: DemoHall, tmp_path_factory: pytest.TempPathFactory) -> Iterator[CardReader]:
    url = hall.document["url"]
    folder = tmp_path_factory.mktemp("reader")
    with running_reader(hall.as_("manager"), folder, url=url, site=SITE, key="READER-1") as running:
        register(hall.as_(), hall.as_("security_admin"), user="card.holder", name="王芳", number=NUMBER)
        yield running


def kiosk(hall: DemoHall, reader: str) -> httpx2.Client:
    client = hall.client()
    asked = {"role": "kiosk", "name": "K", "reader": reader}
    assert client.post("/pairings/demo", json=asked).json()["reader"] is True
    return client


def _lay_until_read(screen: httpx2.Client, reader: CardReader, number: str) -> None:
    """The reader hears of the asking a moment after the screen: a card before that is not read."""

    def read() -> bool:
        reader.lay_down(number)
        return bool(screen.get("/session/card").json()["state"] == "read")

    eventually(read, what="a card that is read")


def test_a_card_laid_down_after_the_screen_asked_signs_its_holder_in(hall: DemoHall, reader: CardReader) -> None:
    with closing(kiosk(hall, reader.key)) as screen:
        reader.lay_down(NUMBER)
        assert screen.get("/session/card").json() == {"state": "gone"}
        assert screen.post("/session/card").status_code == 201
        _lay_until_read(screen, reader, NUMBER)
        done = screen.post("/session/card/finish")
        assert done.status_code == 200, done.text
        assert (done.json()["actor"]["name"], done.json()["actor"]["roles"]) == ("王芳", ["citizen"])
        assert screen.get("/privacy/mine").status_code == 200
        assert screen.delete("/session").status_code == 204
        # One that nobody registered: friendly words, and nobody is signed in.
        assert screen.post("/session/card").status_code == 201
        _lay_until_read(screen, reader, STRANGER)
        refused = screen.post("/session/card/finish")
        assert (refused.status_code, refused.json()["title"]) == (404, "accounts.unknown_card")
        assert "不登录也可以" in refused.json()["text"]["zh"]
        assert screen.get("/session").json()["actor"] is None
    # All that the hall has on disk: database with its journal, broker, logs.
    assert _files_with(hall.data, b'"sealed"', b"card_read"), "the event is kept"
    assert _files_with(hall.data.parent, NUMBER.encode(), STRANGER.encode()) == []


def _files_with(folder: Path, *words: bytes) -> list[Path]:
    found = []
    for path in folder.rglob("*"):
        with suppress(OSError):  # the database moves its files about
            raw = path.read_bytes() if path.is_file() and not path.is_symlink() else b""
            found += [path] if any(word in raw for word in words) else []
    return found


def test_an_event_that_is_sent_again_opens_nothing(hall: DemoHall, reader: CardReader) -> None:
    """By whoever holds a reader's own credential: the same message again, and the same words in a new one."""
    del reader  # its holder is registered
    wish = {"devices": [{"key": "READER-2", "kind": "id_reader"}]}
    (made,) = hall.as_("manager").post("/admission/devices", json=wish).json()
    with hall.device("READER-2", made) as rogue:
        eventually(lambda: hall.as_("manager").get("/devices/READER-2").json()["online"], what="READER-2 on line")
        with closing(kiosk(hall, "READER-2")) as screen:
            said = {"ts": time.time_ns() // 1_000_000, "boot": rogue.boot, "seq": 7, "id": "7"}

            def ask() -> str:
                assert screen.post("/session/card").status_code == 201
                while (told := rogue.next_command())[0] != "read_card":
                    pass
                return str(told[1]["args"]["key"])

            first = {**said, "data": {"sealed": seal(ask(), NUMBER, reader="READER-2")}}
            rogue.send("evt/card_read", first)
            eventually(lambda: screen.get("/session/card").json()["state"] == "read", what="a card that is read")
            assert screen.post("/session/card/finish").status_code == 200
            assert screen.delete("/session").status_code == 204
            ask()
            rogue.send("evt/card_read", first)  # seen before: it is not heard
            rogue.send("evt/card_read", {**first, "seq": 8, "id": "8"})
            eventually(lambda: screen.get("/session/card").json()["state"] == "read", what="the new message")
            refused = screen.post("/session/card/finish")
            assert (refused.status_code, refused.json()["title"]) == (422, "accounts.unreadable_card")
            assert screen.get("/session").json()["actor"] is None
