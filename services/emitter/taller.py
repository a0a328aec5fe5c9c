"""The workshop: what is done to a sale in a few threads beside the event loop, so that the loop never stands still."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar, assert_never

from services.emitter.advertencias import find_advertencias
from services.emitter.espera import Pedido
from services.emitter.lote_lineas import CLAVE
from services.emitter.referencias import find_referencias
from services.emitter.venta import Indicaciones, compute_huella, take_indicaciones
from shared.clock import chile
from shared.dte.caf import CafAbierto
from shared.dte.construccion import FindUf
from shared.dte.documento import complete_venta, sign_documento
from shared.dte.esquema import compile_esquemas
from shared.dte.json import read_json
from shared.dte.modelo import Venta, parse_venta
from shared.dte.tipos import Canal, TipoDte
from shared.messages import DteConXml, Proveedor, Referencia, dte_id

if TYPE_CHECKING:
    from services.emitter.firmantes import Empresa
    from shared.adapters.mongo.folio_records import Reserva

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Lista:
    """A complete sale, ready for a folio."""

    pedido: Pedido
    venta: Venta
    empresa: Empresa
    indicaciones: Indicaciones
    referencias: tuple[Referencia, ...] = ()
    """What it refers to."""
    espera_a: tuple[str, ...] = ()
    """Documents whose acceptance it has to wait for."""


@dataclass(frozen=True, slots=True)
class ConFolio:
    """A sale with its folio, ready to be signed."""

    lista: Lista
    folio: int
    reserva: Reserva


class Taller:
    """`hilos` threads. `close()` when done."""

    def __init__(self, hilos: int) -> None:
        self._hilos = hilos
        self._pool = ThreadPoolExecutor(hilos, thread_name_prefix="firma")

    async def warm(self) -> None:
        """Start the threads and compile their schemas before a sale would wait for it. Misconfigured if that fails."""
        for outcome in await self.run([compile_esquemas] * self._hilos):
            if outcome is not None:
                raise outcome

    async def run(self, works: Sequence[Callable[[], R]]) -> list[R | Exception]:
        """Each one's result, or what it raised. One errand for each thread, not for each sale: a hand-over costs."""
        loop = asyncio.get_running_loop()
        hilos = min(self._hilos, len(works))
        errands = [loop.run_in_executor(self._pool, _attempt_all, works[start::hilos]) for start in range(hilos)]
        outcomes: dict[int, R | Exception] = {}
        for start, done in enumerate(await asyncio.gather(*errands)):
            outcomes.update(zip(range(start, len(works), hilos), done, strict=True))
        return [outcomes[index] for index in range(len(works))]

    def close(self) -> None:
        self._pool.shutdown(wait=False)


def prepare(pedido: Pedido, empresa: Empresa | BaseException, ahora: datetime, find_uf: FindUf) -> Lista:
    """What the till sent, read, completed and checked. Runs in a thread."""
    datos = read_json(pedido.cuerpo)
    if pedido.de_lote and isinstance(datos, dict):
        datos.pop(CLAVE, None)  # says which sale it is, and is no part of it
    pedido.huella = compute_huella(datos, pedido.terminal.emisor)
    if isinstance(empresa, BaseException):
        raise empresa
    propia, indicaciones = take_indicaciones(datos, ahora)
    fecha, dada = chile(ahora).date(), parse_venta(propia)
    uf = find_uf(dada.Encabezado.IdDoc.FchEmis or fecha)
    venta = complete_venta(dada, empresa.datos, fecha=fecha, uf=uf)
    pedido.advertencias = find_advertencias(propia, venta, fecha, uf)
    return Lista(pedido, venta, empresa, indicaciones, find_referencias(venta, empresa.datos.rut))


def sign(sale: ConFolio, caf: CafAbierto | BaseException, ahora: datetime) -> DteConXml:
    """The record of the signed document. Runs in a thread."""
    if isinstance(caf, BaseException):
        raise caf
    lista = sale.lista
    firmado = sign_documento(lista.venta, folio=sale.folio, caf=caf, firmante=lista.empresa.firmante, ahora=ahora)
    terminal = lista.pedido.terminal
    return DteConXml(
        id=dte_id(firmado.emisor, firmado.tipo, firmado.folio),
        emisor=firmado.emisor,
        tipo=firmado.tipo,
        folio=firmado.folio,
        canal=_canal_for(firmado.tipo, lista.empresa.proveedor),
        prioridad=lista.indicaciones.prioridad,
        enviar_desde=lista.indicaciones.enviar_desde,
        espera_a=lista.espera_a,
        refiere_a=lista.referencias,
        terminal=terminal.id,
        tienda=terminal.tienda,
        caja=terminal.caja,
        clave=lista.pedido.clave,
        huella=lista.pedido.huella,
        receptor=firmado.receptor,
        fecha=firmado.fecha,
        monto=firmado.monto,
        moneda=firmado.moneda,
        sha256=firmado.sha256,
        ted=firmado.ted,
        creado=ahora,
        cambiado=ahora,
        xml=firmado.xml,
    )


def _canal_for(tipo: TipoDte, proveedor: Proveedor) -> Canal:
    """Which way a document goes, for good: a company that changes its provider does not move what it has signed."""
    match proveedor:
        case Proveedor.SII:
            return tipo.canal
        case Proveedor.DTEBOX:
            return Canal.DTEBOX
        case _ as never:
            assert_never(never)


def _attempt_all(works: Sequence[Callable[[], R]]) -> list[R | Exception]:
    outcomes: list[R | Exception] = []
    for work in works:
        try:
            outcomes.append(work())
        except Exception as error:  # noqa: BLE001  whatever is wrong with one sale must not touch its neighbours
            outcomes.append(error)
    return outcomes
