"""Health and metrics of the sender."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from fastapi import FastAPI, Response

from shared.errors import Unavailable
from shared.metrics import CONTENT_TYPE, render


def create_app(check_ready: Callable[[], Awaitable[None]]) -> FastAPI:
    """`/health/live` while the process runs, `/health/ready` while `check_ready` does not raise, `/metrics`."""
    app = FastAPI(title="Posta sender", docs_url=None, redoc_url=None, openapi_url=None)

    @app.get("/health/live")
    async def live() -> dict[str, str]:
        return {"estado": "vivo"}

    @app.get("/health/ready")
    async def ready(response: Response) -> dict[str, str]:
        try:
            await check_ready()
        except Unavailable as error:
            response.status_code = 503
            return {"estado": "no disponible", "detalle": str(error)}
        return {"estado": "listo"}

    @app.get("/metrics")
    async def metrics() -> Response:
        return Response(render(), media_type=CONTENT_TYPE)

    return app
