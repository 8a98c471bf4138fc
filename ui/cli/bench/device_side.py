"""The long forms of the device side's figures."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from ui.cli.bench import access, attacks, burst, codecs, commands, latency, ledger, overload, presence, receive
from ui.cli.bench.step import Figures, Step, bench

BURSTS = 5


def _burst() -> Sequence[Step]:
    return tuple(
        Step(
            name=f"{burst.MESSAGES} messages at once, seed {seed}",
            measure=bench(burst, messages=burst.MESSAGES, seed=seed),
            kept=lambda f: f["messages"] == burst.MESSAGES and f["lost"] == 0 and f["duplicates"] == 0,
        )
        for seed in range(1, BURSTS + 1)
    )


LEDGER_MESSAGES, LEDGER_RATE = 1_000_000, 5_000.0
LEDGER_BROKER_MESSAGES, LEDGER_BROKER_RATE = 200_000, 2_000.0
GAPS, GAPS_RATE = 2_000, 2_000.0


def _ledger() -> Sequence[Step]:
    def whole(f: Figures) -> bool:
        return bool(f["lost"] == f["double"] == f["unacknowledged"] == 0 and f["acknowledged"] == f["messages"])

    return (
        Step(
            name=f"{LEDGER_MESSAGES} messages, the twin killed 5 times, the broker restarted once",
            measure=lambda: ledger.kill_twin(messages=LEDGER_MESSAGES, rate=LEDGER_RATE, kills=5, restarts=1, seed=1),
            kept=lambda f: whole(f) and f["kills"] == 5 and f["broker_restarts"] == 1,
        ),
        Step(
            name=f"{LEDGER_BROKER_MESSAGES} messages, the broker killed 5 times",
            measure=lambda: ledger.kill_broker(
                messages=LEDGER_BROKER_MESSAGES, rate=LEDGER_BROKER_RATE, kills=5, seed=2
            ),
            kept=lambda f: whole(f) and f["broker_kills"] == 5 and f["missing"] == 0,
        ),
        Step(
            name=f"{GAPS} gaps among {GAPS_RATE:g} messages a second",
            measure=lambda: ledger.show_gaps(gaps=GAPS, rate=GAPS_RATE, seed=3),
            kept=lambda f: f["unseen"] == 0,
            met=lambda f, _speed: f["p100_ms"] <= 1000 * ledger.GAP_SHOWN_S,
        ),
    )


RECEIVE_FLOOR = 1.5
"""Times stock paho, by whatever way the messages come."""


def _receive() -> Sequence[Step]:
    return (
        Step(
            name=f"{receive.MESSAGES} messages, {receive.ROUNDS} rounds",
            measure=bench(receive, messages=receive.MESSAGES, rounds=receive.ROUNDS),
            kept=lambda f: f["messages"] == receive.MESSAGES,
            met=lambda f, _speed: min(v for k, v in f.items() if k.endswith("_times_stock")) >= RECEIVE_FLOOR,
        ),
    )


LATENCY_MS = 10.0
LATENCY_RATES, LATENCY_S = (2_000.0, 5_000.0), 60.0


def _latency() -> Sequence[Step]:
    return tuple(
        Step(
            name=f"{rate:g} messages a second, {LATENCY_S:g} s",
            measure=bench(latency, rate=rate, seconds=LATENCY_S, seed=1),
            kept=lambda f: f["telemetry"] > 0 and f["events"] > 0,
            met=lambda f, speed: max(f["telemetry_p99_ms"], f["event_p99_ms"]) <= LATENCY_MS / min(speed, 1.0),
        )
        for rate in LATENCY_RATES
    )


ALARM_MS, NORMAL_S, MEMORY_TIMES, FLAT_TIMES = 1_000.0, 30.0, 1.5, 1.1
OVERLOAD_S, OVERLOAD_SOAK_S = 60.0, 900.0


def _overload() -> Sequence[Step]:
    def whole(f: Figures, *parts: str) -> bool:
        return all(f[f"{part}_{what}"] == 0 for part in parts for what in ("alarms_lost", "lost", "duplicates"))

    usual = {"usual": overload.USUAL, "times": overload.TIMES, "seed": 1}
    return (
        Step(
            name=f"{overload.TIMES:g} times {overload.USUAL:g} messages a second for {OVERLOAD_S:g} s",
            measure=bench(overload, **usual, seconds=OVERLOAD_S, soak=0.0),
            kept=lambda f: whole(f, "burst"),
            met=lambda f, speed: (
                f["burst_alarm_p99_ms"] <= ALARM_MS / min(speed, 1.0)
                and f["burst_normal_after_s"] is not None
                and f["burst_normal_after_s"] <= NORMAL_S
                and f["burst_twin_memory_times"] <= MEMORY_TIMES
            ),
        ),
        Step(
            name=f"twice what it can do for {OVERLOAD_SOAK_S:g} s",
            measure=bench(overload, **usual, seconds=1.0, soak=OVERLOAD_SOAK_S),
            kept=lambda f: whole(f, "soak"),
            met=lambda f, _speed: (
                f["soak_twin_memory_times"] <= FLAT_TIMES and f["soak_broker_memory_times"] <= FLAT_TIMES
            ),
        ),
    )


KEEPALIVES_S = (30, 60)


def _presence() -> Sequence[Step]:
    return tuple(
        Step(
            name=f"{presence.DEVICES} devices killed, {presence.DEVICES} silent, keepalive {keepalive_s} s",
            measure=bench(presence, devices=presence.DEVICES, keepalive=keepalive_s, seed=1),
            kept=lambda f: f["killed_unseen"] == f["silent_unseen"] == 0,
            met=lambda f, _speed: f["killed_too_late"] == f["silent_too_late"] == 0,
        )
        for keepalive_s in KEEPALIVES_S
    )


PARTS: Mapping[str, Callable[[], Sequence[Step]]] = {
    "burst": _burst,
    "ledger": _ledger,
    "receive": _receive,
    "latency": _latency,
    "overload": _overload,
    "presence": _presence,
    "fuzz_codecs": codecs.steps,
    "acl": access.steps,
    "attacks": attacks.steps,
    "commands": commands.steps,
}
