"""Home Assistant discovery: one retained configuration a device, read from our own topics, gone with the device."""

import json
from typing import Any

import pytest

from iot.catalogue import KINDS
from iot.conventions.convention import Publication
from iot.conventions.homeassistant import HomeAssistantDiscovery, Shown, discovery
from iot.kind import text

SITE = "hall1"


def shown(key: str = "T-1", kind: str = "climate_sensor", **about: str) -> Shown:
    return Shown(key=key, kind=KINDS[kind], name=text("大厅温度", "Hall air"), **about)


def config(device: Shown) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(discovery(device, site=SITE, prefix="homeassistant").payload)
    return read


class Told:
    """A convention on a broker that keeps what is retained."""

    def __init__(self, *devices: Shown) -> None:
        self.devices, self.generation = list(devices), 1
        self.kept: dict[str, bytes] = {}
        self.convention = self.fresh()

    def fresh(self) -> HomeAssistantDiscovery:
        return HomeAssistantDiscovery(
            prefix="homeassistant", site=SITE, devices=lambda: self.devices, generation=lambda: self.generation
        )

    def settle(self) -> list[Publication]:
        """What it says until it has nothing more to say; the broker brings everything back to it."""
        said: list[Publication] = []
        for _ in range(5):
            now = self.convention.replies(0)
            if not now:
                return said
            said += now
            for publication in now:
                assert publication.retain
                self.kept[publication.topic] = publication.payload
                self.convention.parse(publication.topic, publication.payload, received_ms=0)
            self.kept = {topic: payload for topic, payload in self.kept.items() if payload}
        raise AssertionError("it talks to itself")


def test_a_device_is_described_with_its_points_and_how_to_read_them() -> None:
    publication = discovery(shown(firmware="1.2"), site=SITE, prefix="homeassistant")
    assert (publication.topic, publication.retain) == ("homeassistant/device/hall1/T-1/config", True)
    body = json.loads(publication.payload)
    assert body["dev"] == {
        "ids": ["halltwin_hall1_T-1"],
        "name": "大厅温度",
        "mf": "halltwin",
        "mdl": "温湿度传感器",
        "sw": "1.2",
    }
    assert body["o"]["name"] == "halltwin"
    assert body["avty"][0]["t"] == "ht/v1/hall1/T-1/state"
    assert body["stat_t"] == "ht/v1/hall1/T-1/tele"
    temperature = body["cmps"]["temperature"]
    assert (temperature["p"], temperature["unit_of_meas"], temperature["dev_cla"]) == ("sensor", "°C", "temperature")
    assert (
        temperature["val_tpl"]
        == "{% if value_json.v.temperature is defined %}{{ value_json.v.temperature }}{% endif %}"
    )
    assert [body["cmps"][point]["dev_cla"] for point in ("humidity", "co2", "co")] == [
        "humidity", "carbon_dioxide", "carbon_monoxide"
    ]  # fmt: skip


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_has_a_configuration_with_unique_ids_and_every_point(kind: str) -> None:
    components = config(shown(kind=kind))["cmps"]
    assert set(components) == {point.name for point in KINDS[kind].points}
    assert len({component["uniq_id"] for component in components.values()}) == len(components)
    for component in components.values():
        assert component["p"] in {"sensor", "binary_sensor"}
        assert component["exp_aft"] > 0


def test_a_truth_value_is_on_or_off_and_a_word_is_one_of_its_kinds_words() -> None:
    camera = config(shown(kind="camera"))["cmps"]
    assert (camera["recording"]["p"], camera["recording"]["pl_on"], camera["recording"]["pl_off"]) == (
        "binary_sensor", "True", "False"
    )  # fmt: skip
    assert camera["picture"]["dev_cla"] == "enum"
    assert "covered" in camera["picture"]["ops"]


def test_names_that_a_topic_cannot_hold_stay_different() -> None:
    topics = {discovery(shown(key=key), site=SITE, prefix="h").topic for key in ("a.b", "a_b", "a-b")}
    assert len(topics) == 3
    assert all("." not in topic for topic in topics)


def test_it_says_each_configuration_once_and_again_only_when_it_changed() -> None:
    told = Told(shown("T-1"), shown("T-2"))
    assert len(told.settle()) == 2
    told.convention.births(0)
    assert told.settle() == []
    told.devices[0] = shown("T-1", firmware="2")
    told.generation += 1
    assert [p.topic for p in told.settle()] == ["homeassistant/device/hall1/T-1/config"]


def test_a_device_that_is_no_more_is_taken_off_also_when_it_went_while_the_hall_was_away() -> None:
    told = Told(shown("T-1"), shown("T-2"), shown("T-3"))
    told.settle()
    told.devices.pop()
    told.generation += 1
    told.settle()
    assert sorted(told.kept) == ["homeassistant/device/hall1/T-1/config", "homeassistant/device/hall1/T-2/config"]
    told.devices.pop()
    told.convention = told.fresh()
    for topic, payload in told.kept.items():
        told.convention.parse(topic, payload, received_ms=0)
    assert [(p.topic, p.payload) for p in told.settle()] == [("homeassistant/device/hall1/T-2/config", b"")]
    assert told.convention.claims("homeassistant/device/hall1/T-1/config")
    assert not told.convention.claims("homeassistant/device/another/T-1/config")
