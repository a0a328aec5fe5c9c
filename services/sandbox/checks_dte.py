"""What the SII looks at in one document: RUTs, folio, CAF, stamp, signature, and then what it says.

The order is that of the SII, where the first rejection hides whatever comes after it (seen on the live service: CAF
expired, then stamp, then signature). Objections that do not reject add up.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING

from services.sandbox.authority import Authority
from services.sandbox.checks_ref import FindRecibido, find_objeciones_ref
from services.sandbox.firmas import CertificadoInvalido, check_firma, has_codigo
from services.sandbox.modelo import DocumentoRevisado, Objecion
from services.sandbox.registro import Registro
from services.sandbox.upload import checked_rut
from shared.clock import CHILE, chile
from shared.dte.caf import LLAVES_SII, Caf, check_caf_use, read_caf, verify_caf
from shared.dte.codigos import Codigo
from shared.dte.documento import DteLeido
from shared.dte.ted import MAX_NOMBRE, DatosTed, verify_ted
from shared.dte.texto import escape
from shared.dte.tipos import EXPORTACIONES, Canal
from shared.dte.xml import DECLARACION, find_texto, parse_xml
from shared.errors import Invalid

if TYPE_CHECKING:
    from lxml import etree

PLAZO = timedelta(days=3)
"""Days between issue and reception after which the SII remarks (DTE-1-650)."""
_TOTAL = "Encabezado/Totales/MntTotal"
HOLGURA = timedelta(hours=1)
"""How much ahead of the SII's clock a stamp may be."""


@dataclass(frozen=True, slots=True)
class Juez:
    """Who judges, by what books, and when."""

    authority: Authority
    registro: Registro
    find_recibido: FindRecibido
    ahora: datetime


@dataclass(frozen=True, slots=True)
class Caso:
    """One document before the judge: its bytes, what it says, and the company whose envelope it came in."""

    fragmento: bytes
    leido: DteLeido
    documento: etree._Element
    empresa: str
    juez: Juez

    def texto(self, camino: str) -> str | None:
        return find_texto(self.documento, camino)

    def monto(self, camino: str) -> Decimal:
        """An amount, exports' decimals included; 0 when it is not there."""
        return Decimal(self.texto(camino) or 0)


def identify(fragmento: bytes, leido: DteLeido) -> DocumentoRevisado:
    """What the books call this document, before anything is checked."""
    return DocumentoRevisado(
        emisor=leido.emisor,
        tipo=int(leido.tipo),
        folio=leido.folio,
        receptor=leido.receptor,
        fecha=leido.fecha,
        monto=leido.monto,
        sha256=hashlib.sha256(DECLARACION.encode() + fragmento).hexdigest(),
    )


def find_objeciones(fragmento: bytes, leido: DteLeido, empresa: str, juez: Juez) -> tuple[Objecion, ...]:
    """What the SII objects to in the literal fragment of a document, up to the first thing that rejects it."""
    caso = Caso(fragmento, leido, parse_xml(fragmento)[0], empresa, juez)
    objeciones: list[Objecion] = []
    for paso in _PASOS:
        for objecion in paso(caso):
            objeciones.append(objecion)
            if objecion.nivel == 3:
                return tuple(objeciones)
    return tuple(objeciones)


def _check_ruts(caso: Caso) -> Iterator[Objecion]:
    if caso.leido.emisor != caso.empresa:
        yield Objecion("DTE", 3, 0, "RUT Emisor no es el de la empresa del envio", caso.leido.emisor)
    if checked_rut(caso.leido.receptor) is None:
        yield Objecion("DTE", 3, 0, "RUT Receptor Invalido", caso.leido.receptor)


def _check_folio(caso: Caso) -> Iterator[Objecion]:
    if caso.juez.registro.is_anulado(caso.leido.emisor, int(caso.leido.tipo), caso.leido.folio):
        yield Objecion("DTE", 3, 601, "Folio Anulado")


_CAF = re.compile(r"<CAF\b.*</CAF>", re.DOTALL)


def _check_caf(caso: Caso) -> Iterator[Objecion]:
    leido, firmado = caso.leido, _parse_hora(caso.texto("TmstFirma"))
    try:
        caf = _read_caf(caso.leido.ted)
        verify_caf(caf, {**LLAVES_SII, **caso.juez.authority.llaves})
        check_caf_use(
            caf, emisor=leido.emisor, tipo=leido.tipo, folio=leido.folio, fecha=leido.fecha, hoy=firmado.date()
        )
    except Invalid as error:
        yield _to_objecion_caf(error)


def _read_caf(ted: str) -> Caf:
    hallado = _CAF.search(ted)
    return _parse_caf(hallado[0] if hallado is not None else "")


@lru_cache(maxsize=256)
def _parse_caf(xml: str) -> Caf:
    """The CAF in a stamp; thousands of documents carry the same."""
    return read_caf(xml)


def _to_objecion_caf(error: Invalid) -> Objecion:
    if has_codigo(error, Codigo.CAF_VENCIDO):
        return Objecion("CAF", 3, 517, "CAF Vencido", str(error))
    if has_codigo(error, Codigo.CAF_FECHA):
        return Objecion("HED", 3, 305, "Fecha de Emision anterior a la del CAF", str(error))
    return Objecion("CAF", 3, 516, "CAF Invalido", str(error))


def _check_ted(caso: Caso) -> Iterator[Objecion]:
    try:
        datos, caf = verify_ted(caso.leido.ted)
    except Invalid as error:
        yield Objecion("TED", 2, 510, "Firma Timbre Electronico Incorrecta", str(error))
        return
    if datos.monto != caso.monto(_TOTAL):
        yield Objecion("TED", 3, 640, "Monto del Timbre no corresponde al del Documento", str(datos.monto))
    for campo in _find_distintos(datos, caso):
        yield Objecion("TED", 3, 0, f"{campo} del Timbre no corresponde al del Documento")
    timbrado = _parse_hora(datos.momento)
    if timbrado.date() < caf.fecha:
        yield Objecion("TED", 1, 646, "Fecha del Timbre anterior a la del CAF", datos.momento)
    if timbrado > caso.juez.ahora + HOLGURA:
        yield Objecion("TED", 1, 647, "Fecha del Timbre fuera del rango permitido", datos.momento)


def _find_distintos(datos: DatosTed, caso: Caso) -> Iterator[str]:
    """The tags of the stamp, other than the amount, that do not say what the document says."""
    leido = caso.leido
    pares = {
        "RE": (datos.emisor, leido.emisor),
        "TD": (datos.tipo, leido.tipo),
        "F": (datos.folio, leido.folio),
        "FE": (datos.fecha, leido.fecha),
        "RR": (datos.receptor, leido.receptor),
    }
    yield from (campo for campo, (timbre, documento) in pares.items() if timbre != documento)
    textos = {
        "RSR": (datos.nombre, caso.texto("Encabezado/Receptor/RznSocRecep")),
        "IT1": (datos.item, caso.texto("Detalle/NmbItem")),
    }
    yield from (
        campo for campo, (timbre, documento) in textos.items() if documento and not _fits(timbre, _cut(documento))
    )


def _fits(timbre: str, documento: str) -> bool:
    """Whether the stamp holds the document's text, or the beginning of one that would not fit into the bar code."""
    return (
        bool(timbre) and documento.startswith(timbre) and (timbre == documento or len(escape(documento)) > MAX_NOMBRE)
    )


def _cut(texto: str) -> str:
    """Text as the stamp may hold it: forty characters, and none of the quotes that the two sides escape differently."""
    return re.sub("['\"]", "", texto)[:MAX_NOMBRE].strip()


def _check_firma(caso: Caso) -> Iterator[Objecion]:
    try:
        firmante = check_firma(caso.fragmento, caso.juez.authority)
    except CertificadoInvalido as error:
        yield Objecion("DTE", 3, 700, "Certificado Invalido", str(error))
    except Invalid as error:
        yield Objecion("DTE", 3, 505, "Firma DTE Incorrecta", str(error))
    else:
        if not caso.juez.registro.allows(firmante, caso.empresa):
            yield Objecion("ENV", 3, 6, "Firmante sin permiso de la empresa", firmante)


def _check_contenido(caso: Caso) -> Iterator[Objecion]:
    if chile(caso.juez.ahora).date() - caso.leido.fecha > PLAZO:
        yield Objecion("DTE", 1, 650, "Fecha Envio excede plazo permitido", str(caso.leido.fecha))
    if not _adds_up(caso):
        yield Objecion("HED", 2, 260, "El Monto Total No Cuadra", str(caso.leido.monto))
    if caso.leido.tipo.canal is Canal.BOLETA:
        return
    if not caso.texto("Encabezado/Emisor/Acteco"):
        yield Objecion("HED", 3, 861, "Actividad Economica no informada")
    if caso.leido.tipo in EXPORTACIONES:
        return  # a buyer abroad has no Chilean giro nor commune
    for campo, codigo in {"GiroRecep": 844, "DirRecep": 845, "CmnaRecep": 846}.items():
        if not caso.texto(f"Encabezado/Receptor/{campo}"):
            yield Objecion("HED", 1, codigo, f"Falta {campo}")


_OTROS_MONTOS = ("ImptoReten", "IVANoRet", "CredEC", "GrntDep", "Comisiones", "MntMargenCom")


def _adds_up(caso: Caso) -> bool:
    """Whether MntTotal is net, exempt and VAT added up; documents with other amounts are not recalculated."""
    totales = "Encabezado/Totales"
    if any(caso.texto(f"{totales}/{campo}") is not None for campo in _OTROS_MONTOS):
        return True
    suma = sum(caso.monto(f"{totales}/{campo}") for campo in ("MntNeto", "MntExe", "IVA"))
    return suma in (caso.monto(_TOTAL), 0)


def _check_referencias(caso: Caso) -> Iterator[Objecion]:
    yield from find_objeciones_ref(caso.documento, caso.leido, caso.juez.find_recibido)


def _parse_hora(texto: str | None) -> datetime:
    """A moment as documents write it: local Chilean time without its zone. The schema has seen to its form."""
    return datetime.fromisoformat(texto or "").replace(tzinfo=CHILE)


_PASOS: tuple[Callable[[Caso], Iterator[Objecion]], ...] = (
    _check_ruts,
    _check_folio,
    _check_caf,
    _check_ted,
    _check_firma,
    _check_contenido,
    _check_referencias,
)
