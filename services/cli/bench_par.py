"""The same five-line boletas by the PyPI package `facturacion_electronica`, for `posta bench firma`.

Run by the interpreter of an environment of its own: nothing of Posta is there to import. Reads one JSON object, writes
one: documents a second of processor time. `llave_en_memoria` is the package with its private key read once instead of
four times a document, which is most of what it does.
"""

from __future__ import annotations

import json
import sys
import time
import warnings
from typing import Any

from facturacion_electronica import dte, facturacion_electronica
from facturacion_electronica.firma import Firma


class _SinImagen:
    """Stands for a drawn stamp where none is wanted."""

    def save(self, *_: object) -> None:
        """Nothing."""


def rate(pedido: dict[str, Any], documentos: int) -> float:
    """Documents a second; fails when the package makes none."""
    facturacion_electronica.timbrar(_with_documents(pedido, 1))
    inicio = time.process_time()
    respuesta = facturacion_electronica.timbrar(_with_documents(pedido, documentos))
    segundos = time.process_time() - inicio
    if not all(hecho.get("sii_xml_dte") for hecho in respuesta):
        raise SystemExit(str(respuesta[0].get("error")))
    return documentos / segundos


def _with_documents(pedido: dict[str, Any], documentos: int) -> dict[str, Any]:
    uno = pedido["documento"]
    encabezado = uno["Encabezado"]
    copias = [
        {
            **uno,
            "NroDTE": folio,
            "Encabezado": {**encabezado, "IdDoc": {**encabezado["IdDoc"], "Folio": folio}},
            "Detalle": [dict(linea) for linea in uno["Detalle"]],
        }
        for folio in range(1, documentos + 1)
    ]
    lote = {"TipoDTE": 39, "caf_file": [pedido["caf"]], "documentos": copias}
    return {"Emisor": dict(pedido["emisor"]), "firma_electronica": dict(pedido["firma"]), "Documento": [lote]}


def _remember_key() -> None:
    leidas: dict[str, Any] = {}
    leer = Firma.key.fget

    def key(firma: Any) -> Any:
        if firma.privkey not in leidas:
            leidas[firma.privkey] = leer(firma)
        return leidas[firma.privkey]

    Firma.key = property(key)


def main() -> None:
    """Measure what standard input asks for."""
    warnings.simplefilter("ignore")
    pedido, dibujar = json.load(sys.stdin), dte.DTE.pdf417bc
    cifras = {"timbre": rate(pedido, 10)}
    dte.DTE.pdf417bc = lambda *_: _SinImagen()
    cifras["publicado"] = rate(pedido, 15)
    _remember_key()
    cifras["llave_en_memoria"] = rate(pedido, 100)
    dte.DTE.pdf417bc = dibujar
    json.dump(cifras, sys.stdout)


if __name__ == "__main__":
    main()
