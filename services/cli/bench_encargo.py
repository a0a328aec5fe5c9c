"""What a baseline of `posta bench deliver` is given (a folder), and how it runs: a program of `tests/benchmarks`."""

from __future__ import annotations

import asyncio
import json
import secrets
import subprocess
import sys
from pathlib import Path

from deploy.local.demo.company import COMPANY
from deploy.local.demo.sales import make_sales
from deploy.local.environment import child_environment
from deploy.local.guard import guard_command
from services.sandbox.main import write_caf, write_cert
from shared.adapters.keystore import open_certificado
from shared.clock import chile, now
from shared.dte.caf import parse_caf
from shared.dte.documento import complete_venta, sign_documento
from shared.dte.modelo import parse_venta
from shared.dte.rut import compute_dv
from shared.dte.tipos import TipoDte
from shared.errors import Misconfigured
from shared.settings import Settings

_RAIZ = Path(__file__).parents[2]
_GRACIA = 5.0
_PRIMER_FOLIO = 1_000_000
_PERSONA = f"{15_678_901}-{compute_dv(15_678_901)}"


def prepare_encargo(settings: Settings, nombre: str, cuantos: int, numero: int) -> Path:
    """A folder with `cuantos` signed invoices of the demo's company, its certificate, and the password of that.

    `numero`: which baseline it is for; each has folios of its own.
    """
    carpeta = settings.carpeta / "encargo" / nombre
    (carpeta / "documentos").mkdir(mode=0o700, parents=True)
    clave, desde = secrets.token_urlsafe(16), _PRIMER_FOLIO * (numero + 1)
    write_cert(settings.carpeta, _PERSONA, clave, carpeta / "certificado.p12")
    write_caf(
        settings.carpeta,
        COMPANY.rut,
        TipoDte.FACTURA,
        desde=desde,
        hasta=desde + cuantos - 1,
        salida=carpeta / "caf.xml",
        razon_social=COMPANY.razon_social,
    )
    (carpeta / "clave").touch(mode=0o600)
    (carpeta / "clave").write_text(clave, encoding="utf-8")
    (carpeta / "emisor").write_text(COMPANY.rut, encoding="utf-8")
    _sign_documentos(carpeta, clave, cuantos, desde)
    return carpeta


async def run_baseline(modulo: str, encargo: Path, settings: Settings) -> float:
    """Seconds that the program says it took. Misconfigured where there is no such program, RuntimeError if it fails."""
    if not (_RAIZ / "tests" / "benchmarks").is_dir():
        raise Misconfigured("«posta bench deliver» necesita el repositorio: falta la carpeta tests/benchmarks")
    program = await asyncio.create_subprocess_exec(
        *guard_command([sys.executable, "-m", modulo, str(encargo)], gracia=_GRACIA),
        stdin=subprocess.PIPE,  # our end of it closes with us, and its guard ends it
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=child_environment(settings),
        cwd=_RAIZ,
        start_new_session=True,
    )
    try:
        dicho, quejas = await _read_both(program)
    finally:
        if program.stdin is not None:
            program.stdin.close()
        await program.wait()
    if program.returncode != 0:
        raise RuntimeError(f"{modulo}: {quejas.decode(errors='replace')[-2000:]}")
    cifras: dict[str, float] = json.loads(dicho)
    return cifras["segundos"]


async def _read_both(program: asyncio.subprocess.Process) -> tuple[bytes, bytes]:
    """Everything on its two outputs; not `communicate`, which would close its input, and so end it."""
    assert program.stdout is not None and program.stderr is not None  # noqa: S101, PT018 - asked for above
    return await asyncio.gather(program.stdout.read(), program.stderr.read())


def _sign_documentos(carpeta: Path, clave: str, cuantos: int, desde: int) -> None:
    caf = parse_caf((carpeta / "caf.xml").read_bytes())
    firmante, ahora = open_certificado((carpeta / "certificado.p12").read_bytes(), clave), now()
    for folio, sale in enumerate(make_sales(0, cuantos), desde):
        venta = complete_venta(parse_venta(sale.venta), COMPANY, fecha=chile(ahora).date())
        firmado = sign_documento(venta, folio=folio, caf=caf, firmante=firmante, ahora=ahora)
        (carpeta / "documentos" / f"{folio}.xml").write_bytes(firmado.xml)
