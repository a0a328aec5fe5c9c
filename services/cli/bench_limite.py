"""What the parts of one sale cost alone on this machine: the limit that the emitter is held against."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from services.cli.bench_firma import Trabajo, make_caso
from services.cli.bench_till import Till
from services.sandbox.authority import open_authority
from shared.adapters.keystore import open_certificado
from shared.adapters.mongo import Store
from shared.clock import now
from shared.dte.caf import parse_caf
from shared.dte.documento import DteFirmado
from shared.dte.firma import sign_texto
from shared.dte.ted import sign_ted, verify_ted
from shared.dte.tipos import Prioridad
from shared.messages import DteConXml, dte_id
from shared.settings import Settings

_VECES = 200
_CLAVE = "bench"


@dataclass(frozen=True, slots=True)
class Limite:
    """Milliseconds (medians) of each part of one sale, alone."""

    firma: float
    timbre: float
    insercion: float
    ida_y_vuelta: float

    @property
    def total(self) -> float:
        return self.firma + self.timbre + self.insercion + self.ida_y_vuelta


async def measure_limite(settings: Settings, till: Till) -> Limite:
    """One signature of a document, one of a stamp, one journalled majority insert, one round trip by HTTP."""
    with tempfile.TemporaryDirectory() as carpeta:
        p12, archivo = make_caso(open_authority(Path(carpeta) / "autoridad", now))
    caf, firmante = parse_caf(archivo), open_certificado(p12, _CLAVE)
    firmado = Trabajo(caf, firmante).sign(1)
    datos, _ = verify_ted(firmado.ted)
    cuerpo, identificador = _cut_cuerpo(firmado)
    return Limite(
        firma=_median(lambda: sign_texto(cuerpo, "</DTE>", identificador, firmante)),
        timbre=_median(lambda: sign_ted(datos, caf)),
        insercion=await _measure_insercion(settings, firmado),
        ida_y_vuelta=statistics.median([await till.ping() for _ in range(_VECES)]),
    )


def measure_firma(procesos: int, segundos: float) -> float:
    """Boletas a second, from JSON to signed bytes, with as many processes signing and nothing else going on."""
    with tempfile.TemporaryDirectory() as carpeta:
        p12, archivo = make_caso(open_authority(Path(carpeta) / "autoridad", now))
    with ProcessPoolExecutor(procesos, mp_context=get_context("spawn")) as pool:
        list(pool.map(_sign_for, [p12] * procesos, [archivo] * procesos, [0.5] * procesos))  # all are there and warm
        return sum(pool.map(_sign_for, [p12] * procesos, [archivo] * procesos, [segundos] * procesos))


def _sign_for(p12: bytes, archivo: bytes, segundos: float) -> float:
    work, hechos, began = Trabajo(parse_caf(archivo), open_certificado(p12, _CLAVE)), 0, time.perf_counter()
    while (spent := time.perf_counter() - began) < segundos:
        hechos += 1
        work.sign(hechos)
    return hechos / spent


def _cut_cuerpo(firmado: DteFirmado) -> tuple[str, str]:
    """What `sign_texto` was given for this document, and its ID."""
    texto = firmado.xml.decode("ISO-8859-1").partition("\n")[2]
    return texto.partition("\n<Signature")[0], f"T{firmado.tipo:d}F{firmado.folio}"


async def _measure_insercion(settings: Settings, firmado: DteFirmado) -> float:
    apart = settings.model_copy(update={"mongo_database": f"{settings.mongo_database}_limite"})
    store = Store(apart, now, "bench")
    times = []
    try:
        await store.prepare()
        for folio in range(1, _VECES + 1):
            record = _record(firmado, folio)
            began = time.perf_counter()
            await store.documents.insert([record])
            times.append((time.perf_counter() - began) * 1000)
    finally:
        await store.close()
    return statistics.median(times)


def _record(firmado: DteFirmado, folio: int) -> DteConXml:
    momento = now()
    return DteConXml(
        id=dte_id(firmado.emisor, firmado.tipo, folio),
        emisor=firmado.emisor,
        tipo=firmado.tipo,
        folio=folio,
        canal=firmado.tipo.canal,
        prioridad=Prioridad.NORMAL,
        terminal="bench",
        tienda="1",
        caja="1",
        clave=str(folio),
        huella="",
        receptor=firmado.receptor,
        fecha=firmado.fecha,
        monto=firmado.monto,
        sha256=firmado.sha256,
        ted=firmado.ted,
        creado=momento,
        cambiado=momento,
        xml=firmado.xml,
    )


def _median(work: Callable[[], object]) -> float:
    times = []
    for _ in range(_VECES):
        began = time.perf_counter()
        work()
        times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times)
