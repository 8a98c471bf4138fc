from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kernel.calendar import HallCalendar, OpeningHours
from services.kernel.errors import ContractBroken

HALL = HallCalendar("Asia/Shanghai")
WEEK = "Mo-Fr 09:00-12:00,13:30-17:00; Sa 09:00-12:00"
MONDAY, SATURDAY, SUNDAY = (datetime(2026, 3, day, tzinfo=UTC) for day in (2, 7, 8))


def ms(*args: int) -> int:
    return int(datetime(*args, tzinfo=UTC).timestamp() * 1000)  # type: ignore[arg-type, misc]


def test_a_ticket_taken_at_sixteen_utc_belongs_to_the_next_day_of_the_hall() -> None:
    assert HALL.day(ms(2026, 3, 2, 15, 59, 59)) == date(2026, 3, 2)
    assert HALL.day(ms(2026, 3, 2, 16, 0, 0)) == date(2026, 3, 3)


@given(st.integers(min_value=0, max_value=4_000_000_000_000), st.sampled_from(["Asia/Shanghai", "Europe/Berlin"]))
def test_a_day_begins_at_its_midnight_and_ends_at_the_next(now_ms: int, zone: str) -> None:
    calendar = HallCalendar(zone)
    today = calendar.day(now_ms)
    assert calendar.midnight_ms(today) <= now_ms < calendar.next_midnight_ms(now_ms)
    assert calendar.day(calendar.next_midnight_ms(now_ms)) > today
    assert calendar.day(calendar.next_midnight_ms(now_ms) - 1) == today


@pytest.mark.parametrize("text", [WEEK, "周一至周五 09:00-12:00，13:30-17:00；周六 09:00-12:00（高频窗口）"])
@pytest.mark.parametrize(
    ("day", "hour", "minute", "is_open"),
    [
        (MONDAY, 8, 59, False),
        (MONDAY, 9, 0, True),
        (MONDAY, 12, 0, False),
        (MONDAY, 13, 30, True),
        (SATURDAY, 11, 59, True),
        (SATURDAY, 14, 0, False),
        (SUNDAY, 10, 0, False),
    ],
)
def test_hours_are_read_in_both_spellings(text: str, day: datetime, hour: int, minute: int, is_open: bool) -> None:
    assert OpeningHours.parse(text).is_open(day.replace(hour=hour, minute=minute)) is is_open


@pytest.mark.parametrize("text", ["00:00-24:00", "24/7"])
def test_hours_without_days_hold_every_day_and_a_day_may_be_whole(text: str) -> None:
    always = OpeningHours.parse(text)
    assert all(always.is_open(day.replace(hour=23, minute=59)) for day in (MONDAY, SATURDAY, SUNDAY))


def test_days_may_run_over_the_end_of_the_week() -> None:
    hours = OpeningHours.parse("Sa-Mo 10:00-11:00")
    assert [bool(spans) for spans in hours.spans] == [True, False, False, False, False, True, True]


@pytest.mark.parametrize("text", ["Mo-Fr", "Xx 09:00-10:00", "12:00-09:00", "24:00-25:00", "Mo 9-10"])
def test_hours_that_cannot_be_read_are_refused(text: str) -> None:
    with pytest.raises(ContractBroken):
        OpeningHours.parse(text)
