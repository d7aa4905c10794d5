"""Names of protocols in, their routes out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from starlette.routing import BaseRoute

from s2m.errors import ConfigError
from s2m.web.api.service import ApiService
from s2m.web.protocols.xanylabeling import xanylabeling_routes

PROTOCOLS: Mapping[str, Callable[[ApiService], Sequence[BaseRoute]]] = MappingProxyType(
    {"xanylabeling": xanylabeling_routes}
)


def protocol_routes(names: str, service: ApiService) -> list[BaseRoute]:
    """The routes of protocols whose names are separated by commas.

    Raises:
        ConfigError: an unknown name.
    """
    wanted = dict.fromkeys(name.strip() for name in names.split(",") if name.strip())
    unknown = [name for name in wanted if name not in PROTOCOLS]
    if unknown:
        raise ConfigError(f"there is no protocol {unknown[0]!r}; there are {', '.join(PROTOCOLS)}")
    return [route for name in wanted for route in PROTOCOLS[name](service)]
