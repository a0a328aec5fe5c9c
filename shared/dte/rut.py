"""RUT: the Chilean tax id. Everywhere in Posta it is the string `NNNNNNNN-D`: no dots, upper-case K, digit checked."""

from __future__ import annotations

import re
from itertools import cycle

RUT_SII = "60803000-K"
"""The SII itself: `RutReceptor` of every envelope that goes to it (EnvioDTE_v10.xsd, Caratula)."""

RUT_CONSUMIDOR_FINAL = "66666666-6"
"""Receptor of a boleta whose buyer is not known (Formato Boletas Electrónicas v4.2)."""

RUT_EXTRANJERO = "55555555-5"
"""Receptor of an export, and of a tourist's factura (Formato DTE v2.5, `RUTRecep`)."""

_RUT = re.compile(r"([0-9]{1,8})-([0-9K])")  # SiiTypes_v10.xsd, RUTType: 3 to 10 characters


def compute_dv(cuerpo: int) -> str:
    """The check digit of a RUT's body: weights 2 to 7 from the right, modulo 11."""
    pesos = cycle(range(2, 8))
    resto = 11 - sum(int(digito) * peso for digito, peso in zip(reversed(str(cuerpo)), pesos, strict=False)) % 11
    return {11: "0", 10: "K"}.get(resto, str(resto))


def parse_rut(texto: str) -> str:
    """The canonical RUT of what a person typed (`12.345.678-5`, `12345678-k`); ValueError says what is wrong."""
    rut = texto.strip().replace(".", "").upper()
    partes = _RUT.fullmatch(rut)
    if partes is None:
        raise ValueError(f"«{texto}» no es un RUT: se espera la forma 12345678-5")
    cuerpo, dv = int(partes[1]), partes[2]
    if dv != compute_dv(cuerpo):
        raise ValueError(f"el dígito verificador de {rut} no corresponde: debería ser {cuerpo}-{compute_dv(cuerpo)}")
    return f"{cuerpo}-{dv}"


def split_rut(rut: str) -> tuple[str, str]:
    """Body and check digit apart, as the SII's forms and SOAP parameters want them."""
    cuerpo, dv = rut.split("-")
    return cuerpo, dv
