"""The SII's permission to use a range of folios: read, proven to be the SII's, and checked against a use.

Instructivo técnico "Timbre electrónico"; Res. Ex. 58 of 2017 (expiry). A CAF carries the private key that stamps its
folios.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey, RSAPublicNumbers
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from lxml import etree

from shared.dte.codigos import Codigo
from shared.dte.rsa import verify_sha1
from shared.dte.tipos import TipoDte
from shared.dte.xml import CODIFICACION, DECLARACION, find_texto, parse_xml, read_base64

LIMITE_CAF = 20_000
"""Bytes; real files have about 2,000."""
VIGENCIA = timedelta(days=180)
"""Res. Ex. 58 of 2017: six months from FA. The SII's own arithmetic is not published, so the shortest reading
counts."""
VENCEN = frozenset({33, 43, 46, 56, 61})
"""Types whose CAF expires: those that give the buyer VAT credit."""
VENCEN_DESDE = date(2018, 7, 1)

LLAVES_SII: Mapping[int, RSAPublicKey] = {
    idk: RSAPublicNumbers(65537, int(modulo, 16)).public_key()
    for idk, modulo in {
        100: (
            "C8FBF00DCB21A55000A585522C5DE528A73E0CE16CC03AB1E5EA7DE4B2A28111"
            "E352FAEF8DCB7D51E349ABD4B105DCD4F67CF9E13115058C9F0154291B8C7153"
        ),
        300: (
            "9DEEBFC5EEBD96DF4C7CF53F1BFA15D85D73EF04C6718F8C07B3F785EFEE75E7"
            "B4EF5A3AE079C3265A900E45F602890AF6FB4FAFA2B8D6938F7F011C3585B335"
        ),
    }.items()
}
"""The SII's keys by IDK: 100 certificación, 300 producción. Its own certificate files 100.cer and 300.cer are
malformed."""


@dataclass(frozen=True, slots=True)
class Caf:
    """A range of folios. `xml` is the `<CAF>` element on one line, as it goes into every stamp."""

    emisor: str
    razon_social: str
    tipo: TipoDte
    desde: int
    hasta: int
    fecha: date
    idk: int
    xml: str
    llave_publica: RSAPublicKey = field(repr=False, compare=False)

    @property
    def vence(self) -> date | None:
        """The last day on which its folios may be signed; None when it does not expire."""
        return self.fecha + VIGENCIA if self.tipo in VENCEN and self.fecha >= VENCEN_DESDE else None


@dataclass(frozen=True, slots=True)
class CafAbierto:
    """A CAF with its secret, which no representation shows."""

    caf: Caf
    llave: RSAPrivateKey = field(repr=False, compare=False)


def parse_caf(archivo: bytes) -> CafAbierto:
    """The CAF in a file of the SII, read as ISO-8859-1 whatever it declares; as UTF-8 when somebody saved it so.

    Invalid when it is damaged or its private key is not the one that the SII authorised. Whether the SII signed it at
    all is `verify_caf`.
    """
    if len(archivo) > LIMITE_CAF:
        raise Codigo.CAF_ILEGIBLE.invalid(motivo=f"tiene {len(archivo)} bytes y los del SII unos 2.000")
    texto = _DECLARACION.sub("", _decode(archivo.removeprefix(b"\xef\xbb\xbf")), count=1)
    raiz = parse_xml((DECLARACION + texto).encode(CODIFICACION), LIMITE_CAF)
    caf = read_caf(flatten(_cut("CAF", texto)))
    llave = _load_llave(_texto(raiz, "RSASK"))
    if llave.public_key().public_numbers() != caf.llave_publica.public_numbers():
        raise Codigo.CAF_LLAVE.invalid("RSASK")
    return CafAbierto(caf, llave)


def _decode(archivo: bytes) -> str:
    """The file's text: beyond ASCII, hardly any Spanish in ISO-8859-1 happens to be well-formed UTF-8."""
    try:
        return archivo.decode("utf-8").encode(CODIFICACION).decode(CODIFICACION)
    except UnicodeError:
        return archivo.decode(CODIFICACION)


def read_caf(xml: str) -> Caf:
    """The facts in a flat `<CAF>…</CAF>`, from a file or from a stamp; Invalid when one is missing or malformed."""
    raiz = parse_xml(xml.encode(CODIFICACION, "xmlcharrefreplace"), LIMITE_CAF)
    try:
        desde, hasta = int(_texto(raiz, "DA/RNG/D")), int(_texto(raiz, "DA/RNG/H"))
        if not 1 <= desde <= hasta:
            raise Codigo.CAF_ILEGIBLE.invalid("RNG", motivo=f"el rango {desde}-{hasta} no existe")
        return Caf(
            emisor=_texto(raiz, "DA/RE"),
            razon_social=_texto(raiz, "DA/RS"),
            tipo=TipoDte(int(_texto(raiz, "DA/TD"))),
            desde=desde,
            hasta=hasta,
            fecha=date.fromisoformat(_texto(raiz, "DA/FA")),
            idk=int(_texto(raiz, "DA/IDK")),
            xml=xml,
            llave_publica=_public_key(raiz),
        )
    except ValueError as error:
        motivo = "un número, su fecha o su llave no tiene la forma que se espera, o su tipo no es de los que se emiten"
        raise Codigo.CAF_ILEGIBLE.invalid(motivo=motivo) from error


def verify_caf(caf: Caf, llaves: Mapping[int, RSAPublicKey]) -> None:
    """Nothing, when FRMA is the signature of a known authority over DA; Invalid otherwise."""
    llave = llaves.get(caf.idk)
    if llave is None:
        raise Codigo.CAF_IDK.invalid("IDK", dado=caf.idk, esperado=" y ".join(map(str, sorted(llaves))))
    frma = find_texto(parse_xml(caf.xml.encode(CODIFICACION)), "FRMA") or ""
    try:
        verify_sha1(llave, read_base64(frma), flatten(_cut("DA", caf.xml)).encode(CODIFICACION))
    except (InvalidSignature, ValueError) as error:
        raise Codigo.CAF_FIRMA.invalid("FRMA") from error


def check_caf_use(caf: Caf, *, emisor: str, tipo: TipoDte, folio: int, fecha: date, hoy: date | None = None) -> None:
    """Nothing, when the CAF authorises this folio for a document issued on `fecha` and signed on `hoy` (by default,
    then).

    Invalid otherwise, with the SII's own reasons: CAF-3-516, HED-3-305 (older than the CAF), CAF-3-517 (expired).
    """
    if caf.emisor != emisor:
        raise Codigo.CAF_EMISOR.invalid("RE", dado=caf.emisor, esperado=emisor)
    if caf.tipo != tipo:
        raise Codigo.CAF_TIPO.invalid("TD", dado=int(caf.tipo), esperado=int(tipo))
    if not caf.desde <= folio <= caf.hasta:
        raise Codigo.CAF_RANGO.invalid("RNG", dado=folio, desde=caf.desde, hasta=caf.hasta)
    if fecha < caf.fecha:
        raise Codigo.CAF_FECHA.invalid("FA", dado=fecha, esperado=caf.fecha)
    if caf.vence is not None and (hoy or fecha) > caf.vence:
        raise Codigo.CAF_VENCIDO.invalid("FA", esperado=caf.vence)


def flatten(xml: str) -> str:
    """The XML without whitespace between its tags and without namespace declarations: the form that the SII signs."""
    if "xmlns" in xml:  # in none of ours, and looking at every tag takes its time
        xml = _ETIQUETA.sub(lambda etiqueta: _XMLNS.sub("", etiqueta[0]), xml)
    return _ENTRE_ETIQUETAS.sub("><", xml).strip()


_DECLARACION = re.compile(r"^\s*<\?xml[^>]*\?>\s*")
_ETIQUETA = re.compile(r"<[^<>]+>")
_ENTRE_ETIQUETAS = re.compile(r">\s+<")
_XMLNS = re.compile(r"""\sxmlns(?::\w+)?=(?:"[^"]*"|'[^']*')""")


def cut_elemento(nombre: str, texto: str) -> str | None:
    """The literal text of an element, from its first start tag to its last end tag: what signatures of text cover."""
    hallado = re.search(rf"<{nombre}\b.*</{nombre}>", texto, re.DOTALL)
    return hallado[0] if hallado else None


def _cut(nombre: str, texto: str) -> str:
    elemento = cut_elemento(nombre, texto)
    if elemento is None:
        raise Codigo.CAF_ILEGIBLE.invalid(nombre, motivo=f"falta {nombre}")
    return elemento


def _texto(raiz: etree._Element, camino: str) -> str:
    texto = find_texto(raiz, camino)
    if not texto:
        raise Codigo.CAF_ILEGIBLE.invalid(camino.replace("/", "."), motivo=f"falta {camino}")
    return texto


def _public_key(raiz: etree._Element) -> RSAPublicKey:
    modulo, exponente = (int.from_bytes(read_base64(_texto(raiz, f"DA/RSAPK/{parte}")), "big") for parte in "ME")
    return RSAPublicNumbers(exponente, modulo).public_key()


def _load_llave(pem: str) -> RSAPrivateKey:
    try:
        llave = load_pem_private_key(pem.encode("ascii"), password=None)
    except (ValueError, TypeError) as error:
        raise Codigo.CAF_ILEGIBLE.invalid("RSASK", motivo="la llave privada no se puede leer") from error
    if not isinstance(llave, RSAPrivateKey):
        raise Codigo.CAF_ILEGIBLE.invalid("RSASK", motivo="la llave privada no es RSA")
    return llave
