"""The demo's company: registered in Posta, known to the sandbox, with a certificate, folios and tills."""

from __future__ import annotations

import asyncio
import secrets
from datetime import date
from pathlib import Path

from services.sandbox.main import write_caf, write_cert
from shared.administracion.main import open_admin
from shared.dte.modelo.empresa import DatosEmisor
from shared.dte.rut import compute_dv
from shared.dte.tipos import Canal, TipoDte
from shared.messages import Resolucion
from shared.settings import Settings

TILLS = 5
_NUMBER = 77_202_610
COMPANY = DatosEmisor(
    rut=f"{_NUMBER}-{compute_dv(_NUMBER)}",
    razon_social="Comercial Ñandú SpA",
    giro="Venta al por menor en almacenes",
    acteco=[471100],
    direccion="Av. Irarrázaval 2401",
    comuna="Ñuñoa",
    ciudad="Santiago",
)
_PERSON = f"{15_678_901}-{compute_dv(15_678_901)}"
_RESOLUTION = Resolucion(fecha=date(2014, 8, 22), numero=0)
_STORES = ("Ñuñoa", "Viña del Mar", "Concepción")
_FIRST_FOLIO = {TipoDte.BOLETA: 5001, TipoDte.FACTURA: 101}


async def create_company(settings: Settings, folios: int) -> list[str]:
    """Create it with `folios` folios of each type; gives the key of each of its tills."""
    carpeta = settings.carpeta / "empresa"
    carpeta.mkdir(mode=0o700)
    password = secrets.token_urlsafe(16)
    p12 = await asyncio.to_thread(_make_cert, settings.carpeta, carpeta, password)
    async with open_admin(settings) as admin:
        await admin.create_emisor(COMPANY, dict.fromkeys(Canal, _RESOLUTION))
        await admin.set_certificado(COMPANY.rut, p12, password)
        for tipo in _FIRST_FOLIO:
            await admin.cafs.import_caf(await asyncio.to_thread(_make_caf, settings.carpeta, carpeta, tipo, folios))
        names = [(_STORES[number % len(_STORES)], f"Caja {number + 1}") for number in range(TILLS)]
        created = [await admin.create_terminal(COMPANY.rut, store, till) for store, till in names]
    return [terminal.llave for terminal in created]


def _make_cert(sandbox: Path, carpeta: Path, password: str) -> bytes:
    write_cert(sandbox, _PERSON, password, carpeta / "certificado.p12", titular="Ana Núñez Peña")
    return (carpeta / "certificado.p12").read_bytes()


def _make_caf(sandbox: Path, carpeta: Path, tipo: TipoDte, folios: int) -> bytes:
    archivo, desde = carpeta / f"caf-{int(tipo)}.xml", _FIRST_FOLIO[tipo]
    write_caf(
        sandbox,
        COMPANY.rut,
        tipo,
        desde=desde,
        hasta=desde + folios - 1,
        salida=archivo,
        razon_social=COMPANY.razon_social,
    )
    return archivo.read_bytes()
