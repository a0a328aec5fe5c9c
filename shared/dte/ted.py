"""The electronic stamp (TED): the document's facts in one line, signed with the key of its CAF.

Instructivo técnico "Timbre electrónico": the signed bytes are DD in ISO-8859-1 with no whitespace between its tags.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

from cryptography.exceptions import InvalidSignature
from lxml import etree

from shared.dte.caf import Caf, CafAbierto, cut_elemento, flatten, read_caf
from shared.dte.codigos import Codigo
from shared.dte.escritura import format_decimal
from shared.dte.moneda import Numero
from shared.dte.rsa import ALGORITMO, sign_sha1, verify_sha1
from shared.dte.texto import escape, strip_quotes, truncate
from shared.dte.tipos import TipoDte
from shared.dte.xml import CODIFICACION, decode_xml, find_texto, parse_xml, read_base64

LIMITE_TED = 8_000
"""Bytes; real stamps have about 1,000."""
MAX_TED = 1_034
"""Bytes that a PDF417 holds at the error correction level that the SII prescribes, 5."""
MAX_NOMBRE = 40
"""Characters of RSR and IT1 (DTE_v10.xsd)."""


@dataclass(frozen=True, slots=True)
class DatosTed:
    """What a stamp says. `momento` is local Chilean time, `AAAA-MM-DDTHH:MM:SS`.

    `monto` is in pesos, with its sign in a liquidación; an export's has up to four decimals of its own currency.
    """

    emisor: str
    tipo: TipoDte
    folio: int
    fecha: date
    receptor: str
    nombre: str
    monto: Numero
    item: str
    momento: str


def sign_ted(datos: DatosTed, caf: CafAbierto) -> str:
    """`<TED version="1.0">…</TED>` on one line: what is printed as PDF417 and what the document carries.

    With a CAF of the SII's it always fits into the bar code. Only names made of hardly anything but `&`, `<` and `>`
    could make it too long, and those are cut to 40 bytes instead of 40 characters.
    """
    ted = _sign_dd(write_dd(datos, caf.caf.xml), caf)
    return ted if len(ted) <= MAX_TED else _sign_dd(write_dd(datos, caf.caf.xml, escapado=MAX_NOMBRE), caf)


def _sign_dd(dd: str, caf: CafAbierto) -> str:
    firma = base64.b64encode(sign_sha1(caf.llave, dd.encode(CODIFICACION))).decode("ascii")
    return f'<TED version="1.0">{dd}<FRMT algoritmo="{ALGORITMO}">{firma}</FRMT></TED>'


def write_dd(datos: DatosTed, caf_xml: str, *, escapado: int = 5 * MAX_NOMBRE) -> str:
    """The signed part, flat; its names have at most `escapado` bytes."""
    return (
        f"<DD><RE>{datos.emisor}</RE><TD>{datos.tipo:d}</TD><F>{datos.folio}</F><FE>{datos.fecha}</FE>"
        f"<RR>{datos.receptor}</RR><RSR>{_nombre(datos.nombre, escapado)}</RSR><MNT>{_monto(datos.monto)}</MNT>"
        f"<IT1>{_nombre(datos.item, escapado)}</IT1>{caf_xml}<TSTED>{datos.momento}</TSTED></DD>"
    )


def cut_ted(xml: bytes) -> str:
    """The one stamp in a document's bytes, flat, its text as it stands there; Invalid unless there is just one."""
    texto = decode_xml(xml)
    aperturas, cierres = [list(patron.finditer(texto)) for patron in (_APERTURA, _CIERRE)]
    if len(aperturas) != 1 or len(cierres) != 1:
        raise Codigo.TED.invalid("TED", motivo=f"se espera un TED y hay {len(aperturas)}")
    return flatten(texto[aperturas[0].start() : cierres[0].end()])


def verify_ted(ted: str | bytes) -> tuple[DatosTed, Caf]:
    """What the stamp says and its CAF, when the CAF's key signed it; Invalid otherwise.

    The CAF itself is not proven here: `caf.verify_caf`.
    """
    texto = flatten(ted if isinstance(ted, str) else ted.decode(CODIFICACION))
    raiz = parse_xml(texto.encode(CODIFICACION, "xmlcharrefreplace"), LIMITE_TED)
    dd, caf = _cut("DD", texto), read_caf(_cut("CAF", texto))
    try:
        firma = read_base64(find_texto(raiz, "FRMT") or "")
        verify_sha1(caf.llave_publica, firma, dd.encode(CODIFICACION, "xmlcharrefreplace"))
    except (InvalidSignature, ValueError) as error:
        raise Codigo.TED.invalid("TED.FRMT", motivo="su firma no corresponde a sus datos") from error
    return _read_datos(raiz), caf


_APERTURA = re.compile(r"<TED\b")
_CIERRE = re.compile(r"</TED\s*>")


def _nombre(texto: str, escapado: int) -> str:
    """Text for the stamp: without quotes, 40 characters, never empty."""
    return escape(truncate(strip_quotes(texto), MAX_NOMBRE, escapado) or "-")


def _monto(monto: Numero) -> str:
    return format_decimal(Decimal(monto))


def _read_monto(texto: str) -> Numero:
    return Decimal(texto) if "." in texto else int(texto)


def _cut(nombre: str, texto: str) -> str:
    elemento = cut_elemento(nombre, texto)
    if elemento is None:
        raise Codigo.TED.invalid("TED", motivo=f"falta {nombre}")
    return elemento


def _read_datos(raiz: etree._Element) -> DatosTed:
    def texto(campo: str) -> str:
        return find_texto(raiz, f"DD/{campo}") or ""

    try:
        return DatosTed(
            emisor=texto("RE"),
            tipo=TipoDte(int(texto("TD"))),
            folio=int(texto("F")),
            fecha=date.fromisoformat(texto("FE")),
            receptor=texto("RR"),
            nombre=texto("RSR"),
            monto=_read_monto(texto("MNT")),
            item=texto("IT1"),
            momento=texto("TSTED"),
        )
    except (ValueError, InvalidOperation) as error:
        motivo = "«TD», «F», «FE» o «MNT» no es un tipo, un folio, una fecha o un monto"
        raise Codigo.TED.invalid("TED", motivo=motivo) from error
