"""Numbers and secrets of people are planted through the API and found nowhere; the long form plants a thousand."""

import pytest

from ui.cli.bench.leaks import look, plant
from ui.testing import DemoHall

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("mosquitto")]


def test_nothing_of_anybody_is_found_in_dump_files_logs_metrics_or_answers(hall: DemoHall) -> None:
    planted = plant(hall, 20, seed=7)
    figures = look(hall, planted)
    assert figures["planted"] >= 20
    assert figures["control"] > 0
    assert figures["places"] == dict.fromkeys(figures["places"], 0)


def test_the_way_of_looking_finds_what_is_there(hall: DemoHall) -> None:
    planted = plant(hall, 1, seed=8)
    (hall.data / "logs").mkdir(exist_ok=True)
    slip = hall.data / "logs" / "slip.log"
    slip.write_text(f"somebody called from {planted.values[0]}\n")
    try:
        assert look(hall, planted)["places"]["data folder"] == 1
    finally:
        slip.unlink()
