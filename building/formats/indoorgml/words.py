"""What the words of an IndoorGML file say: names by language, ``key="value"`` descriptions, codes, kinds of ways."""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.etree.ElementTree import Element

from building.model import LinkKind, SourceId, Text

TEXT_MAX = 500
KEY_MAX = 120
LABEL_MAX = 60
"""A storey's label or a room's number is what stands on a sign; longer words are its name only."""
_PAIR = re.compile(r"""([A-Za-z_][\w.-]*)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^"';:,\s]+))""")
_CJK = re.compile(r"[\u3400-\u9fff]")
_OUTSIDE = re.compile(
    r"^\W*(the\s+)?(out(side|doors?)?|exterior|outdoor\s+space|env(ironment)?|室外|户外|外部|屋外|外"
    r"|au(ss|ß)en(raum|bereich|welt)?|ext(é|e)rieur|dehors|exterieur)\W*$",
    re.IGNORECASE,
)
_WAYS: tuple[tuple[LinkKind, re.Pattern[str]], ...] = (
    ("escalator", re.compile(r"escalator|rolltreppe|fahrtreppe|自动扶梯|扶梯", re.IGNORECASE)),
    ("lift", re.compile(r"elev|\blifts?\b|aufzug|fahrstuhl|ascens|电梯", re.IGNORECASE)),
    ("ramp", re.compile(r"\bramps?\b|rampe|坡道", re.IGNORECASE)),
    ("stairs", re.compile(r"stair|treppe|escalier|楼梯", re.IGNORECASE)),
)
_DOOR = re.compile(r"\bdoors?\b|\bdoorway\b|\bt(ü|ue)r(en)?\b|\bportes?\b|(?<!部)门(?!厅|诊|卫)", re.IGNORECASE)
_WINDOW = re.compile(r"\bwindows?\b|\bfenster\b|\bfen(ê|e)tres?\b|窗户|窗$", re.IGNORECASE)
ANNEX_D = {"1110": "elevator", "1120": "stairs"}
"""Functions of a transition space in the standard's own code list (annex D)."""


def word(element: Element | None) -> str:
    return " ".join((element.text or "").split())[:TEXT_MAX] if element is not None else ""


def names(elements: Sequence[Element]) -> Text:
    """All names, each under the language its ``codeSpace`` says or it is written in."""
    found: dict[str, str] = {}
    for e in elements:
        text, said = word(e), (e.get("codeSpace") or e.get("lang") or "").lower()
        if text:
            language = said if re.fullmatch(r"[a-z]{2}(-[a-z]{2,4})?", said) else "zh" if _CJK.search(text) else "en"
            found.setdefault(language, text)
    return found


def pairs(text: str) -> dict[str, str]:
    """``storey="F1":type="stairs":`` and ``level=1;desc=;`` as a map; keys in lower case."""
    return {m.group(1).lower(): (m.group(2) or m.group(3) or m.group(4) or "").strip() for m in _PAIR.finditer(text)}


def quoted(said: dict[str, str]) -> str:
    """The same written down, as ``pairs`` reads it."""
    return "".join(f'{key}="{value.replace(chr(34), chr(39))}":' for key, value in said.items())


def means_outside(text: str) -> bool:
    return _OUTSIDE.match(text) is not None


def names_a_door(text: str) -> bool:
    return _DOOR.search(text) is not None


def names_a_window(text: str) -> bool:
    return _WINDOW.search(text) is not None


def key(text: str) -> str:
    """As part of an id: without blanks, not too long."""
    return "_".join(text.split())[:KEY_MAX] or "0"


def source(gml_id: str) -> SourceId | None:
    """The foreign id, unless it is longer than any tool makes one."""
    return SourceId(scheme="igml", value=gml_id) if len(gml_id) <= TEXT_MAX else None


def way_of(*texts: str) -> LinkKind | None:
    """The kind of way up or down that the first telling text names."""
    return next((kind for text in texts for kind, pattern in _WAYS if pattern.search(text)), None)


def storey_order(label: str) -> float | None:
    """How high a storey's label puts it: ``B1`` -1, ``G`` 0, ``1F`` 1; None where it does not say."""
    plain = label.strip().lower()
    number = re.search(r"-?\d+(\.\d+)?", plain)
    if number is None:
        return 0.0 if plain in ("g", "gf", "eg", "rdc", "ground", "ground floor", "e") else None
    below = re.match(r"(b|ug|u|地下|basement|sous)", plain) is not None
    return -abs(float(number.group())) if below else float(number.group())
