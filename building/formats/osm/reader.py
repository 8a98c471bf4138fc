"""Reads an OSM file into one building: what it shows goes into a survey, ``understanding`` says what it means."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import shapely

from building.errors import InvalidModel, UnreadableFile
from building.formats.osm import tags as meaning
from building.formats.osm.choice import Choice, choose
from building.formats.osm.doors import DoorFinder
from building.formats.osm.levels import parse_levels
from building.formats.osm.links import links_of
from building.formats.osm.paths import Crossings, paths_of, widened
from building.formats.osm.places import Places, outlines_of, spaces_of, walls_of
from building.formats.osm.source import open_source
from building.formats.osm.storeys import Storeys, key_of
from building.model import Building, Georeference, Poi, SourceId, make_id
from building.survey import Survey
from building.understanding import understand

_POI_KEYS = ("amenity", "shop", "tourism", "information", "emergency", "vending", "office", "healthcare", "leisure")
_POI_ZH: Mapping[str, str] = {
    "toilets": "卫生间", "vending_machine": "自动售货机", "waste_basket": "垃圾桶", "bench": "座椅",
    "atm": "自动取款机", "cafe": "咖啡馆",
    "restaurant": "餐厅", "fast_food": "快餐", "drinking_water": "饮水处", "information": "信息",
    "defibrillator": "自动体外除颤器", "fire_extinguisher": "灭火器", "telephone": "电话", "post_box": "邮筒",
    "clothes": "服装店", "convenience": "便利店", "supermarket": "超市", "ticket": "售票处", "pharmacy": "药店",
    "bank": "银行", "recycling": "回收箱", "luggage_locker": "寄存柜", "artwork": "艺术品", "map": "地图",
}  # fmt: skip


def read(path: Path) -> Building:
    """The building with the most rooms; raises ``UnreadableFile`` and nothing else."""
    try:
        return understand(survey(path))
    except (InvalidModel, shapely.errors.ShapelyError) as error:
        raise UnreadableFile(
            path=str(path),
            what=f"the OSM file draws what cannot be ({str(error)[:200]})",
            todo="Check the building in an OSM editor, or download it once more.",
        ) from error


def survey(path: Path) -> Survey:
    """What the file shows of its building, in metres around its middle."""
    warnings: list[str] = []
    extract = open_source(path)
    if extract.placeless:
        warnings.append(f"{extract.placeless} nodes have no place on earth and are left out")
    choice = choose(extract, str(path), warnings)
    paths = paths_of(choice)
    choice = replace(choice, areas=(*choice.areas, *widened(choice, paths)))
    storeys = Storeys(choice, warnings)
    places = Places(choice, storeys)
    doors, inner = DoorFinder(choice, places, storeys).read(warnings)
    stretches = [*outlines_of(places, doors), *inner]
    crossed, connections = Crossings(choice, places, storeys, doors).read(paths)
    site = f"osm-{choice.source.value.replace('/', '')}"
    frame = choice.ground.frame
    return Survey(
        site=site,
        name=meaning.name_of(choice.tags, "建筑", "Building"),
        format="osm",
        schema="Simple Indoor Tagging",
        georeference=Georeference(lon_deg=frame.lon_deg, lat_deg=frame.lat_deg),
        floors=storeys.floors,
        spaces=tuple(spaces_of(places, storeys)),
        walls=tuple(walls_of(choice, places, storeys, stretches, (*doors, *crossed))),
        doors=(*doors, *crossed),
        links=tuple(links_of(choice, places, storeys, warnings)),
        connections=tuple(connections),
        pois=tuple(_pois(site, choice, places, storeys)),
        warnings=tuple(warnings),
    )


def _pois(site: str, choice: Choice, places: Places, storeys: Storeys) -> Iterator[Poi]:
    """Nodes of some use that lie in a room of their level."""
    for node in choice.ground.extract.nodes.values():
        kind = next((node.tags[k] for k in _POI_KEYS if k in node.tags), None)
        at = choice.ground.at(node.id) if kind is not None and not meaning.is_door(node.tags) else None
        if at is None or kind is None:
            continue
        levels = parse_levels(node.tags.get("level", "0") + ";" + node.tags.get("repeat_on", ""))
        meant = levels.among(storeys.known)
        for level in meant:
            place = places.around(shapely.Point(at), level)
            if place is None:
                continue
            key = f"n{node.id}" if len(meant) == 1 else f"n{node.id}@{key_of(level)}"
            yield Poi(
                id=make_id(site, "poi", key),
                name=meaning.name_of(node.tags, _POI_ZH.get(kind, kind), kind.replace("_", " ").capitalize()),
                source=SourceId(scheme="osm", value=f"node/{node.id}"),
                kind=kind,
                floor=make_id(site, "floor", storeys.home(level)),
                space=make_id(site, "space", place.key),
                at=(round(at[0], 3), round(at[1], 3)),
                hours=node.tags.get("opening_hours"),
            )
