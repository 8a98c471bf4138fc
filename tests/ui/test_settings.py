"""A configuration file is read whole: what is right, and every defect of what is not."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from ui.problems import BadSettings
from ui.settings import FIELDS, parse_settings, read_settings


def _defects(document: dict[str, Any]) -> list[str]:
    with pytest.raises(BadSettings) as refused:
        parse_settings(document, path="hall.toml")
    return refused.value.defects


def test_an_empty_file_is_the_reference_hall_on_loopback() -> None:
    settings = parse_settings({}, path="hall.toml")
    assert (settings.building, settings.host, settings.database) == ("reference", "127.0.0.1", None)


def test_all_defects_are_reported_at_once(tmp_path: Path) -> None:
    defects = _defects(
        {
            "hall": {"building": str(tmp_path / "missing.ifc"), "colour": "red"},
            "http": {"port": 99_999},
            "database": {"url": "mysql://x/y"},
            "telephone": {},
        }
    )
    assert [d.split(" ")[0] for d in defects] == [
        "hall.building",
        "hall.colour",
        "http.port",
        "database.url",
        "[telephone]",
    ]


def test_a_port_is_a_number_and_no_truth_value() -> None:
    assert _defects({"http": {"port": "8080"}}) == ["http.port must be a whole number"]
    assert _defects({"http": {"port": True}}) == ["http.port must be a whole number"]


def test_beyond_loopback_it_takes_a_certificate() -> None:
    assert "certificate" in _defects({"http": {"host": "0.0.0.0"}})[0]  # noqa: S104 - the very thing that is refused


def test_a_certificate_comes_with_its_key(tmp_path: Path) -> None:
    certificate = tmp_path / "hall.pem"
    certificate.write_text("x")
    assert "belong together" in _defects({"http": {"certificate": str(certificate)}})[0]


def test_the_embedded_broker_is_one_of_our_own() -> None:
    assert parse_settings({"broker": {"embedded": True}}, path="hall.toml").broker_embedded
    both = {"url": "mqtt://broker:1883", "password_file": __file__, "embedded": True}
    assert "broker.embedded is for a broker of our own" in _defects({"broker": both})[0]
    assert "broker.embedded must be true or false" in _defects({"broker": {"embedded": "yes"}})[0]


def test_an_outside_broker_comes_with_a_password_file() -> None:
    assert "password_file" in _defects({"broker": {"url": "mqtt://broker:1883"}})[0]


def test_no_toml_says_where(tmp_path: Path) -> None:
    broken = tmp_path / "hall.toml"
    broken.write_text("[http\nport = 1")
    with pytest.raises(BadSettings, match="line 1"):
        read_settings(broken)


AWAY = ["postgresql://u:p@db.example/h", "postgresql://u@10.1.2.3/h?sslmode=require", "postgresql:///h?host=db.example",
        "postgresql://u@localhost,db.example/h", "postgresql://u@/h?hostaddr=10.1.2.3"]  # fmt: skip
NEAR = ["postgresql:///h?host=/run/postgresql", "postgresql://u@127.0.0.1:5432/h", "postgresql://u@[::1]/h",
        "postgresql://u@db.example/h?sslmode=verify-full", "postgresql://u@localhost/h"]  # fmt: skip


@pytest.mark.parametrize("url", AWAY)
def test_a_database_elsewhere_is_reached_by_checked_tls_or_by_the_house_s_own_word(url: str) -> None:
    (defect,) = _defects({"database": {"url": url}})
    assert "sslmode=verify-full" in defect
    assert "u:p" not in defect
    assert parse_settings({"database": {"url": url, "clear_text": True}}, path="hall.toml").database == url


@pytest.mark.parametrize("url", NEAR)
def test_a_database_here_or_by_checked_tls_is_taken(url: str) -> None:
    assert parse_settings({"database": {"url": url}}, path="hall.toml").database == url


def test_a_broker_elsewhere_is_reached_by_tls_or_by_the_house_s_own_word() -> None:
    def broker(url: str, **more: Any) -> dict[str, Any]:
        return {"broker": {"url": url, "password_file": __file__, **more}}

    (defect,) = _defects(broker("mqtt://broker.example:1883"))
    assert "mqtts://" in defect
    for section in (
        broker("mqtts://broker.example"), broker("mqtt://127.0.0.1:1883"),
        broker("mqtt://broker.example", clear_text=True),
    ):  # fmt: skip
        assert parse_settings(section, path="hall.toml").broker


@pytest.mark.parametrize(
    "word", ["udp://logs.example", "tcp://logs.example:514", "logs.example", "tls://", "tls://h/x"]
)
def test_logs_are_shipped_nowhere_in_clear(word: str) -> None:
    assert "in clear" in _defects({"log": {"syslog": word}})[0]
    assert parse_settings({"log": {"syslog": "/dev/log"}}, path="hall.toml").log_syslog == "/dev/log"
    assert parse_settings({"log": {"syslog": "tls://logs.example"}}, path="hall.toml").log_syslog


@pytest.mark.parametrize("proxies", ["*", "hall.example", "10.0.0.0/33", "10.1.2.3/8"])
def test_proxies_are_addresses_that_somebody_thought_of(proxies: str) -> None:
    assert [defect.split(" ")[0] for defect in _defects({"http": {"proxies": proxies}})] == ["http.proxies"]
    read = parse_settings({"http": {"proxies": "127.0.0.1, 10.0.0.0/8, ::1"}}, path="hall.toml")
    assert read.proxies == "127.0.0.1, 10.0.0.0/8, ::1"
    assert parse_settings({}, path="hall.toml").proxies == ""


def test_every_setting_stands_on_its_page_and_no_other() -> None:
    section, told = "", set()
    for line in (Path(__file__).resolve().parents[2] / "docs/settings.md").read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) < 4:
            continue
        if match := re.match(r"`\[(\w+)\]`", cells[0]):
            section = match[1]
        told |= {(section, key) for key in re.findall(r"`(\w+)`", cells[1])}
    assert told == {(field.section, field.key) for field in FIELDS}


def test_what_is_shown_to_a_broker_is_a_pair_and_for_a_broker_elsewhere() -> None:
    away = {"url": "mqtts://broker.example", "password_file": __file__}
    assert "belong together" in _defects({"broker": {**away, "certificate": __file__}})[0]
    assert "is for broker.url" in _defects({"broker": {"certificate": __file__, "key": __file__}})[0]
    assert parse_settings({"broker": {**away, "certificate": __file__, "key": __file__}}, path="hall.toml").broker_key
