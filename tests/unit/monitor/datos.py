"""Readings and documents for the tests of the view models."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from services.monitor.documento import Documento
from services.monitor.panel import LecturaBase
from shared.adapters.mongo.conteo_lectura import Conteo
from shared.adapters.mongo.esperas import Espera
from shared.adapters.mongo.folio_records import LibroFolios
from shared.dte.estado import Estado
from shared.dte.tipos import Canal, Prioridad, TipoDte
from shared.messages import Dte, ErrorEnvio, Hito, Latido

AHORA = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
CLAVE = ("76192083-9", 39)
ERROR = ErrorEnvio(causa="esquema", codigo="ENV-3-0", glosa="Falta GiroRecep", remedio="Corrija y emita de nuevo.")


def a_dte(estado: Estado = Estado.GENERADO, **fields: object) -> Dte:
    record = {
        "id": "76192083-9-39-1201",
        "emisor": "76192083-9",
        "tipo": TipoDte.BOLETA,
        "folio": 1201,
        "canal": Canal.BOLETA,
        "prioridad": Prioridad.NORMAL,
        "terminal": "t1",
        "tienda": "Providencia",
        "caja": "2",
        "clave": "venta-1",
        "huella": "0" * 64,
        "receptor": "66666666-6",
        "fecha": date(2026, 11, 24),
        "monto": 12_990,
        "sha256": "ab" * 32,
        "ted": "<TED/>",
        "creado": AHORA,
        "cambiado": AHORA,
        "estado": estado,
        "historia": (Hito(estado=Estado.GENERADO, momento=AHORA),),
    }
    return Dte.model_validate({**record, **fields})


def a_latido(id_: str, hace: float = 0, **fields: object) -> Latido:
    record = {"id": id_, "servicio": id_.partition("@")[0], "momento": AHORA - timedelta(seconds=hace)}
    return Latido.model_validate({**record, **fields})


def a_reading(
    *,
    antes: int = 0,
    usados: int = 0,
    reservados: int = 0,
    latidos: tuple[Latido, ...] = (),
    ultimos: tuple[Documento, ...] = (),
    espera: Espera | None = None,
    **estados: int,
) -> LecturaBase:
    """What MongoDB said; `antes` are the folios used when all documents were counted."""
    counted = {estado: estados.get(estado.value, 0) for estado in Estado}
    return LecturaBase(
        momento=AHORA,
        conteo=Conteo(AHORA, counted, counted, por_folio={CLAVE: sum(counted.values())}),
        folios_antes=a_libro(antes),
        folios=a_libro(usados, reservados),
        salida=0,
        espera=espera or Espera(),
        latidos=latidos,
        ultimos=ultimos,
    )


def a_libro(usados: int, reservados: int = 0) -> LibroFolios:
    return LibroFolios(AHORA, {CLAVE: usados}, {CLAVE: reservados})
