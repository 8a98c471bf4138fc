"""Hundreds of ways to run a script from text, and every text of the API that pages show, with who writes it."""

from __future__ import annotations

import io
import itertools
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from openpyxl import load_workbook

from tests.e2e import poison_devices
from tests.e2e.poison_writers import Writers, text_of
from ui.cli.bench.leaks import id_number

RUN = "ran=1;alert(1)"
BODIES = (
    "<script>{run}</script>", "<img src=x onerror='{run}'>", "<svg onload='{run}'>",
    "<svg><script>{run}</script></svg>",
    "<iframe srcdoc='<script>{run}</script>'>", "<a href='javascript:{run}'>x</a>", "<details open ontoggle='{run}'>",
    "<body onload='{run}'>", "<input autofocus onfocus='{run}'>", "<video><source onerror='{run}'></video>",
    "<math><mtext><img src=x onerror='{run}'>", "<template><script>{run}</script></template>",
    "<form><button formaction='javascript:{run}'>x", "<object data='javascript:{run}'>",
    "<embed src='javascript:{run}'>",
    "<meta http-equiv=refresh content='0;javascript:{run}'>", "<base href='javascript:{run}//'>",
    "<style>@import 'javascript:{run}'</style>", "<link rel=stylesheet href='javascript:{run}'>",
    "<marquee onstart='{run}'>", "<animate onbegin='{run}' attributeName=x dur=1s>",
    "<noscript><p title='</noscript><img src=x onerror={run}>'>",
    '{{{{constructor.constructor("{run}")()}}}}', "${{{run}}}", "javascript:{run}",
    "data:text/html,<script>{run}</script>",
)  # fmt: skip
OPENINGS = ("", "\"'>", "--></title></textarea>", "]]>", '\\"};//', "</script>", "`-", "&lt;&#x3c;", "%3C", "\u2028")
FRAMES = ("{}", "{}\u00a0", "\u202e{}", "<b>{}</b>", "{}{{{{7*7}}}}")
NAME_MAX = 59
"""One more is room to tell two things of the same name apart."""
PASSWORD = "three unlike words"


def vectors() -> list[str]:
    """Each way to run something, out of each place that text may land in; those that fit a name."""
    made = [
        frame.format(opening + body.format(run=RUN if len(body) < 40 else "ran=1"))
        for frame, opening, body in itertools.product(FRAMES, OPENINGS, BODIES)
    ]
    return list(dict.fromkeys(vector for vector in made if len(vector) <= NAME_MAX))


def _person(w: Writers, vector: str) -> str:
    body = {"user": w.new_key(), "password": PASSWORD, "name": vector, "kind": "staff", "roles": []}
    made: str = w.ask("admin", "POST /accounts/users", body)["id"]
    return made


def _renamed_person(w: Writers, vector: str) -> None:
    w.ask("admin", f"PATCH /accounts/users/{_person(w, '张三')}", {"name": vector})


def _listed(w: Writers, vector: str) -> None:
    """A row of a list from Excel."""
    client, out = w.client("admin"), io.BytesIO()
    book = load_workbook(io.BytesIO(client.get("/accounts/import/template").content))
    sheet = book.worksheets[0]
    sheet.delete_rows(2, sheet.max_row)
    sheet.append([w.new_key(), vector])
    book.save(out)
    told = client.post("/accounts/import", params={"dry": "false"}, content=out.getvalue()).json()
    assert told["taken"] is True, told


def _stopped(w: Writers, vector: str) -> None:
    person = _person(w, "李四")
    for act in ("stop", "start"):
        w.ask("admin", f"POST /accounts/users/{person}/{act}", {"why": vector})
    w.ask("security_admin", f"PUT /accounts/users/{person}/roles", {"roles": [], "why": vector})
    w.ask("admin", f"POST /accounts/users/{person}/reset", {"why": vector, "proof": "id_document"})


def _factors_reset(w: Writers, vector: str) -> None:
    body = {"why": vector, "proof": "id_document"}
    w.ask("security_admin", f"POST /accounts/users/{_person(w, '王五')}/factors/reset", body)


def _unit(w: Writers, vector: str) -> str:
    made: str = w.ask("admin", "POST /accounts/units", {"name": text_of(w.apart(vector))})["id"]
    return made


def _renamed_unit(w: Writers, vector: str) -> None:
    w.ask("admin", f"PUT /accounts/units/{_unit(w, w.new_key())}/name", {"name": text_of(w.apart(vector))})


def _posts(w: Writers, vector: str) -> None:
    """Of a unit that has the writers' own name, so that it is found and opened."""
    unit = _unit(w, w.new_key())
    w.ask("admin", f"POST /accounts/units/{unit}/posts", {"name": text_of(w.apart(vector))})
    other = w.ask("admin", f"POST /accounts/units/{unit}/posts", {"name": text_of(w.new_key())})["id"]
    w.ask("admin", f"PATCH /accounts/posts/{other}", {"name": text_of(w.apart(vector))})


def _role(w: Writers, vector: str) -> None:
    body = {"name": text_of(w.apart(vector)), "permissions": []}
    w.ask("security_admin", "POST /accounts/roles", {"key": w.new_key(), **body})
    key = w.new_key()
    w.ask("security_admin", "POST /accounts/roles", {"key": key, **body, "name": text_of(key)})
    w.ask("security_admin", f"PUT /accounts/roles/{key}", {**body, "name": text_of(w.apart(vector))})


def _revealed(w: Writers, vector: str) -> None:
    person = _person(w, "赵六")
    reveal = {"subject": f"user:{person}", "field": "accounts.person.name_sealed", "reason": vector}
    w.ask("security_admin", "POST /privacy/reveal", reveal)


def _command(w: Writers, vector: str) -> None:
    w.ask("manager", "POST /devices/DOOR-01/commands", {"name": "lock", "args": {}, "reason": vector})


def _correction(w: Writers, vector: str) -> None:
    made = w.ask(
        "citizen",
        "POST /privacy/mine/requests",
        {"kind": "correction", "field": "accounts.person.name_sealed", "text": vector},
    )
    w.ask("security_admin", f"POST /privacy/requests/{made['id']}/decision", {"grant": False, "reason": vector})


def _registration(w: Writers, vector: str) -> None:
    """One waits, one is refused."""
    w.ask("security_admin", "PUT /accounts/registrations/policy", {"policy": "review"})
    for _ in range(2):
        body = {"kind": "citizen", "user": w.new_key(), "password": PASSWORD, "name": vector}
        w.ask("", "POST /accounts/registrations", {**body, "id_number": id_number(w.random)})
    waiting = w.ask("security_admin", "GET /accounts/registrations")
    refused = next(one["id"] for one in waiting if one["user"] == body["user"])
    w.ask("security_admin", f"POST /accounts/registrations/{refused}/refuse", {"why": vector})


def _device(w: Writers, vector: str) -> None:
    device = {"key": w.new_key().upper(), "kind": "leak_sensor", "name": text_of(vector)}
    w.ask("manager", "POST /admission/devices", {"devices": [device], "why": vector})


def _published(w: Writers, vector: str) -> None:
    draft = _draft(w, vector)
    body = {"revision": draft["revision"], "why": vector}
    w.ask("manager", f"POST /building/drafts/{draft['id']}/publish", body)


def _draft(w: Writers, vector: str) -> Any:
    draft = w.ask("manager", "POST /building/drafts/current")
    path = f"/building/drafts/{draft['id']}"
    scene = w.ask("manager", f"GET {path}/scene")
    edit = {"op": "rename", "id": scene["spaces"][0]["id"], "name": text_of(vector)}
    w.ask("manager", f"POST {path}/edits", {"revision": draft["revision"], "edit": edit})
    return w.ask("manager", f"GET {path}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """Fields of the API that one act writes, and the page of ``PAGES`` that shows them."""

    fields: tuple[str, ...]
    write: Callable[[Writers, str], object]
    page: str
    shown: bool = True
    """False: it is masked there, or whoever opens it must look further in; it is written, and must not run."""
    alone: bool = False
    """It takes long, or changes what other journeys of the same hall see: only where there are none."""
    every: int | None = None
    """Only by every so many vectors, where it takes seconds or may not be done often."""


_TREE, _PEOPLE, _AUDIT = "tree", "people", "audit"
WRITTEN = (
    Written(fields=("POST /accounts/users .name",), write=_person, page=_PEOPLE),
    Written(fields=("PATCH /accounts/users/{person_id} .name",), write=_renamed_person, page=_PEOPLE),
    Written(fields=("POST /accounts/import (file)",), write=_listed, page=_PEOPLE, every=5),
    Written(fields=("POST /accounts/units .name.*",), write=_unit, page=_TREE),
    Written(fields=("PUT /accounts/units/{unit_id}/name .name.*",), write=_renamed_unit, page=_TREE),
    Written(
        fields=("POST /accounts/units/{unit_id}/posts .name.*", "PATCH /accounts/posts/{post_id} .name.*"),
        write=_posts, page=_TREE, shown=False,
    ),
    Written(
        fields=("POST /accounts/roles .name.*", "PUT /accounts/roles/{key} .name.*"),
        write=_role, page="roles", every=20,
    ),
    Written(
        fields=(
            "POST /accounts/users/{person_id}/stop .why", "POST /accounts/users/{person_id}/start .why",
            "POST /accounts/users/{person_id}/reset .why", "PUT /accounts/users/{person_id}/roles .why",
        ),
        write=_stopped, page=_AUDIT,
    ),
    Written(
        fields=("POST /accounts/users/{person_id}/factors/reset .why",), write=_factors_reset, page=_AUDIT,
    ),
    Written(
        fields=("POST /accounts/registrations .name", "POST /accounts/registrations/{registration_id}/refuse .why"),
        write=_registration, page="registrations", shown=False, every=100,
    ),
    Written(fields=("POST /privacy/reveal .reason",), write=_revealed, page=_AUDIT, every=50),
    Written(fields=("POST /devices/{key}/commands .reason",), write=_command, page=_AUDIT),
    Written(
        fields=("POST /pairings .name",), page="screens",
        write=lambda w, vector: w.ask("manager", "POST /pairings", {"role": "kiosk", "name": vector}),
    ),
    Written(
        fields=("POST /tokens .name",), page="tokens",
        write=lambda w, vector: w.ask("manager", "POST /tokens", {"name": vector}),
    ),
    Written(
        fields=("POST /admission/invitations .note",), page="lobby",
        write=lambda w, vector: w.ask("manager", "POST /admission/invitations", {"count": 1, "note": vector}),
    ),
    Written(
        fields=("POST /privacy/mine/requests .text", "POST /privacy/requests/{request_id}/decision .reason"),
        write=_correction, page="mine",
    ),
    Written(fields=("POST /building/drafts/{draft}/edits .edit.*",), write=_draft, page="map", shown=False, alone=True,
            every=50),
    Written(
        fields=("POST /building/drafts/{draft}/publish .why",), write=_published, page="rooms", shown=False, alone=True,
        every=50,
    ),
    Written(
        fields=("POST /admission/devices .devices[].name.*", "POST /admission/devices .why"),
        write=_device, page="devices", shown=False, alone=True,
    ),
    Written(
        fields=(
            "POST /admission/grants .why", "POST /admission/rotate .why", "POST /admission/revoke .why",
        ),
        write=poison_devices.reasons, page=_AUDIT, every=50,
    ),
    Written(
        fields=("POST /admission/lobby/{user}/approve .name.*", "POST /admission/lobby/{user}/approve .why"),
        write=poison_devices.knock, page="lobby", every=20,
    ),
    Written(fields=(), write=poison_devices.describe, page="devices", every=20),
    Written(fields=("POST /alarms/{alarm_id}/acknowledge .note",), write=poison_devices.warn, page="alert", every=50),
)  # fmt: skip
"""What people write, by the real API, and what devices say."""
PAGES: Mapping[str, tuple[str, str]] = {
    _PEOPLE: ("admin", "/admin/#people"),
    _TREE: ("admin", "/admin/#tree"),
    "roles": ("security_admin", "/admin/#roles"),
    "registrations": ("security_admin", "/admin/#people"),
    "privacy": ("security_admin", "/admin/#privacy"),
    _AUDIT: ("audit_admin", "/admin/#audit"),
    "screens": ("manager", "/admin/#screens"),
    "tokens": ("manager", "/admin/#tokens"),
    "lobby": ("manager", "/admin/?tab=lobby#devices"),
    "mine": ("citizen", "/go/#/mine"),
    "map": ("manager", "/admin/#map"),
    "building": ("manager", "/admin/#building"),
    "devices": ("manager", "/admin/#devices"),
    "rooms": ("manager", "/ops/"),
    "alert": ("manager", "/alert/"),
    "way": ("", "/go/#/route"),
    "places": ("", "/go/#/places"),
    "kiosk": ("", "/kiosk/"),
    "wall": ("", "/wall/"),
}
"""Whose page shows it, and where it is."""
_UNWRITTEN: Mapping[str, str] = {
    "names something that is there already: anything else is refused": """
PATCH /accounts/posts/{post_id} .unit
PATCH /trips/mine .at
POST /accounts/posts/{post_id}/merge .into
POST /accounts/roles .permissions[]
PUT /accounts/roles/{key} .permissions[]
POST /accounts/units .parent
POST /accounts/units/{unit_id}/managers .person
POST /accounts/units/{unit_id}/merge .into
POST /accounts/units/{unit_id}/move .parent
POST /accounts/users .post
POST /accounts/users/{person_id}/posts .post
POST /admission/bindings .device
POST /admission/bindings .points.*
POST /admission/devices .devices[].kind
POST /admission/devices .devices[].via
POST /admission/grants .devices[]
POST /admission/grants .gateway
POST /admission/lobby/{user}/approve .kind
POST /admission/revoke .keys[]
POST /admission/rotate .keys[]
POST /admission/unasked/{ident}/approve .kind
POST /devices/{key}/commands .args.*
POST /devices/{key}/commands .name
POST /devices/{key}/desired/{point}/withdraw .command
POST /evaluations .tags[]
POST /pairings .place
POST /pairings .role
POST /privacy/mine/consents .purpose
POST /queue/tickets .department
POST /queue/tickets .item
POST /queue/windows/{number}/transfer .department
POST /routes .closed[]
POST /routes .from
POST /routes .profile
POST /routes .stops[]
POST /routes .to
POST /routes/isochrone .closed[]
POST /routes/isochrone .from
POST /routes/isochrone .profile
POST /routes/locate .profile
POST /routes/locate .seen[]
POST /routes/matrix .closed[]
POST /routes/matrix .from[]
POST /routes/matrix .profile
POST /routes/matrix .to[]
POST /routes/meet .people[].closed[]
POST /routes/meet .people[].from
POST /routes/meet .people[].profile
POST /routes/nearest .category
POST /routes/nearest .closed[]
POST /routes/nearest .from
POST /routes/nearest .profile
POST /routes/nearest .to[]
POST /tokens .scopes[]
POST /trips .from
POST /trips .profile
POST /trips .to
""",
    "a device's key, which holds letters, digits and dashes only": """
POST /admission/devices .devices[].key
POST /admission/lobby/{user}/approve .key
POST /admission/unasked/{ident}/approve .key
""",
    "a number with a check digit": """
PATCH /accounts/users/{person_id} .id_number
POST /accounts/registrations .id_number
POST /accounts/users .id_number
""",
    "a secret or a proof: no page shows it": """
POST /accounts/password .new
POST /accounts/password .old
POST /accounts/registrations .password
POST /accounts/users .password
POST /evaluations .token
POST /factors/passkey .answer.*
POST /factors/{factor_id}/confirm .code
POST /pairings/claim .code
POST /session .passkey.*
POST /session .password
POST /session .totp
POST /session/kiosk .code
POST /session/outside/finish .code
POST /session/outside/finish .state
POST /session/passkey .answer.*
POST /session/qr/answer .scan
POST /session/qr/look .scan
POST /session/show .passkey.*
POST /session/show .password
POST /session/show .totp
""",
    "a login name that nobody has is kept as its digest only, and shown by no page": """
POST /session .user
""",
    "evidence: no page shows it": """
POST /evaluations .text
POST /privacy/mine/consents .guardian.name
""",
    "not tried: its reason goes the way of all others, by the audit's page": """
POST /admission/bindings .why
POST /admission/unasked/{ident}/approve .why
POST /building/versions/{version}/publish .why
POST /devices/{key}/desired/{point}/withdraw .reason
POST /queue/windows/{number}/transfer .why
""",
    "not tried: it needs a device, a file or an authenticator of its own": """
POST /admission/bindings .address
POST /admission/table (file)
POST /admission/unasked/{ident}/approve .name.*
POST /admission/unasked/{ident}/approve .points.*
POST /building/drafts (file)
POST /factors/passkey .name
""",
}
UNWRITTEN = {name: why for why, names in _UNWRITTEN.items() for name in names.split("\n") if name}
"""Fields that nobody writes a vector into, and why."""
OPENAPI = Path(__file__).resolve().parents[2] / "ui" / "openapi.json"
LANGUAGES = (".zh", ".en")


def writable_fields() -> Iterator[str]:
    """``POST /tokens .name`` for each text in a body of the API's description that a vector can stand in."""
    document = json.loads(OPENAPI.read_text(encoding="utf-8"))
    found: dict[str, None] = {}
    for path, item in document["paths"].items():
        for method, operation in item.items():
            content = operation.get("requestBody", {}).get("content", {}) if isinstance(operation, dict) else {}
            for body in content.values():
                for name in _texts(body.get("schema", {}), "", document["components"]["schemas"], ()):
                    found[f"{method.upper()} {path.removeprefix('/api/v1')} {name}"] = None
    yield from found


def _texts(schema: Mapping[str, Any], path: str, known: Mapping[str, Any], within: tuple[str, ...]) -> Iterator[str]:
    if name := schema.get("$ref", "").rpartition("/")[2]:
        if name not in within:
            yield from _texts(known[name], path, known, (*within, name))
        return
    for word in ("anyOf", "oneOf", "allOf"):
        for one in schema.get(word, ()):
            yield from _texts(one, path, known, within)
    for name, one in schema.get("properties", {}).items():
        inner = f"{path}.*" if f".{name}" in LANGUAGES else f"{path}.{name}"
        yield from _texts(one, inner, known, within)
    if more := schema.get("additionalProperties"):
        yield from _texts(more, f"{path}.*", known, within) if isinstance(more, dict) else [f"{path}.*"]
    if "items" in schema:
        yield from _texts(schema["items"], f"{path}[]", known, within)
    if schema.get("type") == "string" and _takes_a_vector(schema):
        yield path or "(file)"


def _takes_a_vector(schema: Mapping[str, Any]) -> bool:
    if schema.keys() & {"enum", "const"} or schema.get("format") in ("date", "date-time"):
        return False
    longest, pattern = schema.get("maxLength", NAME_MAX), re.compile(schema.get("pattern", ""))
    return any(len(vector) <= longest and pattern.search(vector) for vector in _ALL)


_ALL = tuple(vectors())
