"""Which check a fault is of, in the words of whoever uploaded the file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shared.dte.codigos import Codigo
from shared.errors import Conflict, Falla, Invalid, PostaError

_POR_CODIGO: Mapping[str, str] = {
    Codigo.XML_GRANDE.codigo: "Tamaño",
    Codigo.XML_PROHIBIDO.codigo: "XML seguro",
    Codigo.XML_ILEGIBLE.codigo: "XML bien formado",
    Codigo.CAF_ILEGIBLE.codigo: "Forma del CAF",
    Codigo.CAF_LLAVE.codigo: "Llave del CAF",
    Codigo.CAF_FIRMA.codigo: "Firma del SII",
    Codigo.CAF_IDK.codigo: "Ambiente del CAF",
    Codigo.CERT_ILEGIBLE.codigo: "Archivo del certificado",
    Codigo.CERT_CLAVE.codigo: "Contraseña",
    Codigo.CERT_LLAVE.codigo: "Llave privada",
    Codigo.CERT_RUT.codigo: "RUT del titular",
    Codigo.CERT_VENCIDO.codigo: "Vigencia",
    Codigo.CERT_FUTURO.codigo: "Vigencia",
    Codigo.CERT_ALTERADO.codigo: "Integridad",
    "POSTA-ADM-02": "Empresa",
    "POSTA-ADM-03": "Vigencia del CAF",
    "POSTA-ADM-28": "Empresa del CAF",
}
_POR_RUTA: Mapping[str, str] = {
    "acteco": "Códigos de actividad",
    "archivo": "Archivo",
    "auth-key": "AuthKey",
    "direccion": "Dirección",
    "limite_por_minuto": "Documentos por minuto",
    "por_segundo": "Ventas por segundo",
    "razon_social": "Razón social",
    "resoluciones": "Resoluciones del SII",
    "rut": "RUT",
    "url": "Dirección",
}


@dataclass(frozen=True, slots=True)
class Chequeo:
    """A check that did not pass: its name, what is wrong and what to do."""

    nombre: str
    mensaje: str
    codigo: str


def describe_fallas(error: PostaError) -> Sequence[Chequeo]:
    """Every check that did not pass."""
    match error:
        case Invalid():
            return [Chequeo(_name(falla), falla.mensaje, falla.codigo) for falla in error.fallas]
        case Conflict():
            return [Chequeo("Repetido", str(error), "")]
        case _:
            return [Chequeo("Instalación", str(error), "")]


def _name(falla: Falla) -> str:
    found = _POR_CODIGO.get(falla.codigo) or _POR_RUTA.get(falla.ruta)
    return found or (falla.ruta.replace("_", " ").replace(".", " ").capitalize() or "Archivo")
