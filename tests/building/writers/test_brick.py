"""The Turtle file says in Brick's and RealEstateCore's words what there is, and nothing that is not there."""

from __future__ import annotations

import dataclasses
import re
from collections import defaultdict
from pathlib import Path

from building.formats import open_building
from building.model import SourceId
from building.testing import small_house
from building.writers import brick

TOKEN = re.compile(
    r"""(?P<iri><[^<>"{}|^`\\\s]*>)|(?P<string>"(?:[^"\\\n]|\\[tnr"\\]|\\u[0-9A-F]{4})*")(?P<tail>@[\w-]+|\^\^\w+:\w+)?"""
    r"""|(?P<word>@prefix|[A-Za-z]*:[\w-]*|a|true|false|[-+]?\d+)(?=[\s.;\]])|(?P<mark>[.;\[\]])|(?P<space>\s+)"""
)

Triple = tuple[str, str, str]


def parse(text: str) -> tuple[dict[str, str], list[Triple]]:
    """A strict reader of the part of Turtle that is written here: whatever else stands there is an error."""
    tokens, at = [], 0
    while at < len(text):
        match = TOKEN.match(text, at)
        assert match is not None, text[at : at + 60]
        at = match.end()
        if not match.group("space"):
            tokens.append(match.group())
    prefixes: dict[str, str] = {}
    triples: list[Triple] = []
    while tokens:
        if tokens[0] == "@prefix":
            _, name, iri, end = tokens[:4]
            assert end == "."
            prefixes[name[:-1]] = iri
            del tokens[:4]
            continue
        subject = tokens.pop(0)
        _predicates(subject, tokens, triples, end=".")
    for triple in triples:
        for term in triple:
            if re.match(r"[A-Za-z]+:", term):
                assert term.partition(":")[0] in prefixes
    return prefixes, triples


def _predicates(subject: str, tokens: list[str], triples: list[Triple], end: str) -> None:
    while True:
        predicate, thing = tokens.pop(0), tokens.pop(0)
        if thing == "[":
            thing = f"_:{len(triples)}"
            _predicates(thing, tokens, triples, end="]")
        triples.append((subject, predicate, thing))
        mark = tokens.pop(0)
        if mark == end:
            return
        assert mark == ";"


def _facts(text: str) -> dict[str, dict[str, set[str]]]:
    found: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for subject, predicate, thing in parse(text)[1]:
        found[subject][predicate].add(thing)
    return found


def test_rooms_floors_and_devices_belong_together() -> None:
    facts = _facts(brick.dumps(small_house(), {"screen": "hall:Display_Screen"}))
    hall = facts["<urn:halltwin:test:space:1F-HALL>"]
    assert hall["a"] == {"brick:Room", "rec:Room"}
    assert hall["brick:isPartOf"] == {"<urn:halltwin:test:floor:1F>"}
    assert hall["rdfs:label"] == {'"大厅"@zh', '"Hall"@en'}
    assert facts["<urn:halltwin:test:floor:1F>"]["brick:isPartOf"] == {"<urn:halltwin:test:building>"}
    assert facts["<urn:halltwin:test:space:1F-L>"]["a"] == {"brick:Elevator_Shaft", "rec:ElevatorShaft"}
    screen = facts["<urn:halltwin:test:device:SCR-A01>"]
    assert screen["a"] == {"hall:Display_Screen"}
    assert screen["brick:hasLocation"] == {"<urn:halltwin:test:space:1F-HALL>"}
    assert screen["brick:isFedBy"] == {"<urn:halltwin:test:supply:MAINS>"}
    assert facts["hall:Display_Screen"]["rdfs:subClassOf"] == {"brick:Equipment"}
    lift = facts["<urn:halltwin:test:link:L1>"]
    assert lift["a"] == {"brick:Elevator"}
    assert lift["hall:stopsAt"] == {"<urn:halltwin:test:space:1F-OFF>", "<urn:halltwin:test:space:2F-GAL>"}


def test_a_door_says_what_it_connects_and_the_outside_is_a_place() -> None:
    facts = _facts(brick.dumps(small_house()))
    door = facts["<urn:halltwin:test:opening:D1>"]
    assert door["hall:connects"] == {"<urn:halltwin:test:space:1F-HALL>", "<urn:halltwin:test:OUT>"}
    assert "brick:Outside" in facts["<urn:halltwin:test:OUT>"]["a"]


def test_a_device_of_a_kind_without_class_is_equipment() -> None:
    assert _facts(brick.dumps(small_house()))["<urn:halltwin:test:device:SCR-A01>"]["a"] == {"brick:Equipment"}
    odd = brick.dumps(small_house(), {"screen": "x> . <urn:evil> a <urn:evil"})
    assert _facts(odd)["<urn:halltwin:test:device:SCR-A01>"]["a"] == {"brick:Equipment"}


def test_the_whole_hall_is_there_and_nothing_dangles() -> None:
    hall = open_building("reference")
    _, triples = parse(brick.dumps(hall))
    subjects = {s for s, _, _ in triples}
    for e in hall.entities():
        assert (brick.iri(e.id) in subjects) == (e not in (*hall.walls, *hall.outdoor_links, *hall.approaches))
    for _, _, thing in triples:
        if thing.startswith("<urn:halltwin:"):
            assert thing in subjects


def test_names_cannot_break_out() -> None:
    house = small_house()
    hostile = dataclasses.replace(
        house.spaces[0], name={"en": 'a" . <urn:evil> a "b\\', "zh": "一\n行\x01", 'en" . <x': "odd"},
        source=SourceId(scheme="ifc", value='0"\\'),
    )  # fmt: skip
    facts = _facts(brick.dumps(dataclasses.replace(house, spaces=(hostile, *house.spaces[1:]))))
    assert "<urn:evil>" not in facts
    labels = facts["<urn:halltwin:test:space:1F-HALL>"]["rdfs:label"]
    assert '"一\\n行\\u0001"@zh' in labels
    assert '"odd"' in labels


def test_an_ifc_id_is_an_external_reference() -> None:
    house = small_house()
    first = dataclasses.replace(house.spaces[0], source=SourceId(scheme="ifc", value="0pNy6pOyf7JPmXRLgxs3sW"))
    facts = _facts(brick.dumps(dataclasses.replace(house, spaces=(first, *house.spaces[1:]))))
    (reference,) = facts["<urn:halltwin:test:space:1F-HALL>"]["ref:hasExternalReference"]
    assert facts[reference]["ref:ifcGlobalID"] == {'"0pNy6pOyf7JPmXRLgxs3sW"'}


def test_what_has_no_word_is_listed(tmp_path: Path) -> None:
    lost = {loss.what: loss.count for loss in brick.WRITER.write(small_house(), tmp_path / "house.ttl")}
    assert lost["walls"] == 1
    assert lost["devices.pose"] == 1
    assert (tmp_path / "house.ttl").read_text(encoding="utf-8").startswith("@prefix brick:")
