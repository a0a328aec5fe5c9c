"""The file with which a company is registered: its data and the SII's permissions, in JSON."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from pydantic import Field

from shared.dte.json import MalformedJson, read_json
from shared.dte.modelo.empresa import DatosEmisor
from shared.dte.modelo.lectura import read_modelo
from shared.dte.modelo.nodo import Nodo
from shared.dte.tipos import CANALES_SII, Canal
from shared.errors import Invalid
from shared.messages import Proveedor, Resolucion


class FichaResolucion(Nodo):
    """El permiso del SII para un canal."""

    fecha: date = Field(description="Fecha de la resolución del SII")
    numero: int = Field(ge=0, le=999_999, description="Su número; 0 en certificación")


class FichaResoluciones(Nodo):
    """Los permisos del SII: al menos uno."""

    boleta: FichaResolucion | None = Field(None, description="La que permite emitir boletas")
    factura: FichaResolucion | None = Field(None, description="La que permite emitir facturas y notas")


class FichaEmpresa(DatosEmisor):
    """Una empresa: sus datos, y lo que el SII y esta instalación le permiten."""

    resoluciones: FichaResoluciones
    proveedor: Proveedor = Field(Proveedor.SII, description="Quién entrega sus documentos: «sii» o «dtebox»")
    limite_por_minuto: int | None = Field(
        None, ge=1, le=1_000_000, description="Documentos que todas sus cajas emiten por minuto, a lo más"
    )


@dataclass(frozen=True, slots=True)
class Alta:
    """A company as its file gives it: its data, the resolution of each channel that it uses, and its limits."""

    datos: DatosEmisor
    resoluciones: dict[Canal, Resolucion]
    proveedor: Proveedor = Proveedor.SII
    limite_por_minuto: int | None = None


def parse_alta(archivo: bytes) -> Alta:
    """The company in a file. Invalid names each field that is wrong."""
    try:
        datos = read_json(archivo)
    except MalformedJson as error:
        motivo = error.fallas[0].mensaje.replace("el cuerpo", "el archivo de la empresa")
        raise Invalid.one("", "POSTA-ADM-07", motivo) from error
    return read_alta(datos)


def read_alta(datos: object) -> Alta:
    """The same from a JSON value, or from a `FichaEmpresa`."""
    leido = datos if isinstance(datos, FichaEmpresa) else read_modelo(FichaEmpresa, datos)
    given = {canal: getattr(leido.resoluciones, canal) for canal in CANALES_SII}
    resoluciones: dict[Canal, Resolucion] = {
        canal: Resolucion(fecha=resolucion.fecha, numero=resolucion.numero)
        for canal, resolucion in given.items()
        if resolucion is not None
    }
    own = set(FichaEmpresa.model_fields) - set(DatosEmisor.model_fields)
    empresa = DatosEmisor.model_validate(leido.model_dump(exclude=own))
    return Alta(empresa, resoluciones, leido.proveedor, leido.limite_por_minuto)
