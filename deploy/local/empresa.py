"""Companies of stacks on this machine: in Posta, known to the sandbox, with certificate, folios and tills."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from services.sandbox.main import write_caf, write_cert
from shared.administracion.admin import TerminalCreado
from shared.administracion.main import open_admin
from shared.dte.modelo.empresa import DatosEmisor
from shared.dte.tipos import Canal, TipoDte
from shared.messages import Resolucion
from shared.settings import Settings

_RESOLUTION = Resolucion(fecha=date(2014, 8, 22), numero=0)


@dataclass(frozen=True, slots=True)
class Certificado:
    """Somebody's PKCS#12 file and its password."""

    p12: bytes
    password: str


def make_cert(settings: Settings, rut: str, password: str, titular: str) -> Certificado:
    """A new certificate that the stack's sandbox believes. Takes a moment: not in the event loop."""
    archivo = settings.carpeta / f"certificado-{rut}.p12"
    write_cert(settings.carpeta, rut, password, archivo, titular=titular)
    return Certificado(archivo.read_bytes(), password)


async def create_company(
    settings: Settings,
    emisor: DatosEmisor,
    certificado: Certificado,
    rangos: Mapping[TipoDte, range],
    cajas: Sequence[tuple[str, str]],
) -> list[TerminalCreado]:
    """A company with these folios of each type and these tills (store, till); gives the tills, keys included."""
    async with open_admin(settings) as admin:
        await admin.create_emisor(emisor, dict.fromkeys(Canal, _RESOLUTION))
        await admin.set_certificado(emisor.rut, certificado.p12, certificado.password)
        for tipo, folios in rangos.items():
            await admin.cafs.import_caf(await asyncio.to_thread(_make_caf, settings.carpeta, emisor, tipo, folios))
        return [await admin.create_terminal(emisor.rut, tienda, caja) for tienda, caja in cajas]


def _make_caf(sandbox: Path, emisor: DatosEmisor, tipo: TipoDte, folios: range) -> bytes:
    archivo = sandbox / f"caf-{emisor.rut}-{tipo:d}.xml"
    write_caf(
        sandbox,
        emisor.rut,
        tipo,
        desde=folios[0],
        hasta=folios[-1],
        salida=archivo,
        razon_social=emisor.razon_social,
    )
    return archivo.read_bytes()
