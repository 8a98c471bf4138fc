"""Which Brick class is a kind of which, as far as names tell: ``Zone_Air_Temperature_Sensor`` is a ``Sensor``.

Brick names a class by narrowing the name of the one above it, so what ends with a class's whole words stands under
it (true for nineteen of twenty). What names do not tell, of the classes our kinds use, stands in ``ABOVE``. The
ontology itself, 60,000 triples, is for those who ask it: they get Turtle.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache

PREFIXES: Mapping[str, str] = {
    "brick": "https://brickschema.org/schema/Brick#",
    "hall": "urn:halltwin:ontology#",
    "rec": "https://w3id.org/rec#",
}
POINT, EQUIPMENT = "Point", "Equipment"
"""What every point and every device is."""
ABOVE: Mapping[str, str] = {
    "AudioVisualEquipment": "ICTEquipment",
    "CO2_Level_Sensor": "CO2_Sensor",
    "CO2_Sensor": "Air_Quality_Sensor",
    "CO_Level_Sensor": "CO_Sensor",
    "CO_Sensor": "Air_Quality_Sensor",
    "Display_Screen": "AudioVisualEquipment",
    "Emergency_Phone": "Intercom_Equipment",
    "Intercom_Equipment": "Security_Equipment",
    "Kiosk": "ICTEquipment",
    "Leak_Detector_Equipment": "Sensor_Equipment",
    "OccupancySensorEquipment": "SensorEquipment",
    "PeopleCountSensorEquipment": "SensorEquipment",
    "Run_Time_Sensor": "Duration_Sensor",
    "SensorEquipment": "ICTEquipment",
    "Sensor_Equipment": "ICT_Equipment",
    "Surveillance_Camera": "Video_Surveillance_Equipment",
    "Ticket_Dispenser": "ICTEquipment",
    "UPS": "Energy_Storage",
    "Video_Surveillance_Equipment": "Security_Equipment",
    "Zone_Air_Humidity_Sensor": "Relative_Humidity_Sensor",
}


def bare(name: str) -> str:
    """The class without its vocabulary, whether it was written as a prefix or as a whole address."""
    name = name.strip("<> ")
    for iri in PREFIXES.values():
        name = name.removeprefix(iri)
    return name.rpartition(":")[2]


def is_a(found: str, wanted: str) -> bool:
    """Whether something of class ``found`` is also a ``wanted``; prefixes and case do not matter."""
    return bare(wanted).casefold() in _line(bare(found))


@lru_cache(maxsize=4_096)
def _line(name: str) -> frozenset[str]:
    """The class and all above it."""
    return frozenset(word.casefold() for word in _climb(name))


def _climb(name: str) -> Iterator[str]:
    words = name.split("_")
    for start in range(len(words)):
        narrower = "_".join(words[start:])
        yield narrower
        if (above := ABOVE.get(narrower)) is not None:
            yield from _climb(above)
