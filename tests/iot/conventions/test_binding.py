"""Addresses of foreign devices: what may be bound, what its user may then say, and who speaks for whom."""

import pytest

from iot.conventions.binding import CONVENTIONS, check_binding, gateways_of, hall_topics, onvif_filters, topics_of
from iot.errors import IotError
from iot.ports import Binding


def bound(device: str, convention: str, address: str) -> Binding:
    return Binding(device=device, convention=convention, address=address)


@pytest.mark.parametrize(
    ("convention", "address"),
    [("onvif", "CAM"), ("onvif", "a/b/c"), ("onvif", "CTRL/&Door1,AP1"), ("sparkplug", "G/E"), ("sparkplug", "G/E/D")],
)
def test_what_names_one_device_may_be_bound(convention: str, address: str) -> None:
    check_binding(bound("D-1", convention, address))
    assert convention in CONVENTIONS


@pytest.mark.parametrize(
    ("device", "convention", "address"),
    [
        ("a/b", "onvif", "CAM"), ("D", "homie", "CAM"), ("D", "onvif", ""), ("D", "onvif", "+"), ("D", "onvif", "a/#"),
        ("D", "onvif", "a//b"), ("D", "onvif", "/a"), ("D", "onvif", "$SYS"), ("D", "onvif", "ht/v1/hall/X"),
        ("D", "onvif", "spBv1.0/G"), ("D", "onvif", "x" * 300), ("D", "sparkplug", "G"), ("D", "sparkplug", "G/E/D/x"),
        ("D", "sparkplug", "+/E"), ("D", "onvif", "/".join("abcdefghi")),
    ],
)  # fmt: skip
def test_what_is_nobodys_or_somebody_elses_may_not(device: str, convention: str, address: str) -> None:
    with pytest.raises(IotError):
        check_binding(bound(device, convention, address))


def test_a_foreign_user_may_say_what_its_address_says_and_no_more() -> None:
    writes, reads = topics_of(bound("C", "onvif", "CTRL/&Door1"))
    assert (writes, reads) == (["CTRL/onvif-ej/#", "CTRL/onvif-mj/#"], [])
    writes, reads = topics_of(bound("N", "sparkplug", "G/E"))
    assert "spBv1.0/G/NBIRTH/E" in writes
    assert "spBv1.0/G/DDATA/E/+" in writes
    assert reads == ["spBv1.0/G/NCMD/E/#", "spBv1.0/G/DCMD/E/#", "spBv1.0/STATE/#"]
    assert topics_of(bound("D", "sparkplug", "G/E/D")) == (
        ["spBv1.0/G/DBIRTH/E/D", "spBv1.0/G/DDATA/E/D", "spBv1.0/G/DDEATH/E/D"], []
    )  # fmt: skip


def test_the_hall_may_say_its_own_state_and_describe_itself_where_asked_to() -> None:
    writes, reads = hall_topics("hall1")
    assert "spBv1.0/STATE/hall1" in writes
    assert not any("homeassistant" in topic for topic in writes + reads)
    writes, _ = hall_topics("hall1", "homeassistant")
    assert "homeassistant/device/hall1/+/config" in writes


def test_filters_do_not_overlap() -> None:
    filters = onvif_filters([bound("A", "onvif", "CAM"), bound("B", "onvif", "x/y"), bound("C", "onvif", "x/y/&2")])
    assert filters == ["+/onvif-ej/#", "+/onvif-mj/#", "x/y/onvif-ej/#", "x/y/onvif-mj/#"]


def test_a_device_has_the_gateways_it_was_granted_to_and_the_node_it_stands_behind() -> None:
    bindings = [bound("N", "sparkplug", "G/E"), bound("D", "sparkplug", "G/E/D"), bound("O", "sparkplug", "G/X/D")]
    assert gateways_of(bindings, {"GW": ["UPS-1", "D", "GW"]}) == {
        "UPS-1": frozenset({"GW"}), "D": frozenset({"GW", "N"})
    }  # fmt: skip
