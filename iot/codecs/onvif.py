"""ONVIF over MQTT as it is written: ``onvif-ej`` events and ``onvif-mj`` metadata become plain values, or CodecError.

Numbers may stand in quotes or not, one thing may stand without its list, items may be missing: all of that is legal.
What the values mean for a device is not decided here.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple

import msgspec

from iot.errors import CodecError
from iot.kind import Value

TEXT_CHARS_MAX = 500
ITEMS_MAX = 64
FRAMES_MAX = 128
OBJECTS_MAX = 4_000
HUMAN_LIKELIHOOD_MIN = 0.5
"""Below this an analytics module guesses rather than sees."""
_NUL = b"\\u0000"
_EARLIEST_MS = 946_684_800_000
_LATEST_MS = 4_102_444_800_000
"""A clock outside 2000..2100 was never set."""
_NUMBER_CHARS_MAX = 32
_decode = msgspec.json.Decoder().decode


class OnvifTopic(NamedTuple):
    """``PREFIX/onvif-ej/LOCAL[/&SOURCE]``; ``tns1:`` is dropped, a vendor's own name space is kept."""

    prefix: str
    service: Literal["onvif-ej", "onvif-mj"]
    local: str
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OnvifEvent:
    """``utc_ms`` None: the device has no time to give."""

    source: Mapping[str, Value]
    data: Mapping[str, Value]
    utc_ms: int | None


class Scene(NamedTuple):
    """One frame of video metadata: how many people the camera's own analytics see in it."""

    people: int
    utc_ms: int | None


class SensorValue(NamedTuple):
    """One measurement of a sensor; nothing says in which unit."""

    value: float
    utc_ms: int | None


def parse_topic(topic: str) -> OnvifTopic:
    services: tuple[Literal["onvif-ej", "onvif-mj"], ...] = ("onvif-ej", "onvif-mj")
    for service in services:
        prefix, found, rest = topic.partition(f"/{service}/")
        if found and prefix and len(topic) <= TEXT_CHARS_MAX and "\0" not in topic:
            local, _, source = rest.partition("/&")
            name = "/".join(word.removeprefix("tns1:") for word in local.split("/"))
            return OnvifTopic(prefix, service, name, tuple(source.split("/")) if source else ())
    raise CodecError("topic", f"no ONVIF topic: {topic[:120]!r}")


def parse_event(payload: bytes | bytearray) -> OnvifEvent:
    body = _object(payload)
    return OnvifEvent(
        source=_items(body.get("Source")), data=_items(body.get("Data")), utc_ms=parse_time(body.get("UtcTime"))
    )


def parse_metadata(payload: bytes | bytearray) -> tuple[Scene, ...] | SensorValue | None:
    """The frames of a scene, or a sensor's value; None for metadata of another sort."""
    body = _object(payload)
    if "Frame" in body:
        frames = _listed(body["Frame"], FRAMES_MAX)
        return tuple(Scene(_count_people(frame), parse_time(frame.get("@UtcTime"))) for frame in frames)
    sensor = body.get("SensorData")
    if isinstance(sensor, dict):
        value = plain(sensor.get("Value"))
        if isinstance(value, (bool, str)) or value is None:
            raise CodecError("schema", f"SensorData without a number: {str(sensor.get('Value'))[:80]!r}")
        return SensorValue(float(value), parse_time(sensor.get("@UtcTime")))
    return None


def parse_time(raw: object) -> int | None:
    """Milliseconds since 1970; None for a time that is missing, malformed or of a clock that was never set."""
    if not isinstance(raw, str) or not 10 <= len(raw) <= 40:
        return None
    try:
        time = datetime.fromisoformat(raw)
        ms = round((time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp() * 1000)
    except (ValueError, OverflowError):
        return None
    return ms if _EARLIEST_MS <= ms <= _LATEST_MS else None


def plain(raw: object) -> Value | None:
    """A number or truth value with or without its quotes, or a text; None for anything else."""
    if isinstance(raw, str):
        return _unquoted(raw)
    if isinstance(raw, (bool, int)):
        return raw if isinstance(raw, bool) or abs(raw) <= 2**53 else None
    return raw if isinstance(raw, float) and math.isfinite(raw) else None


def _unquoted(raw: str) -> Value:
    if raw in {"true", "false"}:
        return raw == "true"
    if len(raw) <= _NUMBER_CHARS_MAX and raw[-1:].isdigit() and raw.isascii() and raw.lstrip("+-")[:1].isdigit():
        for read in (int, float):
            try:
                number = read(raw)
            except (ValueError, OverflowError):
                continue
            if math.isfinite(number) and abs(number) <= 2**53 and "_" not in raw:
                return number
    return raw[:TEXT_CHARS_MAX]


def _object(payload: bytes | bytearray) -> dict[str, Any]:
    if not payload:
        raise CodecError("empty", "no payload")
    if _NUL in payload:  # the database's texts cannot hold it
        raise CodecError("text", "a NUL character")
    try:
        body = _decode(payload)
    except msgspec.DecodeError as error:
        raise CodecError("json", str(error)) from None
    except UnicodeDecodeError as error:
        raise CodecError("text", str(error)) from None
    except RecursionError:
        raise CodecError("depth", "nested too deep") from None
    if not isinstance(body, dict):
        raise CodecError("schema", f"an object is expected, not {type(body).__name__}")
    return body


def _items(raw: object) -> dict[str, Value]:
    """SimpleItems by name; what is no plain value (an ElementItem) means nothing to us."""
    if raw is None:
        return {}
    if not isinstance(raw, dict):
        raise CodecError("schema", f"Source and Data are objects, not {type(raw).__name__}")
    if len(raw) > ITEMS_MAX:
        raise CodecError("oversized", f"{len(raw)} items; {ITEMS_MAX} are allowed")
    read = {str(name): plain(value) for name, value in raw.items() if len(name) <= TEXT_CHARS_MAX}
    return {name: value for name, value in read.items() if value is not None}


def _listed(raw: object, most: int) -> list[dict[str, Any]]:
    """One thing, a list of them, or none."""
    things = raw if isinstance(raw, list) else [] if raw is None else [raw]
    if len(things) > most:
        raise CodecError("oversized", f"a list of {len(things)}; {most} are allowed")
    return [thing for thing in things if isinstance(thing, dict)]


def _count_people(frame: Mapping[str, Any]) -> int:
    seen: set[str] = set()
    for number, thing in enumerate(_listed(frame.get("Object"), OBJECTS_MAX)):
        appearance = thing.get("Appearance")
        if isinstance(appearance, dict) and _is_human(appearance.get("Class")):
            ident = thing.get("@ObjectId")
            seen.add(str(ident) if isinstance(ident, (str, int)) else f"unnamed {number}")
    return len(seen)


def _is_human(classified: object) -> bool:
    """Whether Human is what it most likely is, likely enough."""
    if not isinstance(classified, dict):
        return False
    best, _ = max(_likelihoods(classified.get("Type")), default=(0.0, False))
    return best >= HUMAN_LIKELIHOOD_MIN and (best, True) in set(_likelihoods(classified.get("Type")))


def _likelihoods(types: object) -> Iterator[tuple[float, bool]]:
    """(likelihood, is it Human); a type without a likelihood is certain."""
    for one in types if isinstance(types, list) else [types]:
        if isinstance(one, str):
            yield 1.0, one == "Human"
        elif isinstance(one, dict):
            likelihood = plain(one.get("@Likelihood", 1.0))
            if isinstance(likelihood, (int, float)):
                yield float(likelihood), one.get("#text") == "Human"
