"""Profiles are files: each is complete, and a wrong one fails with its name."""

from pathlib import Path

import pytest

from wayfinding import InvalidProfile, load_profiles
from wayfinding.profile import PROFILES, Profile


@pytest.mark.parametrize("path", sorted(PROFILES.glob("*")), ids=lambda path: path.name)
def test_every_file_in_the_folder_is_a_profile_of_that_name(path: Path) -> None:
    assert path.suffix == ".toml"
    profile = load_profiles()[path.stem]
    assert profile.id == path.stem
    assert profile.name["zh"]
    assert profile.name["en"]


def test_the_contracted_profiles_are_there() -> None:
    assert {"walk", "wheelchair", "elder", "low-vision", "pushchair", "staff"} <= load_profiles().keys()


def test_whoever_needs_step_free_ways_takes_neither_stairs_nor_escalators() -> None:
    for profile in load_profiles().values():
        if profile.step_free_only:
            assert not profile.stairs.allowed
            assert not profile.escalator.allowed


def test_a_new_profile_is_one_file(tmp_path: Path) -> None:
    (tmp_path / "cart.toml").write_text((PROFILES / "walk.toml").read_text(encoding="utf-8"), encoding="utf-8")
    assert load_profiles(tmp_path)["cart"].id == "cart"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("speed_m_s = 1.34", "speed_m_s = 99.0", "speed_m_s 99.0"),
        ("speed_m_s = 1.34", "", "lacks speed_m_s"),
        ("speed_m_s = 1.34", "speed_m_s = 1.34\nwings = true", "wings"),
        ("speed_m_s = 1.34", "speed_m_s = 'fast'", "broken.toml"),
        ("speed_m_s = 1.34", 'speed_m_s = 1.34\nmax_access = "all"', "max_access"),
        ("wait_s = 30.0", "wait_s = -1.0", "wait_s"),
        ("wait_s = 30.0", "weight = 0.5", "weight"),
        ("[9, 11, 60.0]", "[11, 9, 60.0]", "busy"),
        ("[9, 11, 60.0]", "[9, 11, 601.0]", "wait_s"),
        ('zh = "步行"', "", "zh"),
        ("[name]", "[name", "broken.toml"),
    ],
)
def test_a_wrong_file_fails_with_its_name_and_what_is_wrong(tmp_path: Path, old: str, new: str, said: str) -> None:
    text = (PROFILES / "walk.toml").read_text(encoding="utf-8").replace(old, new)
    (tmp_path / "broken.toml").write_text(text, encoding="utf-8")
    with pytest.raises(InvalidProfile, match=r"broken\.toml") as caught:
        load_profiles(tmp_path)
    assert said in str(caught.value)


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidProfile):
        load_profiles(tmp_path)


def test_access_is_ordered(profiles: dict[str, Profile]) -> None:
    assert profiles["staff"].may_enter("staff")
    assert profiles["staff"].may_enter("public")
    assert not profiles["staff"].may_enter("restricted")
    assert not profiles["walk"].may_enter("staff")
