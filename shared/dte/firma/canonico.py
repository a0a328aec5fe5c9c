"""What a signature covers, cut out of the canonical form of the whole file.

The inclusive C14N of an element is its text in the canonical file, with the namespaces in scope declared on it. To
canonicalise a file once and cut it takes half as long as to canonicalise each part, which libxml2 does right for roots
only.
"""

from __future__ import annotations

import re

from lxml import etree

from shared.dte.xml import NS_FIRMA

_XMLNS_FIRMA = f' xmlns="{NS_FIRMA}"'.encode()
_FIRMA = b"<Signature" + _XMLNS_FIRMA + b">"
_DIGEST_VACIO = b"<DigestValue></DigestValue>"
_RAIZ = re.compile(rb"""<[^\s>]+((?: xmlns(?::\w+)?="[^"]*")*)""")
_XMLNS = re.compile(rb""" xmlns="[^"]*\"""")
_NOMBRE = re.compile(rb"<[^\s>]+")


def canonicalize_archivo(raiz: etree._Element) -> bytes:
    """The canonical file of a root whose last child is a Signature without values; the functions below cut it."""
    return etree.tostring(raiz, method="c14n")


def cut_hijo(archivo: bytes) -> bytes:
    """The first child of the root, which declares no namespaces itself: what a document's signature covers."""
    return _declare(archivo[archivo.index(b"<", 1) : archivo.rindex(_FIRMA)].rstrip(), _namespaces(archivo))


def cut_firma(archivo: bytes) -> bytes:
    """The root without its Signature: what an enveloped signature covers."""
    antes, _, firma = archivo.rpartition(_FIRMA)
    return antes + firma.partition(b"</Signature>")[2]


def cut_signed_info(archivo: bytes, digest: str) -> bytes:
    """SignedInfo with that DigestValue: what is signed with the key."""
    inicio = archivo.index(b"<SignedInfo>", archivo.rindex(_FIRMA))
    abierto, cierre, _ = archivo[inicio:].partition(b"</SignedInfo>")
    completo = abierto.replace(_DIGEST_VACIO, b"<DigestValue>%b</DigestValue>" % digest.encode("ascii"))
    return _declare(completo + cierre, _XMLNS_FIRMA + _XMLNS.sub(b"", _namespaces(archivo)))


def _namespaces(archivo: bytes) -> bytes:
    """What the root declares, in canonical order."""
    raiz = _RAIZ.match(archivo)
    return raiz[1] if raiz else b""


def _declare(elemento: bytes, xmlns: bytes) -> bytes:
    return _NOMBRE.sub(lambda nombre: nombre[0] + xmlns, elemento, count=1)
