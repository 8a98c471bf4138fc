"""Routes of the accounts module, a file each; only they know HTTP."""

from __future__ import annotations

from fastapi import APIRouter

from services.accounts.api.card import add_card
from services.accounts.api.factors import add_factors, add_passkey_login
from services.accounts.api.importing import add_import
from services.accounts.api.oidc import add_oidc
from services.accounts.api.organisation import add_agents, add_posts, add_units
from services.accounts.api.pairings import add_demo_pairing, add_pairings
from services.accounts.api.people import add_people, add_standing
from services.accounts.api.qr import add_kiosk_login, add_qr
from services.accounts.api.registration import add_password, add_registrations
from services.accounts.api.roles import add_roles
from services.accounts.api.session import add_session, add_sessions
from services.accounts.api.tokens import add_tokens
from services.accounts.commands import Accounts
from services.kernel.http import Cookies, make_router


def router(service: Accounts, *, cookies: Cookies, demo_site: str | None = None) -> APIRouter:
    """All of the module's routes, below ``/api/v1``. ``demo_site``: browsers of this demo pair themselves."""
    routes = make_router("accounts")
    add_session(routes, service, cookies)
    add_sessions(routes, service)
    add_factors(routes, service, cookies)
    add_passkey_login(routes, service, cookies)
    add_qr(routes, service, cookies)
    add_kiosk_login(routes, service, cookies)
    add_card(routes, service, cookies)
    add_oidc(routes, service, cookies)
    add_pairings(routes, service, cookies)
    add_tokens(routes, service)
    for add in (
        add_people, add_standing, add_password, add_registrations, add_roles, add_units, add_posts, add_agents,
        add_import,
    ):  # fmt: skip
        add(routes, service)
    if demo_site is not None:
        add_demo_pairing(routes, service, cookies, demo_site)
    return routes
