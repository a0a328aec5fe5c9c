"""Everything of the administration that is served: pages for people, and the same as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter

from services.monitor.administracion.api import create_empresas_api
from services.monitor.administracion.paginas_caf import create_caf_pages
from services.monitor.administracion.paginas_empresa import create_empresa_pages
from services.monitor.administracion.paginas_empresas import create_empresas_pages

if TYPE_CHECKING:
    from services.monitor.administracion.mesa import Mesa
    from services.monitor.administracion.vista import Vista
    from services.monitor.paginas import Paginas


def create_administracion_router(mesa: Mesa, vista: Vista, paginas: Paginas) -> APIRouter:
    """All of it; who may do what, each route says."""
    router = APIRouter()
    router.include_router(create_empresas_pages(mesa, vista, paginas))  # «nueva» comes before any RUT
    router.include_router(create_empresa_pages(mesa, vista, paginas))
    router.include_router(create_caf_pages(mesa, vista, paginas))
    router.include_router(create_empresas_api(mesa, vista))
    return router
