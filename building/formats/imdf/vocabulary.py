"""The words of IMDF 1.0 (OGC 20-094, "Categories" and "Type Designators") and what they are in our model."""

from __future__ import annotations

from dataclasses import dataclass

from building.model import LinkKind


def _words(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


VERSION = "1.0.0"
"""The only value that the specification permits."""

LOCATED = {
    "amenity": ("Point",),
    "anchor": ("Point",),
    "detail": ("LineString", "MultiLineString"),
    "fixture": ("Polygon", "MultiPolygon"),
    "footprint": ("Polygon", "MultiPolygon"),
    "geofence": ("Polygon", "MultiPolygon"),
    "kiosk": ("Polygon", "MultiPolygon"),
    "level": ("Polygon", "MultiPolygon"),
    "opening": ("LineString",),
    "section": ("Polygon", "MultiPolygon"),
    "unit": ("Polygon", "MultiPolygon"),
    "venue": ("Polygon", "MultiPolygon"),
}
"""Feature types with the geometry each must have."""

UNLOCATED = ("address", "building", "occupant")
"""Feature types whose geometry is null; a relationship may have one or not."""

FEATURE_TYPES = (*sorted((*LOCATED, *UNLOCATED, "relationship")),)

ACCESSIBILITY = _words(
    "assisted.listening braille hearing hearingloop signlanginterpreter tactilepaving tdd trs volume wheelchair"
)
ACCESS_CONTROL = _words(
    "badgereader fingerprintreader guard keyaccess outofservice passwordaccess retinascanner voicerecognition"
)
DOOR_TYPES = _words(
    "movablepartition open revolving shutter sliding swinging turnstile turnstile.fullheight turnstile.waistheight"
    " unspecified"
)
DOOR_MATERIALS = _words("wood glass metal gate")
RESTRICTIONS = frozenset(("employeesonly", "restricted"))

CATEGORIES: dict[str, frozenset[str]] = {
    "amenity": _words(
        "amphitheater animalreliefarea arrivalgate atm babychanging baggagecarousel baggagecarousel.intl baggagecarts"
        " baggageclaim baggageclaim.oversize baggagerecheck baggagestorage boardinggate boardinggate.aircraft"
        " boardinggate.bus boardinggate.ferry boardinggate.train bus bus.muni bus.national businesscenter cabin"
        " caregiver carrental cashier changemachine checkin checkin.desk checkin.desk.oversizebaggage"
        " checkin.desk.transfer checkin.selfservice childplayarea coinlocker copymachine defibrillator"
        " drinkingfountain eatingdrinking elevator emergencyshelter entry escalator exhibit faregate"
        " faregate.oversized fieldofplay fieldofplay.americanfootball fieldofplay.baseball fieldofplay.basketball"
        " fieldofplay.fieldhockey fieldofplay.icehockey fieldofplay.rugby fieldofplay.soccer fieldofplay.softball"
        " fieldofplay.tennis fieldofplay.trackfield fieldofplay.volleyball firealarmpullstation fireextinguisher"
        " firstaid fittingroom foodservice gatearea groundtransportation guestservices handsanitizerstation"
        " healthscreening hoteling immigration information information.bid information.carrental information.hotel"
        " information.mufid information.mufid.arrivals information.mufid.departures information.transit landmark"
        " library limo lostandfound mailbox meditation meetingpoint mobilityrescue mothersroom movingwalkway paidarea"
        " parkandride parking parking.bicycle parking.compact parking.ev parking.longterm parking.motorcycle"
        " parking.shortterm parking.waitingarea payphone pedestriancrossing peoplemover phone phone.emergency"
        " photobooth platform police powerchargingstation prayerroom prayerroom.buddhism prayerroom.christianity"
        " prayerroom.hinduism prayerroom.islam prayerroom.islam.female prayerroom.islam.male prayerroom.judaism"
        " prayerroom.shintoism prayerroom.sikh prayerroom.taoic privatelounge productreturn rail.muni rail.national"
        " ramp reception.desk recreation restroom restroom.family restroom.female restroom.female.wheelchair"
        " restroom.male restroom.male.wheelchair restroom.transgender restroom.transgender.wheelchair restroom.unisex"
        " restroom.unisex.wheelchair restroom.wheelchair rideshare seat seating security security.checkpoint"
        " security.inspection service shower shuttle sleepbox smokingarea stairs storage strollerrental"
        " studentadmissions studentservices swimmingpool swimmingpool.children swimmingpool.family taxi ticketing"
        " ticketing.airline ticketing.bus ticketing.bus.muni ticketing.bus.national ticketing.rail"
        " ticketing.rail.muni ticketing.rail.national ticketing.shuttle traintrack transit unspecified valet"
        " vendingmachine vendingmachine.trainticket wheelchairassist wifi yoga"
    ),
    "building": _words("parking transit transit.bus transit.train unspecified"),
    "fixture": _words(
        "baggagecarousel boardinggate.desk checkin.desk checkin.kiosk desk equipment furniture immigration.desk"
        " inspection.desk obstruction securityequipment stage vegetation wall water"
    ),
    "footprint": _words("aerial ground subterranean"),
    "geofence": _words("concourse geofence paidarea platform postsecurity presecurity terminal underconstruction"),
    "level": _words(
        "arrivals arrivals.domestic arrivals.intl departures departures.domestic departures.intl parking transit"
        " unspecified"
    ),
    "opening": _words("automobile bicycle emergencyexit pedestrian pedestrian.principal pedestrian.transit service"),
    "relationship": _words("elevator escalator movingwalkway ramp stairs traversal traversal.path"),
    "section": _words(
        "arcade baggageclaim baggageclaim.intl carrental carrental.dropoff checkin concessions cubicle dutyfree"
        " eatingdrinking entertainmentarea entertainmentarea.game entertainmentarea.music"
        " entertainmentarea.performance entertainmentarea.sport exhibit exhibition gambling gambling.baccarat"
        " gambling.bingo gambling.blackjack gambling.craps gambling.keno gambling.mahjong gambling.medalgame"
        " gambling.minibaccarat gambling.offtrackbetting gambling.pachinko gambling.paigow gambling.poker"
        " gambling.poker.letitride gambling.poker.paigow gambling.poker.threecard gambling.poker.video"
        " gambling.roulette gambling.rummy gambling.sicbo gambling.slotmachine gambling.slotmachine.highlimit gatearea"
        " gatearea.holding immigration immigration.schengen information paidarea parkandride parking parking.bicycle"
        " parking.compact parking.ev parking.longterm parking.motorcycle parking.shortterm parking.waitingarea"
        " platform postsecurity presecurity private recomposearea recreation rental retail retaildepartment road"
        " seating seatingrow security servicearea ticketing vegetation walkway"
    ),
    "unit": _words(
        "auditorium brick classroom column concrete conferenceroom drywall elevator escalator fieldofplay firstaid"
        " fitnessroom foodservice footbridge glass huddleroom kitchen laboratory library lobby lounge mailroom"
        " mothersroom movietheater movingwalkway nonpublic office opentobelow parking phoneroom platform"
        " privatelounge ramp recreation restroom restroom.family restroom.female restroom.female.wheelchair"
        " restroom.male restroom.male.wheelchair restroom.transgender restroom.transgender.wheelchair restroom.unisex"
        " restroom.unisex.wheelchair restroom.wheelchair road room serverroom shower smokingarea stairs steps storage"
        " structure terrace theater unenclosedarea unspecified vegetation waitingroom walkway walkway.island"
        " wood"
    ),
    "venue": _words(
        "airport airport.intl aquarium businesscampus casino communitycenter conventioncenter governmentfacility"
        " healthcarefacility hotel museum parkingfacility resort retailstore shoppingcenter stadium stripmall theater"
        " themepark trainstation transitstation university"
    ),
}
"""By feature type. The more than a thousand words for occupants (trades) are not listed: only their form is checked."""

WALLS = {
    "brick": "interior",
    "column": "column",
    "concrete": "interior",
    "drywall": "partition",
    "glass": "glass",
    "structure": "interior",
    "wood": "partition",
}
"""Unit categories that are built matter, with the kind of wall each is to us."""


@dataclass(frozen=True, slots=True)
class Use:
    """What a unit category is to us. ``flows``: what touches it without anything drawn between is walked into."""

    kind: str
    walkable: bool = True
    flows: bool = False
    link: LinkKind | None = None


UNITS: dict[str, Use] = {
    "elevator": Use("lift", walkable=False, link="lift"),
    "escalator": Use("escalator", walkable=False, link="escalator"),
    "fieldofplay": Use("field"),
    "firstaid": Use("first_aid"),
    "footbridge": Use("corridor", flows=True),
    "lobby": Use("lobby", flows=True),
    "conferenceroom": Use("conference"),
    "foodservice": Use("food"),
    "mothersroom": Use("mother_baby"),
    "movingwalkway": Use("corridor", flows=True),
    "nonpublic": Use("room"),
    "opentobelow": Use("void", walkable=False),
    "parking": Use("parking", flows=True),
    "platform": Use("platform", flows=True),
    "ramp": Use("ramp", flows=True, link="ramp"),
    "restroom": Use("toilet"),
    "road": Use("road", walkable=False),
    "serverroom": Use("server_room"),
    "stairs": Use("stair", flows=True, link="stairs"),
    "steps": Use("stair", flows=True),
    "terrace": Use("terrace", flows=True),
    "unenclosedarea": Use("area", flows=True),
    "unspecified": Use("room"),
    "vegetation": Use("vegetation", walkable=False),
    "waitingroom": Use("waiting"),
    "walkway": Use("corridor", flows=True),
}
"""Categories that are more to us than their own word."""


def use_of(category: str) -> Use:
    """What this unit category is to us; a word we do not know, or a finer one, is what it begins with, or a room."""
    if category in UNITS:
        return UNITS[category]
    if category.startswith("restroom"):
        return Use(_RESTROOMS.get(category, "toilet_accessible" if category.endswith("wheelchair") else "toilet"))
    stem = category.split(".", 1)[0]
    if stem in UNITS:
        return UNITS[stem]
    return Use(category if category in CATEGORIES["unit"] else "room")


_RESTROOMS = {"restroom.male": "toilet_men", "restroom.female": "toilet_women"}

_UNIT_OF_KIND = {
    "stair": "stairs", "lift": "elevator", "escalator": "escalator", "ramp": "ramp", "void": "opentobelow",
    "shaft": "nonpublic", "roof": "nonpublic", "attic": "nonpublic",
    "corridor": "walkway", "exit_passage": "walkway", "hall": "lobby", "lobby": "lobby", "stair_lobby": "lobby",
    "vestibule": "lobby", "screening": "lobby", "self_service": "lobby",
    "toilet": "restroom", "toilet_men": "restroom.male", "toilet_women": "restroom.female",
    "toilet_accessible": "restroom.unisex.wheelchair", "toilet_staff": "restroom",
    "mother_baby": "mothersroom", "first_aid": "firstaid", "waiting": "waitingroom", "rest": "lounge",
    "conference": "conferenceroom", "meeting": "conferenceroom", "office": "office", "server_room": "serverroom",
    "storage": "storage", "archive": "storage", "parking": "parking", "terrace": "terrace", "kitchen": "kitchen",
    "library": "library", "classroom": "classroom", "plant": "nonpublic", "electrical": "nonpublic",
    "elv_room": "nonpublic", "ups_room": "nonpublic", "food": "foodservice", "server": "serverroom",
    "platform": "platform", "road": "road", "vegetation": "vegetation", "area": "unenclosedarea",
    "field": "fieldofplay",
}  # fmt: skip


def unit_category(kind: str, *, walkable: bool) -> str:
    """The unit category nearest to our kind of space: where nobody walks, none that promises a way."""
    category = _UNIT_OF_KIND.get(kind, kind if kind in CATEGORIES["unit"] and kind not in WALLS else "room")
    return category if walkable or not use_of(category).walkable else "nonpublic"


WALL_OF_KIND = {"glass": "glass", "column": "column", "partition": "drywall"}
"""The unit category of a kind of wall; all others are ``structure``."""

LINKS: dict[str, LinkKind] = {"elevator": "lift", "escalator": "escalator", "ramp": "ramp", "stairs": "stairs"}
"""Relationship categories that lead from level to level, with our kind of link."""
LINK_CATEGORY = {kind: category for category, kind in LINKS.items()}

FIXTURE_OF_KIND = {
    "desk": "desk", "counter": "desk", "table": "furniture", "seat_row": "furniture", "kiosk": "equipment",
    "ticket_machine": "equipment", "atm": "equipment", "rack": "equipment", "ups": "equipment",
    "column": "obstruction", "xray": "securityequipment", "stage": "stage",
}  # fmt: skip

AMENITY_OF_KIND = {
    "accessible_parking": "parking", "aed": "defibrillator", "assisted": "caregiver", "atm": "atm",
    "bus_stop": "bus", "conference": "service", "consultation": "information", "copy_print": "copymachine",
    "drinking_water": "drinkingfountain", "ev_charging": "parking.ev", "first_aid": "firstaid",
    "luggage_wheelchair": "wheelchairassist", "mother_baby": "mothersroom", "parking_payment": "cashier",
    "photo": "photobooth", "police": "police", "post": "mailbox", "public_information": "information",
    "rest": "seating", "screening": "security.checkpoint", "self_service": "service", "tickets": "ticketing",
    "toilet": "restroom", "toilet_accessible": "restroom.unisex.wheelchair", "toilet_men": "restroom.male",
    "toilet_women": "restroom.female",
}  # fmt: skip
"""The amenity nearest to our kind of place; all others are ``unspecified``."""
