"""ID card reader: reads nothing until a screen asks, then one card, whose number it seals to the key it was given.

A card is laid on it by an order: ``{"device":"READER-1","event":"card_read","data":{"number":"11010519491231002X"}}``.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NoBase64

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from simulators.behaviours.behaviour import Act, Behaviour, EventData, Facts, Refusal, Said, Values

_SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


def _find_key(text: object) -> X25519PublicKey | None:
    try:
        return X25519PublicKey.from_public_bytes(urlsafe_b64decode(f"{text}="))
    except (NoBase64, ValueError):
        return None


def _obey(name: str, arguments: Values, values: Values) -> Act | Refusal | None:
    if name != "read_card":
        return Act(now={"asked": ""}) if name == "stop_reading" else None
    if values["reader"] != "ok":
        return Refusal(why="the reading module does not work")
    return Act(now={"asked": arguments["key"]})


def _say(event: str, data: EventData, values: Values, facts: Facts) -> Said | None:
    """Nobody asked, or with no key: the card is not even read."""
    if event != "card_read":
        return Said(data=data)
    key = _find_key(values["asked"]) if values["asked"] and values["reader"] == "ok" else None
    if key is None:
        return None
    box = _SUITE.encrypt(str(data.get("number", "")).encode(), key, info=f"halltwin card v1|{facts.key}".encode())
    sealed = urlsafe_b64encode(box).decode().rstrip("=")
    return Said(data={"sealed": sealed}, changes={"asked": "", "reads_today": int(values["reads_today"]) + 1})


BEHAVIOUR = Behaviour(heartbeat_s=100, begin=lambda _facts, _random: {"reads_today": 0}, obey=_obey, say=_say)
