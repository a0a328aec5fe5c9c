"""A company that the sandbox knows: its certificate, its CAFs, documents and envelopes, and ways to spoil them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import Any

from services.sandbox.authority import Authority
from shared.adapters.keystore import open_certificado
from shared.dte.caf import CafAbierto, parse_caf
from shared.dte.documento import DteFirmado, complete_venta, sign_documento
from shared.dte.firma import Firmante, sign_texto
from shared.dte.hora import chile
from shared.dte.modelo import parse_venta
from shared.dte.rut import RUT_SII
from shared.dte.sobre import FORMAS, Caratula, _seal
from shared.dte.tipos import Canal, CanalSii, TipoDte
from shared.dte.xml import CODIFICACION, DECLARACION
from tests.dte_data import EMISOR, EMISOR_RUT, FIRMANTE_RUT, venta_boleta, venta_factura

AHORA = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
"""Noon in Chile."""

Cambio = Callable[[str], str]
"""A way to spoil the text of a document or envelope before it is signed."""


class Reloj:
    """A clock that a test moves."""

    def __init__(self, ahora: datetime = AHORA) -> None:
        self.ahora = ahora

    def __call__(self) -> datetime:
        return self.ahora

    def advance(self, **tiempo: float) -> None:
        self.ahora += timedelta(**tiempo)


@dataclass
class Empresa:
    """The company of the tests before one authority, at the moment of `reloj`."""

    authority: Authority
    reloj: Reloj
    persona: str = FIRMANTE_RUT
    rut: str = EMISOR_RUT
    fecha_caf: date = date(2026, 1, 5)
    _cafs: dict[TipoDte, CafAbierto] = field(default_factory=dict)

    @cached_property
    def firmante(self) -> Firmante:
        return open_certificado(self.authority.make_cert(self.persona, "Ana Núñez", "x"), "x")

    def caf(self, tipo: TipoDte) -> CafAbierto:
        """The company's CAF for this type, folios 1 to 1000."""
        if tipo not in self._cafs:
            self._cafs[tipo] = self.make_caf(tipo)
        return self._cafs[tipo]

    def make_caf(self, tipo: TipoDte, **cambios: Any) -> CafAbierto:
        pedido: dict[str, Any] = {"desde": 1, "hasta": 1000, "fecha": self.fecha_caf} | cambios
        return parse_caf(self.authority.make_caf(self.rut, "COMERCIAL ÑUÑOA", tipo, **pedido))

    def sign(self, folio: int, venta: dict[str, Any], *, fecha: date | None = None, **cambios: Any) -> DteFirmado:
        """A complete document of this sale."""
        completa = complete_venta(
            parse_venta(venta), EMISOR.model_copy(update={"rut": self.rut}), fecha=fecha or self.hoy
        )
        tipo = completa.Encabezado.IdDoc.TipoDTE
        con: dict[str, Any] = {"caf": self.caf(tipo), "firmante": self.firmante, "ahora": self.reloj()} | cambios
        return sign_documento(completa, folio=folio, **con)

    def boleta(self, folio: int, **cambios: Any) -> DteFirmado:
        return self.sign(folio, venta_boleta(), **cambios)

    def factura(self, folio: int, **cambios: Any) -> DteFirmado:
        return self.sign(folio, venta_factura(), **cambios)

    @property
    def hoy(self) -> date:
        return chile(self.reloj()).date()

    def caratula(self, **cambios: Any) -> Caratula:
        datos: dict[str, Any] = {
            "emisor": self.rut,
            "envia": self.persona,
            "receptor": RUT_SII,
            "fecha_resolucion": date(2014, 8, 22),
            "numero_resolucion": 0,
        }
        return Caratula(**(datos | cambios))

    def sobre(self, *dtes: DteFirmado | bytes, canal: CanalSii = Canal.BOLETA, **cambios: Any) -> bytes:
        """A signed envelope with these documents, also one that `sign_sobre` refuses to make."""
        firmante = cambios.pop("firmante", self.firmante)
        archivos: Sequence[bytes] = [dte if isinstance(dte, bytes) else dte.xml for dte in dtes]
        return _seal(archivos, self.caratula(**cambios), firmante, canal=canal, ahora=self.reloj(), id="SetDoc")

    def respoil(self, dte: DteFirmado, cambio: Cambio, *, firmante: Firmante | None = None) -> bytes:
        """The document with its text changed and then signed, so that nothing but the change is wrong with it."""
        texto = dte.xml.decode(CODIFICACION).removeprefix(DECLARACION)
        cuerpo = texto[: texto.index("</Documento>")] + "</Documento>"
        identificador = f"T{dte.tipo:d}F{dte.folio}"
        firmado = sign_texto(changed(cuerpo, cambio), "</DTE>", identificador, firmante or self.firmante)
        return (DECLARACION + firmado).encode(CODIFICACION)

    def respoil_sobre(self, sobre: bytes, cambio: Cambio, *, canal: CanalSii = Canal.BOLETA) -> bytes:
        """The envelope with its text changed and then signed."""
        texto = sobre.decode(CODIFICACION).removeprefix(DECLARACION)
        cuerpo = texto[: texto.index("</SetDTE>")] + "</SetDTE>"
        firmado = sign_texto(changed(cuerpo, cambio), f"</{FORMAS[canal].raiz}>", "SetDoc", self.firmante)
        return (DECLARACION + firmado).encode(CODIFICACION)


def replacing(viejo: str, nuevo: str, veces: int = -1) -> Cambio:
    """Change one text for another."""
    return lambda texto: texto.replace(viejo, nuevo, veces)


def without(etiqueta: str) -> Cambio:
    """Drop every element with this name."""
    return lambda texto: re.sub(rf"<{etiqueta}>[^<]*</{etiqueta}>\n?", "", texto)


def changed(texto: str, cambio: Cambio) -> str:
    """The changed text; AssertionError when the change changes nothing, and the test would prove nothing."""
    nuevo = cambio(texto)
    assert nuevo != texto, "the mutation did not apply"
    return nuevo
