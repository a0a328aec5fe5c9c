"""MongoDB: the only home of motor. `Store` is one process's whole view of the database."""

from __future__ import annotations

import asyncio

from shared.adapters.mongo.alertas import Alertas
from shared.adapters.mongo.auditoria import Auditoria
from shared.adapters.mongo.busqueda import Busqueda
from shared.adapters.mongo.client import Mongo
from shared.adapters.mongo.companies import Companies
from shared.adapters.mongo.conteos import Conteos
from shared.adapters.mongo.correos import Correos
from shared.adapters.mongo.detenidos import Detenidos
from shared.adapters.mongo.documents import Documents
from shared.adapters.mongo.envios import Envios
from shared.adapters.mongo.esperas import Esperas
from shared.adapters.mongo.folios import Folios
from shared.adapters.mongo.instalacion import Instalacion
from shared.adapters.mongo.intercambios import Intercambios
from shared.adapters.mongo.inventario import Inventario
from shared.adapters.mongo.latidos import Heartbeat, Latidos
from shared.adapters.mongo.listado import Listado
from shared.adapters.mongo.moves import Moves
from shared.adapters.mongo.notas import Notas
from shared.adapters.mongo.operaciones import Operaciones
from shared.adapters.mongo.parados import Parados
from shared.adapters.mongo.pausas import Pausas
from shared.adapters.mongo.pegados import Pegados
from shared.adapters.mongo.plazos import AvisosPlazo
from shared.adapters.mongo.referencias import Referencias
from shared.adapters.mongo.relevos import Relevos
from shared.adapters.mongo.relleno import Relleno
from shared.adapters.mongo.respaldos import Respaldos
from shared.adapters.mongo.retenidos import Retenidos
from shared.adapters.mongo.rezagos import Rezagos
from shared.adapters.mongo.secretos import Secretos
from shared.adapters.mongo.sesiones import Sesiones
from shared.adapters.mongo.umbrales import UmbralesFijados
from shared.adapters.mongo.usados import Usados
from shared.adapters.mongo.usuarios import Usuarios
from shared.adapters.mongo.vistas import Vistas
from shared.clock import Clock
from shared.settings import Settings

__all__ = [
    "Alertas",
    "Auditoria",
    "AvisosPlazo",
    "Busqueda",
    "Companies",
    "Conteos",
    "Correos",
    "Detenidos",
    "Documents",
    "Envios",
    "Esperas",
    "Folios",
    "Heartbeat",
    "Intercambios",
    "Inventario",
    "Latidos",
    "Listado",
    "Moves",
    "Notas",
    "Operaciones",
    "Parados",
    "Pausas",
    "Pegados",
    "Referencias",
    "Relevos",
    "Respaldos",
    "Retenidos",
    "Rezagos",
    "Secretos",
    "Sesiones",
    "Store",
    "UmbralesFijados",
    "Usados",
    "Usuarios",
]


class Store:
    """Every collection over one connection. `process` names this process in ledgers and heartbeats."""

    def __init__(self, settings: Settings, clock: Clock, process: str) -> None:
        self._mongo = Mongo(settings)
        self.documents = Documents(self._mongo)
        self.moves = Moves(self._mongo, clock)
        self.retenidos = Retenidos(self._mongo, clock)
        self.detenidos = Detenidos(self._mongo, clock)
        self.pausas = Pausas(self._mongo)
        self.plazos = AvisosPlazo(self._mongo)
        self.rezagos = Rezagos(self._mongo, clock, process)
        self.referencias = Referencias(self._mongo)
        self.listado = Listado(self._mongo)
        self.busqueda = Busqueda(self._mongo)
        self.esperas = Esperas(self._mongo)
        self.respaldos = Respaldos(self._mongo)
        self.pegados = Pegados(self._mongo)
        self.folios = Folios(self._mongo, clock, process)
        self.usados = Usados(self._mongo)
        self.inventario = Inventario(self._mongo)
        self.envios = Envios(self._mongo, clock, process)
        self._instalacion = Instalacion(self._mongo, settings.ambiente)
        self.auditoria = Auditoria(self._mongo, clock)
        self.secretos = Secretos(self._mongo)
        self.companies = Companies(self._mongo)
        self.correos = Correos(self._mongo)
        self.intercambios = Intercambios(self._mongo, clock, process)
        self.latidos = Latidos(self._mongo)
        self.relevos = Relevos(self._mongo, process)
        self.alertas = Alertas(self._mongo, clock)
        self.parados = Parados(self._mongo)
        self.conteos = Conteos(self._mongo, process)
        self.relleno = Relleno(self._mongo)
        self.notas = Notas(self._mongo, clock)
        self.operaciones = Operaciones(self._mongo, clock, process)
        self.usuarios = Usuarios(self._mongo)
        self.sesiones = Sesiones(self._mongo)
        self.umbrales = UmbralesFijados(self._mongo)
        self.vistas = Vistas(self._mongo)

    async def check_ambiente(self) -> None:
        """Return if this database is of this process's environment; Misconfigured if it is of the other one."""
        await self._instalacion.claim()

    async def prepare(self) -> None:
        """Check the environment and create the indexes that are missing; harmless when several start at once."""
        await self.check_ambiente()
        for collection in (
            self.documents,
            self.folios,
            self.envios,
            self.companies,
            self.latidos,
            self.relevos,
            self.retenidos,
            self.detenidos,
            self.plazos,
            self.rezagos,
            self.referencias,
            self.listado,
            self.busqueda,
            self.esperas,
            self.operaciones,
            self.intercambios,
            self.alertas,
            self.conteos,
            self.usuarios,
            self.sesiones,
            self.vistas,
        ):
            await collection.create_indexes()

    async def ping(self) -> None:
        """Return when the primary answers; Unavailable if it does not within the bound."""
        await self._mongo.ping()

    async def close(self) -> None:
        """Disconnect, which says goodbye over the network, and waits: not in the event loop."""
        await asyncio.to_thread(self._mongo.close)
