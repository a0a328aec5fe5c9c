"""Is this signature good, and exactly what does it cover?

Only one shape is taken, and it leaves no room for signature wrapping: a root with two children, what is signed and its
Signature; or, for getToken, a root that signs itself. Whoever uses the result uses the element that was verified.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass

import xmlsec
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, RSAPublicNumbers
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from lxml import etree

from shared.dte.certificado import Certificado, read_certificado
from shared.dte.codigos import Codigo
from shared.dte.firma.algoritmos import C14N, ENVUELTA, RSA_SHA1, SHA1
from shared.dte.xml import LIMITE, NS_FIRMA, check_atributos, local_name, parse_xml, read_base64

_FIRMA = f"{{{NS_FIRMA}}}Signature"
MAX_BITS = 16_384
"""Of an RSA key; OpenSSL counts no further, and nobody has one."""


@dataclass(frozen=True, slots=True)
class FirmaVerificada:
    """What a good signature covers (`elemento`, in its own tree) and whose it is."""

    elemento: etree._Element
    certificado: Certificado

    @property
    def rut(self) -> str:
        """RUT of the person who signed."""
        return self.certificado.rut


def verify_firma(xml: bytes, limit: int = LIMITE) -> FirmaVerificada:
    """What is signed, and by whom, when everything about the signature is right.

    `xml` is a file, or a `<DTE>` fragment cut out of its envelope. Invalid tells apart: a part missing (POSTA-DTE-60),
    content that was changed (61), a wrong signature value (62), a key that is not the certificate's (63), an algorithm
    that the SII does not take (64), a signature over something else (65). Trust in the certificate itself is not
    decided here.
    """
    raiz = parse_xml(xml, limit)
    check_atributos(raiz)
    firma = find_firma(raiz)
    check_algoritmos(firma)
    elemento = find_firmado(raiz, firma)
    llave = read_key_value(firma)
    certificado = read_certificado(read_certificado_der(firma))
    _verify(elemento, firma, llave)
    if certificado.llave.public_numbers() != llave.public_numbers():
        raise Codigo.FIRMA_LLAVE.invalid()
    return FirmaVerificada(elemento, certificado)


def digest(elemento: etree._Element) -> str:
    """Base64 of the SHA-1 of the element's inclusive C14N, in its context."""
    return base64.b64encode(hashlib.sha1(canonicalize(elemento)).digest()).decode("ascii")  # noqa: S324


def canonicalize(elemento: etree._Element) -> bytes:
    """The element's inclusive C14N without comments, in its context; etree.C14NError when it has none.

    The element is written out and read again first: libxml2 canonicalises an attached element with spurious `xmlns=""`.
    """
    suelto = etree.fromstring(etree.tostring(elemento, encoding="utf-8", with_tail=False))
    return etree.tostring(suelto, method="c14n")


def find_firma(padre: etree._Element) -> etree._Element:
    """The Signature that is the last child of `padre`."""
    if not len(padre) or padre[-1].tag != _FIRMA:
        raise Codigo.FIRMA_FALTA.invalid(motivo=f"Signature, último hijo de {local_name(padre)},")
    return padre[-1]


def find_firmado(raiz: etree._Element, firma: etree._Element) -> etree._Element:
    """The element that the signature says it covers, when that is the one which everybody reads."""
    uri = _one(firma, "SignedInfo/Reference").get("URI", "")
    if uri == "":
        if local_name(raiz) != "getToken":
            raise Codigo.FIRMA_REFERENCIA.invalid(motivo="«URI» está vacío")
        return raiz
    if len(raiz) != 2 or raiz[0].get("ID") != uri.removeprefix("#") or not uri.startswith("#"):
        raise Codigo.FIRMA_REFERENCIA.invalid(motivo=f"«{uri[:60]}» no es el primer y único hermano de la firma")
    if raiz.xpath("count(descendant-or-self::*/@*[. = $valor])", valor=uri[1:]) != 1:
        raise Codigo.FIRMA_REFERENCIA.invalid(motivo=f"«{uri[:60]}» está repetido")
    return raiz[0]


def check_algoritmos(firma: etree._Element) -> None:
    """Nothing, when the SII takes every algorithm of the signature."""
    transforms = firma.findall(_ns("SignedInfo/Reference/Transforms/Transform"))
    usados = [
        (_one(firma, "SignedInfo/CanonicalizationMethod"), {C14N}),
        (_one(firma, "SignedInfo/SignatureMethod"), {RSA_SHA1}),
        (_one(firma, "SignedInfo/Reference/DigestMethod"), {SHA1}),
        *((transform, {C14N, ENVUELTA}) for transform in transforms),
    ]
    for elemento, admitidos in usados:
        algoritmo = elemento.get("Algorithm", "")
        if algoritmo not in admitidos or len(elemento):
            raise Codigo.FIRMA_ALGORITMO.invalid(dado=f"«{algoritmo[:80]}»")
    if len(transforms) > 1:
        raise Codigo.FIRMA_ALGORITMO.invalid(dado=f"{len(transforms)} transformaciones")


def _verify(elemento: etree._Element, firma: etree._Element, llave: RSAPublicKey) -> None:
    pem = llave.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    contexto = xmlsec.SignatureContext()
    try:
        contexto.key = xmlsec.Key.from_memory(pem, xmlsec.constants.KeyDataFormatPem)
        if elemento is not firma.getparent():
            contexto.register_id(elemento, "ID")
        contexto.verify(firma)
    except xmlsec.Error as error:
        raise _why(elemento, firma) from error


def _why(elemento: etree._Element, firma: etree._Element) -> Exception:
    """xmlsec says only «invalid»: whether the content or the signature is wrong, its digest tells."""
    escrito = read_digest(firma)
    if elemento is firma.getparent():
        elemento = etree.fromstring(etree.tostring(elemento, encoding="utf-8"))
        etree.strip_elements(elemento, _FIRMA, with_tail=False)
    try:
        intacto = digest(elemento) == escrito
    except etree.C14NError:  # content that has no canonical form, such as a relative namespace
        intacto = False
    return (Codigo.FIRMA_VALOR if intacto else Codigo.FIRMA_DIGEST).invalid()


def read_digest(firma: etree._Element) -> str:
    """DigestValue, as written but for its white space."""
    return "".join((_one(firma, "SignedInfo/Reference/DigestValue").text or "").split())


def read_valor(firma: etree._Element) -> bytes:
    """SignatureValue."""
    return _base64(firma, "SignatureValue")


def find_signed_info(firma: etree._Element) -> etree._Element:
    """SignedInfo: what SignatureValue signs."""
    return _one(firma, "SignedInfo")


def read_key_value(firma: etree._Element) -> RSAPublicKey:
    """The key in KeyValue."""
    modulo, exponente = (
        int.from_bytes(_base64(firma, f"KeyInfo/KeyValue/RSAKeyValue/{parte}"), "big")
        for parte in ("Modulus", "Exponent")
    )
    if modulo.bit_length() > MAX_BITS:
        raise Codigo.FIRMA_FALTA.invalid(motivo=f"una llave RSA de hasta {MAX_BITS} bits en KeyValue")
    try:
        return RSAPublicNumbers(exponente, modulo).public_key()
    except ValueError as error:
        raise Codigo.FIRMA_FALTA.invalid(motivo="una llave RSA legible en KeyValue") from error


def read_certificado_der(firma: etree._Element) -> bytes:
    """The certificate in X509Data."""
    return _base64(firma, "KeyInfo/X509Data/X509Certificate")


def _base64(firma: etree._Element, camino: str) -> bytes:
    try:
        return read_base64(_one(firma, camino).text or "")
    except ValueError as error:
        raise Codigo.FIRMA_FALTA.invalid(motivo=f"un valor legible en {camino.rpartition('/')[2]}") from error


def _one(firma: etree._Element, camino: str) -> etree._Element:
    """The one element at a path below Signature."""
    hallados = firma.findall(_ns(camino))
    if len(hallados) != 1:
        raise Codigo.FIRMA_FALTA.invalid(motivo=f"{camino} (se espera uno y hay {len(hallados)})")
    return hallados[0]


def _ns(camino: str) -> str:
    return "/".join(f"{{{NS_FIRMA}}}{paso}" for paso in camino.split("/"))
