"""Reports on the SII's books for tests and demos: what it received, what it holds, and that it holds nothing twice."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any

from services.sandbox.store import Store, format_trackid, load_objeciones
from shared.dte.tipos import Canal

ESTADOS = ("aceptado", "reparo", "rechazado", "en_proceso")
"""What a document can be; each uploaded instance is exactly one of them."""

# The words of Posta's own states, so that its books and the SII's can be laid side by side.
_VISTA = """
SELECT d.emisor, d.tipo, d.folio, d.monto, d.sha256, d.repetido, d.objeciones, e.id envio, e.canal,
       e.sha256 sobre,
       CASE WHEN e.listo > ? THEN 'en_proceso'
            WHEN d.veredicto = 'DOK' THEN 'aceptado'
            WHEN d.veredicto IN ('RPR', 'RLV') THEN 'reparo'
            ELSE 'rechazado' END estado
FROM documentos d JOIN envios e ON e.id = d.envio
"""

_SUMAS = (
    "SELECT tipo, estado, COUNT(*) documentos, SUM(repetido) repetidos, SUM(monto) monto"  # noqa: S608 - no outside text
    f" FROM ({_VISTA}) GROUP BY tipo, estado"
)


def build_resumen(store: Store, ahora: datetime) -> dict[str, Any]:
    """The sums of everything that was uploaded. `monto_aceptado` counts what is valid: accepted, objections included.

    `repetidos`: documents that came again in another upload after the SII had received them.
    `bytes_repetidos`: uploads of identical bytes, answered with STATUS 99.
    """
    filas = store.query(
        _SUMAS,
        ahora.timestamp(),
    )
    envios = store.query("SELECT COUNT(*) envios, COALESCE(SUM(veces - 1), 0) bytes_repetidos FROM envios")[0]
    tipos = sorted({fila["tipo"] for fila in filas})
    return {
        **envios,
        **_sum(filas),
        "por_tipo": {str(tipo): _sum([fila for fila in filas if fila["tipo"] == tipo]) for tipo in tipos},
    }


def _sum(filas: list[dict[str, Any]]) -> dict[str, int]:
    documentos: Counter[str] = Counter()
    for fila in filas:
        documentos[fila["estado"]] += fila["documentos"]
    return {
        "documentos": documentos.total(),
        "aceptados": documentos["aceptado"],
        "reparos": documentos["reparo"],
        "rechazados": documentos["rechazado"],
        "en_proceso": documentos["en_proceso"],
        "repetidos": sum(fila["repetidos"] for fila in filas),
        "monto_aceptado": sum(fila["monto"] for fila in filas if fila["estado"] in ("aceptado", "reparo")),
    }


def list_documentos(store: Store, ahora: datetime, filtros: dict[str, object]) -> list[dict[str, Any]]:
    """Every uploaded instance that passes the filters (`estado`, `emisor`, `tipo`, `folio`), in order of arrival.

    `sha256` is of the document as a file of its own: the XML declaration and the literal `<DTE>` of the envelope.
    `sobre` is that of the uploaded file.
    """
    activos = {campo: valor for campo, valor in filtros.items() if valor is not None}
    condicion = " AND ".join(f"{campo} = ?" for campo in activos) or "TRUE"
    filas = store.query(
        f"SELECT * FROM ({_VISTA} ORDER BY d.id) WHERE {condicion}",  # noqa: S608 - the names are ours
        *(ahora.timestamp(), *activos.values()),
    )
    return [_to_documento(fila) for fila in filas]


def _to_documento(fila: dict[str, Any]) -> dict[str, Any]:
    visible = {campo: fila[campo] for campo in ("emisor", "tipo", "folio", "monto", "sha256", "sobre", "estado")}
    trackid = format_trackid(Canal(fila["canal"]), fila["envio"])
    objeciones = [str(objecion) for objecion in load_objeciones(fila["objeciones"])]
    return {**visible, "trackid": trackid, "repetido": bool(fila["repetido"]), "objeciones": objeciones}
