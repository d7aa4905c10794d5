"""Names of protocols in, their routes out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from starlette.routing import BaseRoute

from s2m.errors import ConfigError
from s2m.web.api.service import ApiService
from s2m.web.protocols.label_studio import label_studio_routes
from s2m.web.protocols.label_studio_files import LabelStudioFiles
from s2m.web.protocols.nninteractive import nninteractive_routes
from s2m.web.protocols.xanylabeling import xanylabeling_routes

PROTOCOLS = ("xanylabeling", "label-studio", "nninteractive")


def protocol_routes(names: str, service: ApiService, label_studio: LabelStudioFiles | None = None) -> list[BaseRoute]:
    """The routes of protocols whose names are separated by commas.

    Args:
        names: of ``PROTOCOLS``.
        service: answers.
        label_studio: where images of its tasks are fetched, if anywhere.

    Raises:
        ConfigError: an unknown name, or an extra is missing.
    """
    makers: dict[str, Callable[[ApiService], Sequence[BaseRoute]]] = {
        "xanylabeling": xanylabeling_routes,
        "label-studio": partial(label_studio_routes, files=label_studio),
        "nninteractive": nninteractive_routes,
    }
    wanted = dict.fromkeys(name.strip() for name in names.split(",") if name.strip())
    unknown = [name for name in wanted if name not in makers]
    if unknown:
        raise ConfigError(f"there is no protocol {unknown[0]!r}; there are {', '.join(PROTOCOLS)}")
    return [route for name in wanted for route in makers[name](service)]
