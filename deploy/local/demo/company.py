"""The demo's company: registered in Posta, known to the sandbox, with a certificate, folios and tills."""

from __future__ import annotations

import asyncio
import secrets

from deploy.local import empresa
from shared.dte.modelo.empresa import DatosEmisor
from shared.dte.rut import compute_dv
from shared.dte.tipos import TipoDte
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
PERSON, PERSON_NAME = f"{15_678_901}-{compute_dv(15_678_901)}", "Ana Núñez Peña"
_STORES = ("Ñuñoa", "Viña del Mar", "Concepción")
_FIRST_FOLIO = {TipoDte.BOLETA: 5001, TipoDte.FACTURA: 101}


async def create_company(settings: Settings, folios: int) -> list[str]:
    """Create it with `folios` folios of each type; gives the key of each of its tills."""
    password = secrets.token_urlsafe(16)
    certificado = await asyncio.to_thread(empresa.make_cert, settings, PERSON, password, PERSON_NAME)
    rangos = {tipo: range(desde, desde + folios) for tipo, desde in _FIRST_FOLIO.items()}
    cajas = [(_STORES[number % len(_STORES)], f"Caja {number + 1}") for number in range(TILLS)]
    created = await empresa.create_company(settings, COMPANY, certificado, rangos, cajas)
    return [terminal.llave for terminal in created]
