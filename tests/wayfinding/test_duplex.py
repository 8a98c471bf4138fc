"""A house nobody here drew: over the stairs on foot, and an honest no for a wheelchair."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from building.formats import open_building
from building.model import Building
from building.places import resolve
from wayfinding import NoRoute, Profile, Router, compile_network

DUPLEX = Path(__file__).parents[3] / "shared" / "data" / "building" / "duplex.ifc"

pytestmark = pytest.mark.skipif(not DUPLEX.exists(), reason="shared data is absent")


@pytest.fixture(scope="module")
def duplex() -> Building:
    return open_building(str(DUPLEX))


@pytest.fixture(scope="module")
def router(duplex: Building) -> Router:
    return Router(compile_network(duplex))


def test_bedroom_1_lies_over_the_stairs(duplex: Building, router: Router, profiles: Mapping[str, Profile]) -> None:
    route = router.route(resolve(duplex, "OUT"), resolve(duplex, "A202"), profile=profiles["walk"])
    kinds = [step.kind for step in route.steps]
    assert kinds.count("stairs") == 1
    assert kinds[0] == "depart"
    assert len(route.floors) == 2
    assert route.geometry[-1][2] - route.geometry[0][2] == pytest.approx(3.1, abs=0.01)


def test_there_is_no_way_for_a_wheelchair(duplex: Building, router: Router, profiles: Mapping[str, Profile]) -> None:
    with pytest.raises(NoRoute) as refused:
        router.route(resolve(duplex, "OUT"), resolve(duplex, "A202"), profile=profiles["wheelchair"])
    assert [reason.code for reason in refused.value.reasons] == ["steps"]
    assert "stairs" in refused.value.text["en"]


def test_every_room_is_reached_from_outside(duplex: Building, router: Router, profiles: Mapping[str, Profile]) -> None:
    for space in duplex.spaces:
        if space.walkable:
            route = router.route(resolve(duplex, "OUT"), resolve(duplex, space.id), profile=profiles["walk"])
            assert route.floors[-1] == space.floor


def test_from_one_flat_to_the_other_one_goes_outside(
    duplex: Building, router: Router, profiles: Mapping[str, Profile]
) -> None:
    route = router.route(resolve(duplex, "A202"), resolve(duplex, "B202"), profile=profiles["walk"])
    assert [step.kind for step in route.steps].count("stairs") == 2
    assert any("室外" in step.text["zh"] for step in route.steps)
