"""Envelopes: many signed documents of one issuer in one signed file (EnvioDTE_v10.xsd, EnvioBOLETA_v11.xsd).

The documents go in as the bytes that were signed. Nothing is parsed and written again, because a document is verified
as the literal fragment that is cut out of the envelope.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from lxml import etree

from shared.dte.codigos import Codigo
from shared.dte.esquema import Esquema
from shared.dte.firma import Firmante, extract_dtes, sign_texto
from shared.dte.hora import format_hora
from shared.dte.rut import RUT_SII
from shared.dte.tipos import Canal, CanalSii
from shared.dte.xml import CODIFICACION, DECLARACION, LIMITE, NS, NS_XSI, find_hijo, find_texto, local_name, parse_xml


@dataclass(frozen=True, slots=True)
class Caratula:
    """The envelope's header. `receptor` is the SII (`rut.RUT_SII`) or, in the exchange copy, the buyer."""

    emisor: str
    envia: str
    receptor: str
    fecha_resolucion: date
    numero_resolucion: int


@dataclass(frozen=True, slots=True)
class SobreLeido:
    """An envelope's header, the moment of its signature as written, and its documents as literal fragments."""

    canal: CanalSii
    caratula: Caratula
    firmado: datetime
    subtotales: Mapping[int, int]
    dtes: Sequence[bytes]


@dataclass(frozen=True, slots=True)
class Forma:
    """What sets the two kinds of envelope apart."""

    raiz: str
    esquema: Esquema
    max_documentos: int


FORMAS: Mapping[CanalSii, Forma] = {
    Canal.FACTURA: Forma("EnvioDTE", Esquema.ENVIO_DTE, 2000),
    Canal.BOLETA: Forma("EnvioBOLETA", Esquema.ENVIO_BOLETA, 500),
}

_APERTURA = f'<{{raiz}} xmlns="{NS}" xmlns:xsi="{NS_XSI}" xsi:schemaLocation="{NS} {{esquema}}" version="1.0">'
"""Without schemaLocation the SII's uploader answers SCH-00001."""
_TIPO = re.compile(rb"<TipoDTE>\s*([0-9]{2,3})\s*</TipoDTE>")
_EMISOR = re.compile(rb"<RUTEmisor>\s*([0-9K-]+)\s*</RUTEmisor>")
_RECEPTOR = re.compile(rb"<RUTRecep>\s*([0-9K-]+)\s*</RUTRecep>")


def sign_sobre(
    dtes: Sequence[bytes],
    caratula: Caratula,
    firmante: Firmante,
    *,
    canal: CanalSii,
    ahora: datetime,
    id: str,  # noqa: A002 - the schema's own name for it
) -> bytes:
    """The exact bytes to upload: `dtes` (files or fragments) verbatim, in order, and the envelope's own signature.

    `id` is the ID of SetDTE, an XML name that no document inside has. Invalid when there are no documents, too many
    for the schema, one of another channel, company or (in a copy for the buyer) buyer, when `envia` is not who signs,
    or when the result would not obey the schema.
    """
    if not dtes:
        raise Codigo.SOBRE_VACIO.invalid()
    if len(dtes) > FORMAS[canal].max_documentos:
        raise Codigo.SOBRE_LLENO.invalid(dado=len(dtes), esperado=FORMAS[canal].max_documentos)
    if caratula.envia != firmante.rut:
        raise Codigo.SOBRE_ENVIA.invalid("Caratula.RutEnvia", dado=caratula.envia, esperado=firmante.rut)
    _check_partes(dtes, caratula, canal)
    return _seal(dtes, caratula, firmante, canal=canal, ahora=ahora, id=id)


def sign_copia(
    dtes: Sequence[bytes],
    caratula: Caratula,
    firmante: Firmante,
    *,
    ahora: datetime,
    id: str,  # noqa: A002 - the schema's own name for it
) -> bytes:
    """The exchange copy: the same documents in an envelope to their one buyer, whatever receptor `caratula` names.

    The issuer mails it to the buyer's registered address (Manual "Intercambio entre contribuyentes"). Invalid as in
    `sign_sobre`, and for boletas, which only the SII receives.
    """
    if not dtes:
        raise Codigo.SOBRE_VACIO.invalid()
    if int(_search(_TIPO, dtes[0], "TipoDTE")) in _DE_BOLETA:
        raise Codigo.SOBRE_COPIA.invalid()
    copia = replace(caratula, receptor=_search(_RECEPTOR, dtes[0], "RUTRecep"))
    return sign_sobre(dtes, copia, firmante, canal=Canal.FACTURA, ahora=ahora, id=id)


def _check_partes(dtes: Sequence[bytes], caratula: Caratula, canal: CanalSii) -> None:
    """The documents are this company's, and in a copy all for that buyer."""
    copia = caratula.receptor != RUT_SII
    if copia and canal is Canal.BOLETA:
        raise Codigo.SOBRE_COPIA.invalid("Caratula.RutReceptor")
    for numero, dte in enumerate(dtes, 1):
        if _search(_EMISOR, dte, "RUTEmisor") != caratula.emisor:
            raise Codigo.SOBRE_EMISOR.invalid("Caratula.RutEmisor", dado=numero, esperado=caratula.emisor)
        if copia and _search(_RECEPTOR, dte, "RUTRecep") != caratula.receptor:
            raise Codigo.SOBRE_RECEPTOR.invalid("Caratula.RutReceptor", dado=numero, esperado=caratula.receptor)


def _seal(
    dtes: Sequence[bytes],
    caratula: Caratula,
    firmante: Firmante,
    *,
    canal: CanalSii,
    ahora: datetime,
    id: str,  # noqa: A002 - the schema's own name for it
) -> bytes:
    forma = FORMAS[canal]
    subtotales = Counter(_find_tipo(dte, canal) for dte in dtes)
    cuerpo = "\n".join(
        (
            _APERTURA.format(raiz=forma.raiz, esquema=forma.esquema.value),
            f'<SetDTE ID="{id}">',
            _write_caratula(caratula, subtotales, ahora),
            *(_strip_declaracion(dte) for dte in dtes),
            "</SetDTE>",
        )
    )
    firmado = sign_texto(cuerpo, f"</{forma.raiz}>", id, firmante, forma.esquema)
    return (DECLARACION + firmado).encode(CODIFICACION)


def read_sobre(xml: bytes, limit: int = LIMITE) -> SobreLeido:
    """What an envelope says and holds; Invalid when it is not an envelope, or miscounts its documents.

    Nothing is verified here: see `esquema.validate_esquema` and `firma.verify_firma`, for the file and for each
    fragment.
    """
    raiz = parse_xml(xml, limit)
    canal = next((canal for canal, forma in FORMAS.items() if forma.raiz == local_name(raiz)), None)
    conjunto = find_hijo(raiz, "SetDTE")
    elemento = find_hijo(conjunto, "Caratula") if conjunto is not None else None
    if canal is None or elemento is None:
        raise Codigo.SOBRE_ILEGIBLE.invalid(motivo="se espera EnvioDTE o EnvioBOLETA, con SetDTE y Caratula")
    dtes = extract_dtes(xml, limit)
    subtotales = _read_subtotales(elemento)
    _check_subtotales(subtotales, Counter(_find_tipo(dte, canal) for dte in dtes))
    return SobreLeido(canal, _read_caratula(elemento), _read_hora(elemento), subtotales, dtes)


def _write_caratula(caratula: Caratula, subtotales: Mapping[int, int], ahora: datetime) -> str:
    campos = {
        "RutEmisor": caratula.emisor,
        "RutEnvia": caratula.envia,
        "RutReceptor": caratula.receptor,
        "FchResol": caratula.fecha_resolucion.isoformat(),
        "NroResol": caratula.numero_resolucion,
        "TmstFirmaEnv": format_hora(ahora),
    }
    lineas = [f"<{campo}>{valor}</{campo}>" for campo, valor in campos.items()]
    for tipo, cuantos in sorted(subtotales.items()):
        lineas += ["<SubTotDTE>", f"<TpoDTE>{tipo}</TpoDTE>", f"<NroDTE>{cuantos}</NroDTE>", "</SubTotDTE>"]
    return "\n".join(('<Caratula version="1.0">', *lineas, "</Caratula>"))


def _find_tipo(dte: bytes, canal: CanalSii) -> int:
    tipo = int(_search(_TIPO, dte, "TipoDTE"))
    if (tipo in _DE_BOLETA) != (canal is Canal.BOLETA):
        raise Codigo.SOBRE_MEZCLA.invalid(dado=tipo, esperado=FORMAS[canal].raiz)
    return tipo


_DE_BOLETA = frozenset({39, 41})


def _search(patron: re.Pattern[bytes], dte: bytes, campo: str) -> str:
    """What the document's header, which comes first in it, says."""
    hallado = patron.search(dte)
    if hallado is None:
        raise Codigo.DTE_ILEGIBLE.invalid(motivo=f"falta {campo}")
    return hallado[1].decode("ascii")


def _strip_declaracion(dte: bytes) -> str:
    return dte.decode(CODIFICACION).removeprefix(DECLARACION)


def _read_caratula(elemento: etree._Element) -> Caratula:
    try:
        return Caratula(
            emisor=_texto(elemento, "RutEmisor"),
            envia=_texto(elemento, "RutEnvia"),
            receptor=_texto(elemento, "RutReceptor"),
            fecha_resolucion=date.fromisoformat(_texto(elemento, "FchResol")),
            numero_resolucion=int(_texto(elemento, "NroResol")),
        )
    except ValueError as error:
        motivo = "«FchResol» o «NroResol» no tiene la forma de una fecha y un número"
        raise Codigo.SOBRE_ILEGIBLE.invalid("Caratula", motivo=motivo) from error


def _read_hora(elemento: etree._Element) -> datetime:
    try:
        return datetime.fromisoformat(_texto(elemento, "TmstFirmaEnv"))
    except ValueError as error:
        motivo = "«TmstFirmaEnv» no tiene la forma AAAA-MM-DDTHH:MM:SS"
        raise Codigo.SOBRE_ILEGIBLE.invalid("Caratula.TmstFirmaEnv", motivo=motivo) from error


def _read_subtotales(elemento: etree._Element) -> Mapping[int, int]:
    try:
        return {
            int(_texto(hijo, "TpoDTE")): int(_texto(hijo, "NroDTE"))
            for hijo in elemento
            if local_name(hijo) == "SubTotDTE"
        }
    except ValueError as error:
        motivo = "«TpoDTE» o «NroDTE» no es un número"
        raise Codigo.SOBRE_ILEGIBLE.invalid("Caratula.SubTotDTE", motivo=motivo) from error


def _check_subtotales(dichos: Mapping[int, int], contados: Mapping[int, int]) -> None:
    for tipo in dichos.keys() | contados.keys():
        if dichos.get(tipo, 0) != contados.get(tipo, 0):
            raise Codigo.SOBRE_SUBTOTAL.invalid(
                "Caratula.SubTotDTE", tipo=tipo, dado=dichos.get(tipo, 0), esperado=contados.get(tipo, 0)
            )


def _texto(elemento: etree._Element, campo: str) -> str:
    texto = find_texto(elemento, campo)
    if not texto:
        raise Codigo.SOBRE_ILEGIBLE.invalid(f"Caratula.{campo}", motivo=f"falta {campo}")
    return texto
