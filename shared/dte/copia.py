"""What the exchange copy of a document needs to know of it: where it goes, and whom to name."""

from __future__ import annotations

from dataclasses import dataclass

from shared.dte.xml import find_texto, local_name, parse_xml


@dataclass(frozen=True, slots=True)
class Destino:
    """The buyer's address as the document gives it (CorreoRecep), if it does, and both names."""

    correo: str | None
    emisor: str
    receptor: str


def read_destino(xml: bytes) -> Destino:
    """From a signed document. Invalid if it is no XML."""
    partes = {local_name(e): e for e in parse_xml(xml).iter("{*}Emisor", "{*}Receptor")}
    emisor, receptor = partes.get("Emisor"), partes.get("Receptor")
    return Destino(
        correo=(receptor is not None and find_texto(receptor, "CorreoRecep")) or None,
        emisor=(emisor is not None and find_texto(emisor, "RznSoc")) or "",
        receptor=(receptor is not None and find_texto(receptor, "RznSocRecep")) or "",
    )
