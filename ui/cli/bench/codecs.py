"""Hostile payloads and topics for every codec, in a process that is ended when it hangs.

Half of them are ``iot.fuzz``'s damaged payloads on real topics; the other half have damaged topics too, and payloads
damaged so that they often stay well formed. A seed brings the same ones again.
"""

from __future__ import annotations

import multiprocessing
import time
from collections import Counter
from collections.abc import Sequence
from multiprocessing.connection import Connection, wait
from random import Random
from typing import Any

from iot.errors import CodecError
from iot.fuzz import CODECS, fuzz
from ui.cli.bench.fuzz import mutate
from ui.cli.bench.step import Figures, Step

PAYLOADS, SEEDS = 1_000_000, 4
SLOW_MS = 1000.0
"""A payload that takes longer holds up the hall; other work on the machine counts too, so it is generous."""
HANG_S_PER_PAYLOAD = 0.002
_START_S = 60.0
_RECEIVED_MS = 1_763_000_000_000
_SHOWN_CHARS = 500


def fuzz_codec(codec: str, *, payloads: int, seed: int) -> Figures:
    """What became of them. ``escaped`` says what came out that is no ``CodecError``, with the bytes that did it."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_main, args=(codec, payloads, seed, theirs), daemon=True)
    process.start()
    wait([ours, process.sentinel], _START_S + payloads * HANG_S_PER_PAYLOAD)
    told: dict[str, Any] = {"hung": process.is_alive(), "escaped": "the process ended"}
    if ours.poll(0):
        told = {"hung": False, **ours.recv()}
    process.kill()
    process.join()
    return {"codec": codec, "seed": seed, "payloads": payloads, **told}


def _main(codec: str, payloads: int, seed: int, pipe: Connection) -> None:
    try:
        outcome = fuzz(codec, seed=seed, payloads=payloads // 2)
        parsed, refused, slowest_ms = _damaged_topics(codec, payloads - payloads // 2, seed)
    except AssertionError as error:
        pipe.send({"escaped": str(error)[:_SHOWN_CHARS]})
        return
    pipe.send(
        {
            "parsed": outcome.parsed + parsed,
            "refused": dict(outcome.refused + refused),
            "slowest_ms": round(max(outcome.slowest_ms, slowest_ms), 1),
            "escaped": None,
        }
    )


def _damaged_topics(codec: str, count: int, seed: int) -> tuple[int, Counter[str], float]:
    convention, samples = CODECS[codec]()
    draw = Random(f"{codec}:{seed}")  # noqa: S311 - seeded, to be repeated
    parsed, refused, slowest_ms = 0, Counter[str](), 0.0
    for number in range(count):
        topic, good = draw.choice(samples)
        if number % 2:
            topic = mutate(topic.encode(), draw).decode(errors="ignore")
        payload = mutate(good, draw)
        began_s = time.perf_counter()
        try:
            convention.claims(topic)
            convention.speaker(topic)
            convention.parse(topic, payload, received_ms=_RECEIVED_MS + number)
            convention.replies(_RECEIVED_MS + number)
            parsed += 1
        except CodecError as error:
            refused[error.reason] += 1
        except Exception as error:
            raise AssertionError(f"{type(error).__name__}: {error} on {topic!r} with {payload!r}") from error
        slowest_ms = max(slowest_ms, (time.perf_counter() - began_s) * 1000)
    return parsed, refused, slowest_ms


def steps() -> Sequence[Step]:
    each = PAYLOADS // SEEDS
    return tuple(
        Step(
            name=f"{codec}, {each} payloads, seed {seed}",
            measure=lambda codec=codec, seed=seed: fuzz_codec(codec, payloads=each, seed=seed),  # type: ignore[misc]
            kept=lambda f: f["escaped"] is None and not f["hung"],
            met=lambda f, speed: f["slowest_ms"] <= SLOW_MS / min(speed, 1.0),
        )
        for codec in sorted(CODECS)
        for seed in range(1, SEEDS + 1)
    )
