"""A signature taken apart: what of it holds when something does not, and how it stands inside a larger file.

`verify_firma` gives one verdict over a file or fragment. Here digest, signature value and certificate are judged each
by itself and, unlike there, without xmlsec: two implementations that agree.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from cryptography.exceptions import InvalidSignature
from lxml import etree

from shared.dte.certificado import Certificado, read_certificado
from shared.dte.codigos import Codigo
from shared.dte.firma.verificacion import (
    canonicalize,
    check_algoritmos,
    digest,
    find_firma,
    find_firmado,
    find_signed_info,
    read_certificado_der,
    read_digest,
    read_key_value,
    read_valor,
)
from shared.dte.rsa import verify_sha1
from shared.dte.xml import NS, NS_XSI, parse_xml
from shared.errors import Falla, Invalid

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Diagnostico:
    """What is wrong with each part of a signature, None where nothing is, and the certificate when it can be read."""

    digest: Falla | None
    valor: Falla | None
    llave: Falla | None
    certificado: Certificado | None

    @property
    def holds(self) -> bool:
        """Whether the content is what was signed, by the key that is written there."""
        return self.digest is None and self.valor is None


def diagnose(padre: etree._Element) -> Diagnostico:
    """What holds of the signature that is the last child of `padre`, over its first, in the context of its tree."""
    firma, falta = _attempt(lambda: find_firma(padre))
    if firma is None:
        return Diagnostico(falta, falta, falta, None)
    _, algoritmo = _attempt(lambda: check_algoritmos(firma))
    certificado, llave = _attempt(lambda: read_certificado(read_certificado_der(firma)))
    return Diagnostico(
        digest=algoritmo or _attempt(lambda: _check_digest(find_firmado(padre, firma), firma))[1],
        valor=algoritmo or _attempt(lambda: _check_valor(firma))[1],
        llave=llave or _attempt(lambda: _check_llave(firma, certificado))[1],
        certificado=certificado,
    )


def restore_context(fragmento: bytes) -> bytes | None:
    """A document that lost the declarations of its envelope when it was cut out, with those that make it hold again.

    None when there is no such. The SII's own portal gives out documents like that.
    """
    for xmlns in (_XMLNS_SII, _XMLNS_SII + _XMLNS_XSI, _XMLNS_XSI):
        candidato = fragmento.replace(b"<DTE", b"<DTE" + xmlns, 1)
        if _parse_and_diagnose(candidato):
            return candidato
    return None


def find_alteracion(fragmento: bytes) -> str:
    """How a document whose digest fails was changed on its way, when undoing that makes its digest right; else "".

    Programs that pass documents on write other namespace declarations on them, or lay them out anew.
    """
    for remedio, candidato in _undo(fragmento):
        if _parse_and_diagnose(candidato):
            return remedio
    return ""


def _parse_and_diagnose(candidato: bytes) -> bool:
    raiz, _ = _attempt(lambda: parse_xml(candidato, len(candidato)))
    return raiz is not None and diagnose(raiz).holds


_DTE = re.compile(rb"<DTE\b[^>]*>")
_XMLNS = re.compile(rb"""\sxmlns(?::\w+)?\s*=\s*(?:"[^"]*"|'[^']*')""")
_ENTRE_ETIQUETAS = re.compile(rb">\s+<")
_XMLNS_SII = f' xmlns="{NS}"'.encode()
_XMLNS_XSI = f' xmlns:xsi="{NS_XSI}"'.encode()
_DECLARACIONES = {
    "si DTE no declara espacios de nombres": b"",
    "si DTE declara sólo xmlns": _XMLNS_SII,
    "si DTE declara xmlns y xmlns:xsi": _XMLNS_SII + _XMLNS_XSI,
}


def _undo(fragmento: bytes) -> Iterator[tuple[str, bytes]]:
    apertura = _DTE.match(fragmento)
    if apertura is None:  # an envelope, which is judged in its own context only
        return
    desnuda, resto = _XMLNS.sub(b"", apertura[0]), fragmento[apertura.end() :]
    compacto = _ENTRE_ETIQUETAS.sub(b"><", resto)
    for palabras, xmlns in _DECLARACIONES.items():
        declarada = desnuda.replace(b"<DTE", b"<DTE" + xmlns, 1)
        yield f"la firma vale {palabras}: alguien cambió sus declaraciones", declarada + resto
        yield f"la firma vale sin espacios entre etiquetas, {palabras}: alguien lo reordenó", declarada + compacto


def _check_digest(elemento: etree._Element, firma: etree._Element) -> None:
    try:
        intacto = _bytes_of(digest(elemento)) == _bytes_of(read_digest(firma))
    except etree.LxmlError:  # content that has no canonical form, such as a relative namespace
        intacto = False
    if not intacto:
        raise Codigo.FIRMA_DIGEST.invalid()


def _check_valor(firma: etree._Element) -> None:
    llave, valor = read_key_value(firma), read_valor(firma)
    try:
        verify_sha1(llave, valor, canonicalize(find_signed_info(firma)))
    except (InvalidSignature, ValueError, etree.LxmlError) as error:
        raise Codigo.FIRMA_VALOR.invalid() from error


def _check_llave(firma: etree._Element, certificado: Certificado | None) -> None:
    if certificado is not None and certificado.llave.public_numbers() != read_key_value(firma).public_numbers():
        raise Codigo.FIRMA_LLAVE.invalid()


def _bytes_of(texto: str) -> bytes:
    try:
        return base64.b64decode(texto, validate=True)
    except ValueError:
        return b""


def _attempt(work: Callable[[], T]) -> tuple[T | None, Falla | None]:
    """What the work gives, or what is wrong."""
    try:
        return work(), None
    except Invalid as error:
        return None, error.fallas[0]
