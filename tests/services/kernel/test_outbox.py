import pytest

from services.kernel.documents import MAX_QR_CHARACTERS, qr_svg
from services.kernel.notices import Notice, OutboxNotices
from services.kernel.outbox import Outbox
from services.kernel.testing import FakeClock
from twin.store.database import Database


@pytest.mark.integration
def test_a_notice_waits_until_its_sender_has_sent_it(kernel_database: Database, site: str, clock: FakeClock) -> None:
    outbox = Outbox(site=site, now_ms=clock)
    notice = Notice(channel="sms", to="sealed", template="queue.called", arguments={"number": "A001"})
    with kernel_database.transaction() as conn:
        OutboxNotices(outbox).send(conn, notice)
    with kernel_database.transaction() as conn:
        (item,) = outbox.list_waiting(conn)
        assert item.topic == "notice.sms"
        assert item.body["arguments"] == {"number": "A001"}
        assert item.created_ms == clock.ms
        outbox.mark_sent(conn, [item.id])
    with kernel_database.transaction() as conn:
        assert outbox.list_waiting(conn) == []


@pytest.mark.integration
def test_what_was_rolled_back_is_not_told(kernel_database: Database, site: str, clock: FakeClock) -> None:
    outbox = Outbox(site=site, now_ms=clock)

    def fail() -> None:
        with kernel_database.transaction() as conn:
            outbox.put(conn, "notice.sms", {})
            raise LookupError

    with pytest.raises(LookupError):
        fail()
    with kernel_database.transaction() as conn:
        assert outbox.list_waiting(conn) == []


@pytest.mark.integration
def test_two_senders_never_take_the_same_item(kernel_database: Database, site: str, clock: FakeClock) -> None:
    outbox = Outbox(site=site, now_ms=clock)
    with kernel_database.transaction() as conn:
        outbox.put(conn, "notice.sms", {"n": 1})
        outbox.put(conn, "notice.sms", {"n": 2})
    with kernel_database.transaction() as one, kernel_database.transaction() as other:
        assert [i.body["n"] for i in outbox.list_waiting(one, limit=1)] == [1]
        assert [i.body["n"] for i in outbox.list_waiting(other)] == [2]


def test_a_qr_code_is_one_svg_element_that_scales() -> None:
    svg = qr_svg("https://hall.example/t/abc")
    assert svg.startswith("<svg")
    assert "viewBox" in svg
    assert "width=" not in svg.split(">", 1)[0]


def test_a_qr_code_that_would_not_scan_is_refused() -> None:
    with pytest.raises(ValueError, match="does not scan"):
        qr_svg("x" * (MAX_QR_CHARACTERS + 1))
