"""The documents that a signed one refers to, as its XML says (Formato DTE v2.5, `Referencia`)."""

from __future__ import annotations

from dataclasses import dataclass

from shared.dte.xml import find_texto, parse_xml


@dataclass(frozen=True, slots=True)
class Cita:
    """One reference. Values are as they stand in the XML; an absent one is empty."""

    tipo: str
    """`TpoDocRef`: a type of the SII, or a word such as `801` (purchase order) or `SET`."""
    folio: str
    fecha: str
    codigo: str
    """`CodRef`: 1 annuls, 2 corrects text, 3 corrects amounts."""
    razon: str
    rut: str
    """`RUTOtr`: whose document it is, if not the issuer's own."""


def read_citas(xml: bytes) -> tuple[Cita, ...]:
    """The references in their order. Invalid if these bytes are no XML."""
    names = ("TpoDocRef", "FolioRef", "FchRef", "CodRef", "RazonRef", "RUTOtr")
    return tuple(
        Cita(*(find_texto(elemento, name) or "" for name in names)) for elemento in parse_xml(xml).iter("{*}Referencia")
    )
