"""The shape of the SII's REST services for boletas: JSON when it goes well, plain text when not (API SII V1)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from services.sandbox.modelo import Contador, DocumentoRevisado, Envio, EstadoEnvio, Objecion, Veredicto
from shared.clock import chile

NO_AUTENTICADO = "NO ESTA AUTENTICADO"


def build_recepcion_json(envio: Envio) -> dict[str, Any]:
    """The answer to an upload that was taken."""
    return {**_build_cabeza(envio), "estado": EstadoEnvio.REC, "file": envio.archivo}


def build_estado_json(
    envio: Envio,
    estado: EstadoEnvio,
    contadores: Sequence[Contador],
    objetados: Sequence[tuple[DocumentoRevisado, Veredicto]],
) -> dict[str, Any]:
    """The state of an envelope; counters and reasons are null until it is processed."""
    procesado = estado is EstadoEnvio.EPR
    return {
        **_build_cabeza(envio),
        "estado": estado,
        "estadistica": [_build_contador(contador) for contador in contadores] if procesado else None,
        "detalle_rep_rech": [_build_detalle(*objetado) for objetado in objetados] if procesado else None,
    }


def _build_cabeza(envio: Envio) -> dict[str, Any]:
    return {
        "rut_emisor": envio.emisor,
        "rut_envia": envio.envia,
        "trackid": int(envio.trackid),
        "fecha_recepcion": f"{chile(envio.recibido):%Y-%m-%d %H:%M:%S}",
    }


def _build_contador(contador: Contador) -> dict[str, int]:
    return {
        "tipo": contador.tipo,
        "informados": contador.informados,
        "aceptados": contador.aceptados,
        "rechazados": contador.rechazados,
        "reparos": contador.reparos,
    }


def _build_detalle(documento: DocumentoRevisado, veredicto: Veredicto) -> dict[str, Any]:
    return {
        "tipo": documento.tipo,
        "folio": documento.folio,
        "estado": veredicto,
        "descripcion": "DTE Rechazado" if veredicto is Veredicto.RECHAZADO else "DTE Aceptado con Reparos",
        "error": [_build_error(linea, objecion) for linea, objecion in enumerate(documento.objeciones, 1)],
    }


def _build_error(linea: int, objecion: Objecion) -> dict[str, Any]:
    return {
        "seccion": objecion.seccion,
        "linea": linea,
        "nivel": objecion.nivel,
        "codigo": objecion.codigo,
        "descripcion": objecion.glosa,
        "detalle": objecion.detalle,
    }
