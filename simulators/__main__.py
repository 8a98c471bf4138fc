"""``python -m simulators``: devices and visitors to try a hall with. They speak over the wire only."""

from __future__ import annotations

import asyncio
import signal
import sys

from building.errors import BuildingError
from building.formats import open_building
from simulators.enrolment import BadEnrolment, read_enrolment
from simulators.hall import NoHall, Simulation, now_ms
from simulators.settings import Options, parse_options
from simulators.truth import Ledger, Truth

ENDS_WITHIN_S = 3.0


def main() -> int:
    options = parse_options(sys.argv[1:])
    try:
        asyncio.run(_run(options))
    except (BadEnrolment, BuildingError, NoHall) as error:
        _say(str(error))
        return 6
    return 0


async def _run(options: Options) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    enrolment, building = read_enrolment(options.enrol), open_building(options.building)
    with Truth(options.truth, now_ms=now_ms) as truth, Ledger(options.ledger) as ledger:
        simulation = Simulation(options, enrolment, building, truth=truth, ledger=ledger, say=_say)
        work, stopped = asyncio.create_task(simulation.run(stop)), asyncio.create_task(stop.wait())
        await asyncio.wait([work, stopped], return_when=asyncio.FIRST_COMPLETED)
        if not work.done():
            await asyncio.wait([work], timeout=ENDS_WITHIN_S)
        for task in (work, stopped):
            task.cancel()
        await asyncio.wait([work])
        if not work.cancelled():
            work.result()


def _say(line: str) -> None:
    sys.stderr.write(f"simulators: {line}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
