"""How to get there: walkable geometry, routes and directions. Pure: live facts come in as arguments."""

from wayfinding.errors import InvalidProfile, NoRoute, Reason, WayfindingError
from wayfinding.network import Network, compile_network
from wayfinding.profile import Profile, load_profiles
from wayfinding.route import Avoided, Route, Step, to_json
from wayfinding.router import Endpoint, Router

__all__ = [
    "Avoided",
    "Endpoint",
    "InvalidProfile",
    "Network",
    "NoRoute",
    "Profile",
    "Reason",
    "Route",
    "Router",
    "Step",
    "WayfindingError",
    "compile_network",
    "load_profiles",
    "to_json",
]
