"""The checks of an envelope: its schema, its header against what it holds, its signature and its signer."""

from __future__ import annotations

from collections.abc import Sequence

from lxml import etree

from shared.dte.codigos import Codigo
from shared.dte.esquema import Esquema
from shared.dte.firma import diagnose, verify_firma
from shared.dte.sobre import FORMAS, SobreLeido, read_sobre
from shared.dte.verificador.documento import check_esquema, check_firma, parse_momento, signer_of
from shared.dte.verificador.resultado import Control, DocumentoVerificado, SobreVerificado
from shared.dte.xml import find_texto, local_name
from shared.errors import Falla, Invalid

ESQUEMAS = {forma.raiz: forma.esquema for forma in FORMAS.values()}
"""By the root of the file: EnvioDTE or EnvioBOLETA."""


def verify_sobre(xml: bytes, raiz: etree._Element, documentos: Sequence[DocumentoVerificado]) -> SobreVerificado:
    """Every check of the envelope itself. Its signature counts in context: it covers the file as it stands."""
    nombre = local_name(raiz)
    esquema: Esquema = ESQUEMAS[nombre]
    diagnostico = diagnose(raiz)
    firmante = signer_of(diagnostico)
    controles = (
        check_esquema(raiz, esquema),
        _check_caratula(xml, documentos, firmante),
        *check_firma(diagnostico, _refusals(xml), parse_momento(find_texto(raiz, "SetDTE/Caratula/TmstFirmaEnv"))),
    )
    return SobreVerificado(nombre, controles, firmante)


def _refusals(xml: bytes) -> tuple[Falla, ...]:
    """What xmlsec has against the envelope's signature."""
    try:
        verify_firma(xml, len(xml))
    except Invalid as error:
        return tuple(error.fallas)
    return ()


def _check_caratula(xml: bytes, documentos: Sequence[DocumentoVerificado], firmante: str | None) -> Control:
    def check() -> str:
        leido = read_sobre(xml, len(xml))
        _check_quienes(leido, documentos, firmante)
        cuantos = ", ".join(f"{numero} de tipo {tipo}" for tipo, numero in sorted(leido.subtotales.items()))
        return f"{cuantos}; de {leido.caratula.emisor} para {leido.caratula.receptor}; envía {leido.caratula.envia}"

    return Control.run("caratula", check)


def _check_quienes(leido: SobreLeido, documentos: Sequence[DocumentoVerificado], firmante: str | None) -> None:
    for documento in documentos:
        if documento.identidad.emisor != leido.caratula.emisor:
            quien = f"{documento.identidad.tipo}-{documento.identidad.folio}"
            raise Codigo.SOBRE_EMISOR.invalid("Caratula.RutEmisor", dado=quien, esperado=leido.caratula.emisor)
    if firmante not in (None, leido.caratula.envia):
        raise Codigo.SOBRE_ENVIA.invalid("Caratula.RutEnvia", dado=leido.caratula.envia, esperado=firmante)
