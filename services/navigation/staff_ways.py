"""Who may ask how somebody walks who works here: such ways lead through staff areas and past doors that need a card."""

from __future__ import annotations

from services.kernel.access import STAFF, Permission
from services.kernel.actor import Actor
from services.kernel.errors import Forbidden
from wayfinding.profile import ACCESS_ORDER, Profile

STAFF_WAYS = "navigation.staff"
PERMISSION = Permission(
    name=STAFF_WAYS, label={"zh": "查询内部路线", "en": "Ask for ways through staff areas"}, roles=frozenset(STAFF)
)


class StaffOnly(Forbidden):
    """The profile is not for everybody."""

    code = "navigation.staff_only"

    def __init__(self, profile: Profile) -> None:
        super().__init__(
            zh=f"“{profile.name['zh']}”路线只对工作人员开放：请登录，或选择其他出行方式。",
            en=f"“{profile.name['en']}” ways are for those who work here: log in, or choose another profile.",
            permission=STAFF_WAYS,
            profile=profile.id,
        )


def check_may_walk(actor: Actor, profile: Profile) -> None:
    """Raises where the profile enters what is not public, and this actor may not ask for that."""
    if profile.max_access != ACCESS_ORDER[0] and not actor.can(STAFF_WAYS):
        raise StaffOnly(profile)
