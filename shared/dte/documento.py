"""From a sale to a signed document, and back from a document's bytes to what identifies it.

complete_venta ─▶ (a folio is claimed) ─▶ sign_documento ─▶ DteFirmado ─▶ … ─▶ read_dte
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

from lxml import etree

from shared.dte.caf import CafAbierto, check_caf_use
from shared.dte.codigos import Codigo
from shared.dte.emisor import check_emisor, complete_emisor
from shared.dte.escritura import write_nodo
from shared.dte.esquema import esquema_for
from shared.dte.firma import Firmante, sign_texto
from shared.dte.grupos import EXENTO
from shared.dte.hora import chile, format_hora
from shared.dte.lineas import Linea, complete_linea
from shared.dte.modelo import Boleta, DatosEmisor, Exportacion, Venta
from shared.dte.modelo.nodo import Nodo
from shared.dte.moneda import to_pesos
from shared.dte.reglas import NUMERADAS, check_venta
from shared.dte.ted import DatosTed, cut_ted, sign_ted
from shared.dte.tipos import TipoDte
from shared.dte.totales import Cuenta, compute_cuenta
from shared.dte.totales.comisiones import Comision, complete_comision
from shared.dte.totales.exportacion import compute_otra_moneda
from shared.dte.xml import CODIFICACION, DECLARACION, LIMITE, NS, NS_XSI, find_texto, local_name, parse_xml
from shared.errors import Invalid

_APERTURA = f'<DTE xmlns="{NS}" xmlns:xsi="{NS_XSI}" version="1.0">'
"""Both declarations: the only form that verifies cut out of its envelope and inside of it."""


@dataclass(frozen=True, slots=True)
class DteLeido:
    """What identifies a document, and its stamp (`<TED>…</TED>` on one line).

    `monto` is in pesos; an export's is in its own currency, rounded to whole units.
    """

    emisor: str
    tipo: TipoDte
    folio: int
    receptor: str
    fecha: date
    monto: int
    ted: str


@dataclass(frozen=True, slots=True)
class DteFirmado:
    """A document that can be uploaded: what identifies it, and its exact bytes (ISO-8859-1, with XML declaration).

    `monto` is in pesos; an export's is in its own currency, rounded to whole units.
    """

    emisor: str
    tipo: TipoDte
    folio: int
    receptor: str
    fecha: date
    monto: int
    xml: bytes
    ted: str
    sha256: str
    moneda: str | None = None
    """Of an export, by the SII's name for it; pesos otherwise."""


def complete_venta(venta: Venta, emisor: DatosEmisor, *, fecha: date, uf: Decimal | None = None) -> Venta:
    """The sale with everything but its folio: issuer, date (`fecha` if it has none), line numbers, amounts, totals.

    `uf`: pesos of the unidad de fomento on that date, without which large boletas are not checked (`advertencias` then
    warns). Invalid lists everything that the SII would reject, and every given value that the arithmetic denies, with
    its path. A complete sale stays as it is.
    """
    presentada = _present(venta, emisor, fecha)
    cuenta = compute_cuenta(presentada)
    fallas = [*check_venta(presentada, cuenta, uf=uf), *check_emisor(venta, emisor)]
    if fallas:
        raise Invalid(*fallas)
    return presentada.model_copy(
        update={
            "Encabezado": _sum_up(presentada, cuenta),
            "Detalle": _complete_detalle(venta.Detalle, cuenta),
            **_complete_listas(presentada),
        }
    )


def _present(venta: Venta, emisor: DatosEmisor, fecha: date) -> Venta:
    """The sale with its issuer and its date: rules look at both."""
    encabezado = venta.Encabezado
    id_doc = encabezado.IdDoc.model_copy(update={"FchEmis": encabezado.IdDoc.FchEmis or fecha})
    completo = encabezado.model_copy(update={"IdDoc": id_doc, "Emisor": complete_emisor(venta, emisor)})
    return venta.model_copy(update={"Encabezado": completo})


def _sum_up(venta: Venta, cuenta: Cuenta) -> Nodo:
    """The header with its totals, in pesos too where an export states its exchange rate."""
    sumas: dict[str, Nodo | None] = {"Totales": cuenta.totales}
    if isinstance(venta, Exportacion):
        sumas["OtraMoneda"] = compute_otra_moneda(venta, cuenta.grupos)
    return venta.Encabezado.model_copy(update=sumas)


def _complete_detalle(lineas: Sequence[Linea], cuenta: Cuenta) -> tuple[Linea, ...]:
    numeradas = enumerate(zip(lineas, cuenta.lineas, strict=True), 1)
    return tuple(complete_linea(linea, montos, numero) for numero, (linea, montos) in numeradas)


def _complete_listas(venta: Venta) -> dict[str, tuple[Nodo, ...]]:
    """The other lists: numbered, and with what the schema wants and the seller may leave out."""
    listas = {
        lista: _number(elementos, campo)
        for lista, campo in NUMERADAS[type(venta)].items()
        if lista != "Detalle" and (elementos := getattr(venta, lista))
    }
    if isinstance(venta, Boleta):
        return listas
    if "Comisiones" in listas:
        lineas = (linea for linea in listas["Comisiones"] if isinstance(linea, Comision))
        listas["Comisiones"] = tuple(map(complete_comision, lineas))
    if "DscRcgGlobal" in listas and isinstance(venta, Exportacion):
        listas["DscRcgGlobal"] = _fill(listas["DscRcgGlobal"], "IndExeDR", EXENTO)
    if "Referencia" in listas:
        listas["Referencia"] = _fill(listas["Referencia"], "FchRef", venta.Encabezado.IdDoc.FchEmis)
    return listas


def _fill(elementos: tuple[Nodo, ...], campo: str, valor: object) -> tuple[Nodo, ...]:
    return tuple(uno.model_copy(update={campo: getattr(uno, campo) or valor}) for uno in elementos)


def sign_documento(venta: Venta, *, folio: int, caf: CafAbierto, firmante: Firmante, ahora: datetime) -> DteFirmado:
    """The complete sale as a stamped, signed and schema-checked document.

    `ahora` is an aware moment and is written as Chilean time. Invalid when the sale is not complete, the CAF does not
    authorise this folio, the certificate has expired, or the file is too large to send. Pure computation: any number
    of threads may sign at once.
    """
    momento = chile(ahora)
    datos = _datos_ted(venta, folio, format_hora(momento))
    check_caf_use(caf.caf, emisor=datos.emisor, tipo=datos.tipo, folio=folio, fecha=datos.fecha, hoy=momento.date())
    firmante.check_vigente(ahora)
    ted = sign_ted(datos, caf)
    identificador = f"T{datos.tipo:d}F{folio}"
    cuerpo = _write_documento(venta, folio, identificador, ted, datos.momento)
    firmado = sign_texto(cuerpo, "</DTE>", identificador, firmante, esquema_for(datos.tipo))
    xml = (DECLARACION + firmado).encode(CODIFICACION)
    if len(xml) > LIMITE:
        raise Codigo.XML_GRANDE.invalid(dado=len(xml), esperado=LIMITE)
    return DteFirmado(
        emisor=datos.emisor,
        tipo=datos.tipo,
        folio=folio,
        receptor=datos.receptor,
        fecha=datos.fecha,
        monto=to_pesos(datos.monto),
        xml=xml,
        ted=ted,
        sha256=hashlib.sha256(xml).hexdigest(),
        moneda=_moneda(venta),
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
            monto=to_pesos(Decimal(_texto(documento, "Encabezado/Totales/MntTotal"))),
            ted=cut_ted(xml),
        )
    except (ValueError, InvalidOperation) as error:
        motivo = "su tipo, folio, fecha o monto no es uno que el SII admita"
        raise Codigo.DTE_ILEGIBLE.invalid(motivo=motivo) from error


def _number(elementos: tuple[Nodo, ...], campo: str) -> tuple[Nodo, ...]:
    return tuple(elemento.model_copy(update={campo: numero}) for numero, elemento in enumerate(elementos, 1))


def _datos_ted(venta: Venta, folio: int, momento: str) -> DatosTed:
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
        momento=momento,
    )


def _moneda(venta: Venta) -> str | None:
    totales = venta.Encabezado.Totales if isinstance(venta, Exportacion) else None
    return totales.TpoMoneda if totales is not None else None


def _write_documento(venta: Venta, folio: int, identificador: str, ted: str, momento: str) -> str:
    """`<DTE …>` up to and including the end of its body, one element a line."""
    id_doc = venta.Encabezado.IdDoc.model_copy(update={"Folio": folio})
    con_folio = venta.model_copy(update={"Encabezado": venta.Encabezado.model_copy(update={"IdDoc": id_doc})})
    _, *cuerpo, cierre = write_nodo(venta.CUERPO, con_folio)
    apertura = (_APERTURA, f'<{venta.CUERPO} ID="{identificador}">')
    return "\n".join((*apertura, *cuerpo, ted, f"<TmstFirma>{momento}</TmstFirma>", cierre))


def _texto(documento: etree._Element, camino: str) -> str:
    texto = find_texto(documento, camino)
    if not texto:
        raise Codigo.DTE_ILEGIBLE.invalid(camino.replace("/", "."), motivo=f"falta {camino}")
    return texto
