"""Signed documents with their envelopes and answers, for tests of what is shown of them."""

from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path

from shared.adapters.mongo import Store
from shared.dte.causa import Causa
from shared.dte.estado import Estado
from shared.dte.tipos import Canal, TipoDte
from shared.messages import EmisorGuardado, ErrorEnvio, EstadoEnvio, Referencia, Resolucion, Respuesta, dte_id
from tests.dte_data import EMISOR, EMISOR_RUT
from tests.records import make_record

_GOLDEN = Path(__file__).resolve().parents[2] / "data" / "golden"
SOBRE = "F60T900001"
CONTENIDO = '<?xml version="1.0" encoding="ISO-8859-1"?>\n<EnvioDTE><SetDTE>Ñ</SetDTE></EnvioDTE>'.encode("iso-8859-1")
DICHO = "<RECEPCIONDTE><STATUS>0</STATUS><TRACKID>4512300</TRACKID></RECEPCIONDTE><script>alert(1)</script>"


async def store_signed(
    store: Store, tipo: TipoDte, folio: int, golden: str, refiere_a: tuple[Referencia, ...] = ()
) -> str:
    """A document with real signed bytes; gives its id."""
    xml = (_GOLDEN / f"{golden}.xml").read_bytes()
    ted = re.search(rb"<TED .*</TED>", xml, re.DOTALL)
    assert ted
    id_ = dte_id(EMISOR_RUT, tipo, folio)
    stamp = re.sub(rb">\s+<", b"><", ted[0]).decode("iso-8859-1")
    record = make_record(folio, tipo=tipo, id=id_, xml=xml, ted=stamp, clave=f"venta-{id_}", refiere_a=refiere_a)
    assert await store.documents.insert([record]) == {}
    resolucion = Resolucion(fecha=date(2014, 8, 22), numero=80)
    await store.companies.save_emisor(
        EmisorGuardado(
            rut=EMISOR_RUT, datos=EMISOR.model_dump(mode="json"), resoluciones=dict.fromkeys(Canal, resolucion)
        )
    )
    return id_


async def send_and_park(store: Store, id_: str) -> None:
    """One envelope on record, an answer of the SII with markup in it, and the document parked."""
    await store.envios.add_intent(
        id_=SOBRE,
        emisor=EMISOR_RUT,
        canal=Canal.FACTURA,
        documentos=[id_],
        archivo="sobre.xml",
        contenido=CONTENIDO,
        sha256="0" * 64,
        trabajador="w",
    )
    (dte,) = await store.moves.claim([id_], SOBRE)
    dicho = Respuesta(momento=dte.cambiado + timedelta(seconds=2), operacion="subida", http=200, cuerpo=DICHO)
    await store.envios.record(SOBRE, EstadoEnvio.NO_RECIBIDO, dicho, desde=[EstadoEnvio.SUBIENDO])
    causa = Causa.SIN_PERMISO
    error = ErrorEnvio(causa=causa, codigo="ENV-3-6", glosa="Sin permiso", remedio=causa.remedio)
    await store.moves.mark_pendiente(
        SOBRE, [id_], desde=Estado.ENVIANDO, proximo_intento=None, error=error, intento=True
    )
