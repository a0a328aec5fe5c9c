"""From a sale to a signed document, and back from a document's bytes to what identifies it.

complete_venta ─▶ (a folio is claimed) ─▶ sign_documento ─▶ DteFirmado ─▶ … ─▶ read_dte
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from lxml import etree

from shared.dte.caf import CafAbierto, check_caf_use
from shared.dte.codigos import Codigo
from shared.dte.emisor import check_emisor, complete_emisor
from shared.dte.escritura import write_nodo
from shared.dte.esquema import check_arbol, esquema_for
from shared.dte.firma import Firmante, sign_texto
from shared.dte.hora import chile, format_hora
from shared.dte.lineas import Linea, complete_linea
from shared.dte.modelo import DatosEmisor, Venta
from shared.dte.modelo.nodo import Nodo
from shared.dte.reglas import NUMERADAS, check_venta
from shared.dte.ted import DatosTed, cut_ted, sign_ted
from shared.dte.tipos import TipoDte
from shared.dte.totales import compute_totales
from shared.dte.xml import CODIFICACION, DECLARACION, LIMITE, NS, NS_XSI, find_texto, local_name, parse_xml
from shared.errors import Invalid

_APERTURA = f'<DTE xmlns="{NS}" xmlns:xsi="{NS_XSI}" version="1.0">'
"""Both declarations: the only form that verifies cut out of its envelope and inside of it."""


@dataclass(frozen=True, slots=True)
class DteLeido:
    """What identifies a document, and its stamp (`<TED>…</TED>` on one line)."""

    emisor: str
    tipo: TipoDte
    folio: int
    receptor: str
    fecha: date
    monto: int
    ted: str


@dataclass(frozen=True, slots=True)
class DteFirmado:
    """A document that can be uploaded: what identifies it, and its exact bytes (ISO-8859-1, with XML declaration)."""

    emisor: str
    tipo: TipoDte
    folio: int
    receptor: str
    fecha: date
    monto: int
    xml: bytes
    ted: str
    sha256: str


def complete_venta(venta: Venta, emisor: DatosEmisor, *, fecha: date) -> Venta:
    """The sale with everything but its folio: issuer, date (`fecha` if it has none), line numbers, amounts, totals.

    Invalid lists everything that the SII would reject, and every given value that the arithmetic denies, with its path.
    A complete sale stays as it is.
    """
    fallas = [*check_venta(venta), *check_emisor(venta, emisor)]
    if fallas:
        raise Invalid(*fallas)
    encabezado = venta.Encabezado
    completo = encabezado.model_copy(
        update={
            "IdDoc": encabezado.IdDoc.model_copy(update={"FchEmis": encabezado.IdDoc.FchEmis or fecha}),
            "Emisor": complete_emisor(venta, emisor),
            "Totales": compute_totales(venta),
        }
    )
    detalle: Sequence[Linea] = venta.Detalle
    lineas = tuple(complete_linea(linea, numero) for numero, linea in enumerate(detalle, 1))
    numeradas = {lista: _number(getattr(venta, lista, ()), campo) for lista, campo in NUMERADAS.items()}
    listas = {lista: elementos for lista, elementos in numeradas.items() if elementos}
    return venta.model_copy(update={"Encabezado": completo, **listas, "Detalle": lineas})


def sign_documento(venta: Venta, *, folio: int, caf: CafAbierto, firmante: Firmante, ahora: datetime) -> DteFirmado:
    """The complete sale as a stamped, signed and schema-checked document.

    `ahora` is an aware moment and is written as Chilean time. Invalid when the sale is not complete, the CAF does not
    authorise this folio, the certificate has expired, or the file is too large to send. Pure computation: any number
    of threads may sign at once.
    """
    datos = _datos_ted(venta, folio, ahora)
    check_caf_use(
        caf.caf, emisor=datos.emisor, tipo=datos.tipo, folio=folio, fecha=datos.fecha, hoy=chile(ahora).date()
    )
    firmante.check_vigente(ahora)
    ted = sign_ted(datos, caf)
    identificador = f"T{datos.tipo:d}F{folio}"
    cuerpo = _write_documento(venta, folio, identificador, ted, ahora)
    firmado = sign_texto(cuerpo, "</DTE>", identificador, firmante)
    check_arbol(firmado.raiz, esquema_for(datos.tipo))
    xml = (DECLARACION + firmado.texto).encode(CODIFICACION)
    if len(xml) > LIMITE:
        raise Codigo.XML_GRANDE.invalid(dado=len(xml), esperado=LIMITE)
    return DteFirmado(
        emisor=datos.emisor,
        tipo=datos.tipo,
        folio=folio,
        receptor=datos.receptor,
        fecha=datos.fecha,
        monto=datos.monto,
        xml=xml,
        ted=ted,
        sha256=hashlib.sha256(xml).hexdigest(),
    )


def read_dte(xml: bytes) -> DteLeido:
    """What identifies the document in these bytes (a file, or a fragment cut out of an envelope); Invalid on junk.

    Nothing is verified here: see `firma.verify_firma` and `ted.verify_ted`.
    """
    raiz = parse_xml(xml)
    documento = raiz[0] if local_name(raiz) == "DTE" and len(raiz) else None
    if documento is None:
        raise Codigo.DTE_ILEGIBLE.invalid(motivo="se espera <DTE><Documento>…")
    try:
        return DteLeido(
            emisor=_texto(documento, "Encabezado/Emisor/RUTEmisor"),
            tipo=TipoDte(int(_texto(documento, "Encabezado/IdDoc/TipoDTE"))),
            folio=int(_texto(documento, "Encabezado/IdDoc/Folio")),
            receptor=_texto(documento, "Encabezado/Receptor/RUTRecep"),
            fecha=date.fromisoformat(_texto(documento, "Encabezado/IdDoc/FchEmis")),
            monto=int(_texto(documento, "Encabezado/Totales/MntTotal")),
            ted=cut_ted(xml),
        )
    except ValueError as error:
        raise Codigo.DTE_ILEGIBLE.invalid(motivo=str(error)) from error


def _number(elementos: tuple[Nodo, ...], campo: str) -> tuple[Nodo, ...]:
    return tuple(elemento.model_copy(update={campo: numero}) for numero, elemento in enumerate(elementos, 1))


def _datos_ted(venta: Venta, folio: int, ahora: datetime) -> DatosTed:
    """What the stamp says, taken from the final text of the document so that both are equal."""
    encabezado = venta.Encabezado
    emisor = encabezado.Emisor.RUTEmisor if encabezado.Emisor is not None else None
    monto = encabezado.Totales.MntTotal if encabezado.Totales is not None else None
    if encabezado.IdDoc.FchEmis is None:
        raise Codigo.INCOMPLETO.invalid("Encabezado.IdDoc.FchEmis")
    if emisor is None:
        raise Codigo.INCOMPLETO.invalid("Encabezado.Emisor.RUTEmisor")
    if monto is None:
        raise Codigo.INCOMPLETO.invalid("Encabezado.Totales.MntTotal")
    return DatosTed(
        emisor=emisor,
        tipo=encabezado.IdDoc.TipoDTE,
        folio=folio,
        fecha=encabezado.IdDoc.FchEmis,
        receptor=encabezado.Receptor.RUTRecep,
        nombre=encabezado.Receptor.RznSocRecep or "Consumidor final",
        monto=monto,
        item=venta.Detalle[0].NmbItem,
        momento=format_hora(ahora),
    )


def _write_documento(venta: Venta, folio: int, identificador: str, ted: str, ahora: datetime) -> str:
    """`<DTE …>` up to and including `</Documento>`, one element a line."""
    id_doc = venta.Encabezado.IdDoc.model_copy(update={"Folio": folio})
    con_folio = venta.model_copy(update={"Encabezado": venta.Encabezado.model_copy(update={"IdDoc": id_doc})})
    _, *cuerpo, cierre = write_nodo("Documento", con_folio)
    apertura = (_APERTURA, f'<Documento ID="{identificador}">')
    return "\n".join((*apertura, *cuerpo, ted, f"<TmstFirma>{format_hora(ahora)}</TmstFirma>", cierre))


def _texto(documento: etree._Element, camino: str) -> str:
    texto = find_texto(documento, camino)
    if not texto:
        raise Codigo.DTE_ILEGIBLE.invalid(camino.replace("/", "."), motivo=f"falta {camino}")
    return texto
