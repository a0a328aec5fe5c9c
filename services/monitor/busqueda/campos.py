"""The fields of a search, by all the names that people give them."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Campo(StrEnum):
    """What can be asked for by name."""

    FOLIO = "folio"
    RUT = "rut"
    """Whom the document was issued to."""
    TIPO = "tipo"
    ESTADO = "estado"
    TIENDA = "tienda"
    CAJA = "caja"
    CAUSA = "causa"
    EMISOR = "emisor"
    FECHA = "fecha"
    DESDE = "desde"
    HASTA = "hasta"
    ESPERA = "espera"
    PLAZO = "plazo"
    TRACK = "track"
    CLAVE = "clave"
    SOBRE = "sobre"
    ID = "id"
    REFERENCIA = "referencia"
    """What it refers to."""


ALIAS: Mapping[str, Campo] = {
    **{campo.value: campo for campo in Campo},
    **dict.fromkeys(("folios", "numero", "n"), Campo.FOLIO),
    **dict.fromkeys(("receptor", "cliente", "comprador", "ruts"), Campo.RUT),
    **dict.fromkeys(("tipos", "documento", "dte"), Campo.TIPO),
    **dict.fromkeys(("estados",), Campo.ESTADO),
    **dict.fromkeys(("tiendas", "sucursal", "local"), Campo.TIENDA),
    **dict.fromkeys(("cajas",), Campo.CAJA),
    **dict.fromkeys(("causas", "error"), Campo.CAUSA),
    **dict.fromkeys(("empresa", "emisores"), Campo.EMISOR),
    **dict.fromkeys(("dia", "el"), Campo.FECHA),
    **dict.fromkeys(("trackid", "track id"), Campo.TRACK),
    **dict.fromkeys(("envio", "sobres"), Campo.SOBRE),
    "identidad": Campo.ID,
    **dict.fromkeys(("ref", "referencias", "refiere"), Campo.REFERENCIA),
}
"""By folded name."""

EJEMPLOS: Mapping[Campo, tuple[str, str]] = {
    Campo.FOLIO: ("folio:1201-1300", "Un folio, varios separados por comas, o un tramo"),
    Campo.RUT: ("rut:76.192.083-9", "RUT del receptor"),
    Campo.TIPO: ("tipo:boleta", "Número o nombre: 39, factura, nc"),
    Campo.ESTADO: ("estado:rechazado", "Uno o varios separados por comas"),
    Campo.TIENDA: ('tienda:"Casa matriz"', "Con comillas si tiene espacios"),
    Campo.CAJA: ("caja:2", "Junto con su tienda"),
    Campo.CAUSA: ("causa:sin_permiso", "Por qué no avanza o fue rechazado"),
    Campo.EMISOR: ("emisor:76192083-9", "RUT de la empresa que emitió"),
    Campo.FECHA: ("fecha:hoy", "El día en que se emitió: hoy, ayer, 24-11, 1-11..15-11"),
    Campo.DESDE: ("desde:2h", "Desde un día, una hora (24-11T14:30) o hace cuánto (30m, 2h, 7d)"),
    Campo.HASTA: ("hasta:24-11T18:00", "Hasta un día, incluido, o una hora"),
    Campo.ESPERA: ("espera:persona", "Apartados, que sólo una persona hace avanzar"),
    Campo.PLAZO: ("plazo:por_vencer", "Sin entregar y con el plazo legal por vencer, o plazo:vencido"),
    Campo.TRACK: ("track:4512300", "Track ID del SII"),
    Campo.CLAVE: ("clave:venta-7781", "La clave con que la caja pidió la venta"),
    Campo.SOBRE: ("sobre:F60T000001", "El sobre en que viajó"),
    Campo.ID: ("id:76192083-9-39-1201", "emisor-tipo-folio"),
    Campo.REFERENCIA: ("referencia:76192083-9-33-7", "Los que se refieren a ese documento, como las notas"),
}
"""One thing to type for each field, and what it asks for."""
