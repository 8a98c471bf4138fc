"""Who may ask what, as we mean it: written by hand beside the program, so that a route or a right that changes is seen.

``ROLES`` says which roles hold a permission. ``ROUTES`` says which permission each route asks for, and of those that
take an id, whose the object behind it is:

    own     made by somebody and named by an id or a secret: the same made in another hall is not found here
    mine    of one person: others of the same hall, whatever their role, do not find it
    hall    a part of the hall that everybody of this permission shares; a name that nothing bears is not found
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

PUBLIC = "public"
_ADMINISTRATORS = "admin security_admin audit_admin"
_STAFF = f"leader staff clerk manager security editor {_ADMINISTRATORS}"

ROLES: Mapping[str, frozenset[str]] = {
    name: frozenset(roles.split())
    for name, roles in {
        "ops.view": "leader manager security admin",
        "data.read": "leader manager security admin program",
        "metrics.read": "manager admin program",
        "alert.view": "leader manager security admin",
        "alarm.acknowledge": "manager security",
        "device.command": "manager security",
        "device.enrol": "manager admin",
        "building.manage": "manager admin",
        "audit.view": "audit_admin",
        "admin.open": f"manager unit_admin {_ADMINISTRATORS}",
        "session.own": f"{_STAFF} citizen enterprise",
        "accounts.view": "manager admin security_admin unit_admin",
        "accounts.manage": "admin unit_admin",
        "pairings.manage": "manager admin",
        "tokens.manage": "manager admin",
        "evaluation.view": "leader manager admin",
        "navigation.staff": _STAFF,
        "queue.call": "clerk manager",
        "queue.manage": "manager",
        "accounts.names": f"{_STAFF} unit_admin",
        "accounts.stop": "admin security_admin unit_admin",
        "roles.view": f"manager unit_admin {_ADMINISTRATORS}",
        "roles.grant": "security_admin",
        "organisation.view": "leader manager admin security_admin unit_admin",
        "organisation.manage": "admin unit_admin",
        "organisation.delegate": "security_admin unit_admin",
        "registrations.review": "security_admin",
        "registrations.verify": "clerk security_admin",
        "signin.own": f"{_STAFF} citizen enterprise",
        "sessions.manage": "admin security_admin",
        "factors.reset": "security_admin",
        "privacy.own": f"{_STAFF} citizen enterprise",
        "privacy.view": "leader security_admin audit_admin",
        "privacy.decide": "security_admin",
        "privacy.reveal": "manager security_admin",
    }.items()
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One route. ``whose``: of the object its id names; ``thing``: what kind of object that is."""

    permission: str
    whose: str | None = None
    thing: str | None = None


def _rows(text: str) -> dict[str, Row]:
    found: dict[str, Row] = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        method, path, permission, *object_ = line.split()
        whose, _, thing = object_[0].partition(":") if object_ else ("", "", "")
        found[f"{method} {path}"] = Row(permission=permission, whose=whose or None, thing=thing or None)
    return found


ROUTES = _rows("""
GET    /accounts/names                                    accounts.names
GET    /accounts/users                                   accounts.view
POST   /accounts/users                                   accounts.manage
DELETE /accounts/users/{person_id}                       accounts.manage   own:person
GET    /admission                                        device.enrol
POST   /admission/bindings                               device.enrol
DELETE /admission/bindings/{device}/{convention}         device.enrol      hall:device
POST   /admission/devices                                device.enrol
POST   /admission/grants                                 device.enrol
DELETE /admission/grants/{gateway}/{device}              device.enrol      hall:device
POST   /admission/invitations                            device.enrol
GET    /admission/lobby                                  device.enrol
DELETE /admission/lobby/{user}                           device.enrol      own:guest
POST   /admission/lobby/{user}/approve                   device.enrol      own:guest
POST   /admission/revoke                                 device.enrol
POST   /admission/rotate                                 device.enrol
POST   /admission/table                                  device.enrol
DELETE /admission/unasked/{ident}                        device.enrol      own:unasked
POST   /admission/unasked/{ident}/approve                device.enrol      own:unasked
GET    /alarms                                           alert.view
POST   /alarms/{alarm_id}/acknowledge                    alarm.acknowledge own:alarm
GET    /audit                                            audit.view
GET    /audit/actions                                    audit.view
GET    /audit/consistency                                audit.view
GET    /audit/export                                     audit.view
GET    /audit/head                                       audit.view
GET    /audit/proof                                      audit.view
POST   /audit/verify                                     audit.view
GET    /building                                         public
GET    /building.ttl                                     data.read
GET    /building/drafts                                  building.manage
POST   /building/drafts                                  building.manage
POST   /building/drafts/current                          building.manage
DELETE /building/drafts/{draft}                          building.manage   own:draft
GET    /building/drafts/{draft}                          building.manage   own:draft
GET    /building/drafts/{draft}/diff                     building.manage   own:draft
POST   /building/drafts/{draft}/edits                    building.manage   own:draft
POST   /building/drafts/{draft}/publish                  building.manage   own:draft
POST   /building/drafts/{draft}/rebase                   building.manage   own:draft
POST   /building/drafts/{draft}/redo                     building.manage   own:draft
GET    /building/drafts/{draft}/report                   building.manage   own:draft
GET    /building/drafts/{draft}/route                    building.manage   own:draft
GET    /building/drafts/{draft}/scene                    building.manage   own:draft
POST   /building/drafts/{draft}/undo                     building.manage   own:draft
GET    /building/limits                                  building.manage
GET    /building/places                                  public
GET    /building/plan/{floor}.svg                        public            hall:floor
GET    /building/scene                                   public
GET    /building/scene/devices                           ops.view
GET    /building/versions                                building.manage
GET    /building/versions/{before}/diff/{after}          building.manage   own:version
POST   /building/versions/{version}/publish              building.manage   own:version
GET    /building/versions/{version}/scene                building.manage   own:version
GET    /commands                                         ops.view
GET    /commands/{command_id}                            device.command    own:command
POST   /commands/{command_id}/disarm                     device.command    own:command
POST   /commands/{command_id}/fire                       device.command    own:command
GET    /connectors                                       ops.view
GET    /counters                                         ops.view
GET    /devices                                          ops.view
GET    /devices/{key}                                    ops.view          hall:device
POST   /devices/{key}/commands                           device.command    hall:device
POST   /devices/{key}/desired/{point}/withdraw           device.command    hall:device
GET    /devices/{key}/history                            data.read         hall:device
POST   /evaluations                                      public
GET    /evaluations/followups                            evaluation.view
GET    /evaluations/form                                 public
GET    /evaluations/summary                              evaluation.view
GET    /guide/departments                                public
GET    /guide/items                                      public
GET    /guide/items/{code}                               public            hall:item
GET    /health                                           public
GET    /health/database                                  public
GET    /history/export                                   data.read
GET    /history/marks                                    ops.view
GET    /history/recorded                                 ops.view
GET    /history/trend                                    ops.view
GET    /kinds                                            public
GET    /kinds/asyncapi                                   public
GET    /kinds/document                                   public
GET    /kinds/schema                                     public
GET    /live/sse                                         public
GET    /pairings                                         pairings.manage
POST   /pairings                                         pairings.manage
POST   /pairings/claim                                   public
GET    /pairings/me                                      public
DELETE /pairings/{pairing_id}                            pairings.manage   own:pairing
GET    /profiles                                         public
GET    /qr.svg                                           public
GET    /queue/board                                      public
GET    /queue/summary                                    public
POST   /queue/tickets                                    public
DELETE /queue/tickets/mine                               public            own:ticket
GET    /queue/tickets/mine                               public            own:ticket
GET    /queue/windows                                    queue.call
GET    /queue/windows/{number}                           queue.call        hall:window
POST   /queue/windows/{number}/call-next                 queue.call        hall:window
POST   /queue/windows/{number}/close                     queue.call        hall:window
POST   /queue/windows/{number}/finish                    queue.call        hall:window
POST   /queue/windows/{number}/no-show                   queue.call        hall:window
POST   /queue/windows/{number}/open                      queue.call        hall:window
POST   /queue/windows/{number}/pause                     queue.call        hall:window
POST   /queue/windows/{number}/recall                    queue.call        hall:window
POST   /queue/windows/{number}/start                     queue.call        hall:window
POST   /queue/windows/{number}/transfer                  queue.call        hall:window
GET    /routes                                           public
POST   /routes                                           public
POST   /routes/isochrone                                 public
POST   /routes/locate                                    public
POST   /routes/matrix                                    public
POST   /routes/meet                                      public
POST   /routes/nearest                                   public
DELETE /session                                          signin.own
GET    /session                                          public
POST   /session                                          public
GET    /trips/mine                                       public            own:trip
PATCH  /trips/mine                                       public            own:trip
DELETE /trips/mine                                       public            own:trip
GET    /trips/mine/live                                  public            own:trip
POST   /trips                                            public
GET    /tokens                                           tokens.manage
POST   /tokens                                           tokens.manage
DELETE /tokens/{token_id}                                tokens.manage     own:token
GET    /twin                                             data.read
POST   /accounts/users/{person_id}/factors/reset        factors.reset     own:person
DELETE /accounts/users/{person_id}/sessions             sessions.manage   own:person
GET    /accounts/users/{person_id}/sessions             sessions.manage   own:person
GET    /factors                                         signin.own
POST   /factors/codes                                   signin.own
POST   /factors/passkey                                 signin.own
POST   /factors/passkey/question                        signin.own
POST   /factors/totp                                    signin.own
DELETE /factors/{factor_id}                             signin.own        mine:factor
POST   /factors/{factor_id}/confirm                     signin.own        mine:factor
GET    /privacy/inventory                               privacy.view
GET    /privacy/mine                                    privacy.own
GET    /privacy/mine/consents                           privacy.own
POST   /privacy/mine/consents                           privacy.own
POST   /privacy/mine/requests                           privacy.own
DELETE /privacy/mine/requests/{request_id}              privacy.own       mine:request
GET    /privacy/mine/requests/{request_id}/answer       privacy.own       mine:request
GET    /privacy/mine/requests/{request_id}/copy         privacy.own       mine:request
GET    /privacy/purposes                                public
GET    /privacy/requests                                privacy.decide
GET    /privacy/requests/{request_id}                   privacy.decide    own:request
POST   /privacy/requests/{request_id}/decision          privacy.decide    own:request
POST   /privacy/reveal                                  privacy.reveal
POST   /session/passkey                                 public
POST   /session/passkey/question                        public
POST   /session/show                                    signin.own
DELETE /sessions                                        session.own
GET    /sessions                                        session.own
DELETE /sessions/{session_id}                           session.own       mine:session
GET    /tokens/scopes                                   tokens.manage
GET    /accounts/enterprises/{enterprise_id}/agents                   session.own           own:enterprise
POST   /accounts/enterprises/{enterprise_id}/agents                   session.own           own:enterprise
DELETE /accounts/enterprises/{enterprise_id}/agents/{agent_id}        session.own           own:enterprise
POST   /accounts/import                                               accounts.manage
GET    /accounts/import/template                                      accounts.manage
GET    /accounts/me/enterprises                                       session.own
POST   /accounts/password                                             session.own
DELETE /accounts/posts/{post_id}                                      organisation.manage   own:post
PATCH  /accounts/posts/{post_id}                                      organisation.manage   own:post
POST   /accounts/posts/{post_id}/merge                                organisation.manage   own:post
GET    /accounts/registrations                                        registrations.verify
POST   /accounts/registrations                                        public
GET    /accounts/registrations/policy                                 public
PUT    /accounts/registrations/policy                                 registrations.review
POST   /accounts/registrations/{registration_id}/accept               registrations.verify  own:registration
POST   /accounts/registrations/{registration_id}/refuse               registrations.verify  own:registration
GET    /accounts/roles                                                roles.view
POST   /accounts/roles                                                roles.grant
DELETE /accounts/roles/{key}                                          roles.grant           own:role
PUT    /accounts/roles/{key}                                          roles.grant           own:role
GET    /accounts/units                                                organisation.view
POST   /accounts/units                                                organisation.manage
DELETE /accounts/units/{unit_id}                                      organisation.manage   own:unit
GET    /accounts/units/{unit_id}                                      organisation.view     own:unit
POST   /accounts/units/{unit_id}/managers                             organisation.delegate own:unit
DELETE /accounts/units/{unit_id}/managers/{person_id}                 organisation.delegate own:unit
POST   /accounts/units/{unit_id}/merge                                organisation.manage   own:unit
POST   /accounts/units/{unit_id}/move                                 organisation.manage   own:unit
PUT    /accounts/units/{unit_id}/name                                 organisation.manage   own:unit
POST   /accounts/units/{unit_id}/posts                                organisation.manage   own:unit
GET    /accounts/users/{person_id}                                    accounts.view         own:person
PATCH  /accounts/users/{person_id}                                    accounts.manage       own:person
POST   /accounts/users/{person_id}/posts                              accounts.manage       own:person
DELETE /accounts/users/{person_id}/posts/{post_id}                    accounts.manage       own:person
POST   /accounts/users/{person_id}/reset                              accounts.stop         own:person
PUT    /accounts/users/{person_id}/roles                              roles.grant           own:person
POST   /accounts/users/{person_id}/start                              accounts.stop         own:person
POST   /accounts/users/{person_id}/stop                               accounts.stop         own:person
GET    /session/card                                                  public
POST   /session/card                                                  public
POST   /session/card/finish                                           public
POST   /session/card/stop                                             public
POST   /session/kiosk                                                 public
POST   /session/kiosk/code                                            session.own
POST   /session/outside                                               public
POST   /session/outside/finish                                        public
DELETE /session/outside/link                                          session.own
GET    /session/outside/link                                          session.own
POST   /session/outside/link                                          session.own
GET    /session/qr                                                    public
POST   /session/qr                                                    public
POST   /session/qr/answer                                             session.own
POST   /session/qr/finish                                             public
POST   /session/qr/look                                               session.own
GET    /session/ways                                                  public
""")
