"""The generated documents accept what the codec accepts, and name every channel."""

import json

import jsonschema
import pytest

from iot.catalogue import KINDS
from iot.codecs.documents import asyncapi, schemas
from iot.codecs.native import encode
from iot.messages import CommandAck, Description, DeviceEvent, Message, Presence, Telemetry

SAMPLES: dict[str, Message] = {
    "desc": Description(device="D", kind="door", points=("lock_state",)),
    "state": Presence(device="D", online=True, boot=1, ts_ms=2),
    "tele": Telemetry(device="D", ts_ms=1, seq=2, boot=3, values={"a": 1.5}, quality={"a": "bad"}),
    "evt": DeviceEvent(device="D", type="opened", id="e", ts_ms=1, seq=2, boot=3, data={"by": "x"}),
    "ack": CommandAck(device="D", id="c", ts_ms=1, status="done"),
}


def test_every_topic_has_a_schema() -> None:
    assert set(schemas()) == {"desc", "state", "tele", "evt", "cmd", "ack"}


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_what_devices_send_fits_its_schema(name: str) -> None:
    _, payload = encode(SAMPLES[name], site="s")
    jsonschema.Draft202012Validator(schemas()[name]).validate(json.loads(payload))


def test_a_wrong_payload_does_not_fit() -> None:
    validator = jsonschema.Draft202012Validator(schemas()["tele"])
    assert not validator.is_valid({"ts": 1, "seq": 2, "boot": 3, "v": {"a": None}})


def test_the_asyncapi_document_names_each_channel_and_resolves_its_references() -> None:
    document = json.loads(json.dumps(asyncapi(KINDS, "shifanqu")))
    assert document["channels"]["cmd"]["address"] == "ht/v1/shifanqu/{device}/cmd/{name}"
    assert set(document["channels"]["cmd"]["parameters"]) == {"device", "name"}
    assert document["operations"]["state"]["bindings"]["mqtt"]["retain"] is True
    assert document["operations"]["cmd"]["bindings"]["mqtt"]["retain"] is False
    references = [part.split('"')[0] for part in json.dumps(document).split('"$ref": "#/')[1:]]
    assert references
    for reference in references:
        node = document
        for step in reference.split("/"):
            node = node[step]
