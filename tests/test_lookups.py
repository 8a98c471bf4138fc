"""An object and the right to it are looked up by one function: a service reads a row by id in ``access_*`` only.

What is found otherwise stands here with its reason; a new one fails until somebody has thought about it, and so does a
reason that nobody needs any more.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

SERVICES = Path(__file__).parents[1] / "services"
_LOOKS = ("find_", "get_")
_RIGHT = ("access_", "_access_")
_EXACTLY = ("_access",)

OWN = "whose id it is asks"
SECRET = "found by a secret that its holder alone has"
LOGIN = "found by a login name, where that is what is known of a person"
LED = "the id stands in a row that was looked up by right before"
SETTING = "a setting of the house, of nobody"
NAMED = "a list from Excel names it; what is found is then asked for by the right to it"
USE = "a module asks before it uses what rests on a consent"
SETUP = "the hall prepares itself; nobody asks"
CARD = "found by the card that its holder laid on the reader"

REASONS = {
    "accounts/agents.py:Agents.name find_person_by_login": LOGIN,
    "accounts/card_signin.py:CardSignIn._begin find_card_owner": CARD,
    "accounts/card_signin.py:CardSignIn._begin find_person": LED,
    "accounts/credentials.py:Credentials._own find_person": OWN,
    "accounts/first.py:FirstPeople._ensure find_person_by_login": SETUP,
    "accounts/first.py:FirstPeople._free_login find_person_by_login": SETUP,
    "accounts/importing.py:Importing._take_row find_person_by_login": NAMED,
    "accounts/importing.py:Importing._post find_child": NAMED,
    "accounts/oidc.py:Oidc._finish find_identity": SECRET,
    "accounts/oidc.py:Oidc._finish find_person": LED,
    "accounts/oidc.py:Oidc._shown find_session_by_id": OWN,
    "accounts/oidc.py:Oidc.find_link_ms find_link_ms": OWN,
    "accounts/own_ways.py:OwnWays.confirm_totp find_factor": OWN,
    "accounts/own_ways.py:OwnWays.ensure_demo_totp find_person_by_login": SETUP,
    "accounts/own_ways.py:OwnWays._person find_person": LED,
    "accounts/own_ways.py:OwnWays._raise find_session_by_id": LED,
    "accounts/own_ways.py:OwnWays._session find_session_by_id": OWN,
    "accounts/own_ways.py:OwnWays.show find_person": LED,
    "accounts/pairings.py:Pairings.find_actor find_pairing_by_token": SECRET,
    "accounts/passkey_login.py:PasskeyLogin._owner find_person": LED,
    "accounts/passkeys.py:Passkeys.check find_passkey": SECRET,
    "accounts/qr_signin.py:QrSignIn._own find_session_by_id": OWN,
    "accounts/qr_signin.py:QrSignIn.begin_at_kiosk find_person": LED,
    "accounts/qr_signin.py:QrSignIn.finish find_person": LED,
    "accounts/qr_signin.py:QrSignIn.look find_scanned": SECRET,
    "accounts/qr_signin.py:QrSignIn.state find_asked": SECRET,
    "accounts/reach.py:Reach._require_below find_unit": LED,
    "accounts/registration.py:Registrations._policy find_setting": SETTING,
    "accounts/rights.py:Rights._held_by find_person": OWN,
    "accounts/sessions.py:Sessions._begin find_person_by_login": LOGIN,
    "accounts/sessions.py:Sessions.find_actor find_session": SECRET,
    "accounts/sessions.py:Sessions.find_expiry_ms find_session_by_id": OWN,
    "accounts/sessions.py:Sessions.start find_session_by_id": LED,
    "accounts/tokens.py:Tokens.find_actor find_token": SECRET,
    "privacy/consents.py:ConsentBook.has_consent find_consent": USE,
    "privacy/consents.py:ConsentBook.is_withdrawn find_consent": USE,
    "privacy/retention.py:Retention._forget get_swept": SETTING,
    "privacy/retention.py:Retention.swept get_swept": SETTING,
    "queue/core.py:Core._leave find_at_window": LED,
    "queue/core.py:Core.reach_of find_phone": LED,
    "queue/desks.py:Desks._change find_at_window": LED,
    "queue/desks.py:Desks._step find_at_window": LED,
    "queue/desks.py:Desks.call_next find_at_window": LED,
    "queue/tickets.py:Tickets._find_own find_live_of_device": OWN,
    "queue/tickets.py:Tickets.find_place find_ticket": SECRET,
    "queue/tickets.py:Tickets.find_visit find_ticket": SECRET,
    "queue/tickets.py:Tickets.give_up find_phone": LED,
}


def looks(source: str, where: str) -> Iterator[str]:
    """``FILE:Class.function find_x`` for each look-up in a store outside the functions that check the right to it."""
    tree = ast.parse(source)
    stores = {
        name.asname or name.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module
        for name in node.names
        if "store" in (*node.module.split("."), name.name)
    }

    def walk(node: ast.AST, within: tuple[str, ...]) -> Iterator[str]:
        for child in ast.iter_child_nodes(node):
            inside = (*within, child.name) if isinstance(child, ast.FunctionDef | ast.ClassDef) else within
            checked = any(name.startswith(_RIGHT) or name in _EXACTLY for name in within)
            if isinstance(child, ast.Call) and not checked and (called := _called(child.func, stores)):
                yield f"{where}:{'.'.join(within)} {called}"
            yield from walk(child, inside)

    return walk(tree, ())


def _called(function: ast.expr, stores: set[str]) -> str | None:
    match function:
        case ast.Attribute(value=ast.Name(id=owner), attr=name) if owner in stores and name.startswith(_LOOKS):
            return name
        case ast.Name(id=name) if name in stores and name.startswith(_LOOKS):
            return name
    return None


def test_whatever_is_looked_up_by_id_is_looked_up_with_the_right_to_it() -> None:
    found: set[str] = set()
    for path in sorted(SERVICES.glob("*/**/*.py")):
        module = path.relative_to(SERVICES)
        if module.parts[0] != "kernel" and "store" not in (*module.parts[1:-1], path.stem):
            found.update(looks(path.read_text(), module.as_posix()))
    assert not found - REASONS.keys(), "look it up in a function access_..., or say here why there is no right to check"
    assert not REASONS.keys() - found, "nobody needs these reasons any more"


def test_a_raw_look_up_is_seen_however_the_store_was_imported() -> None:
    said = (
        "from services.queue import store\nfrom services.queue.store import find_ticket\n"
        "from services.accounts.store import people as rows\n"
        "class Desk:\n"
        "    def _access_ticket(self): return store.find_ticket()\n"
        "    def show(self): return store.find_ticket(), find_ticket(), rows.find_person(), rows.list_people()\n"
    )
    assert list(looks(said, "x.py")) == [
        "x.py:Desk.show find_ticket", "x.py:Desk.show find_ticket", "x.py:Desk.show find_person"
    ]  # fmt: skip
