"""The API without a page and without a project: programs send images."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Sequence

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import BaseRoute, Mount

from s2m.web.api.routes import create_api
from s2m.web.api.service import ApiService
from s2m.web.security import Access, Gate


def create_headless(service: ApiService, protocols: Sequence[BaseRoute], access: Access) -> Starlette:
    """The application of ``s2m serve``.

    Args:
        service: answers.
        protocols: routes of other programs' protocols.
        access: who may talk to it.
    """

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        service.start()
        yield
        await service.close()

    return Starlette(
        routes=[Mount("/api/v1", create_api(service)), *protocols],
        middleware=[Middleware(Gate, access=access)],
        lifespan=lifespan,
    )
