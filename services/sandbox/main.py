"""Wiring of the sandbox: the process that serves, and the two errands at its counter for the command line.

`carpeta` is always the setting of that name; everything of the sandbox lies in its folder `sandbox`.
"""

from __future__ import annotations

import asyncio
from contextlib import closing
from pathlib import Path

from services.sandbox.app import Sii
from services.sandbox.authority import Authority, open_authority
from services.sandbox.correo import mail_server
from services.sandbox.faults import Conexion
from services.sandbox.store import Store
from services.sandbox.tramites import issue_caf
from services.sandbox.web import create_app
from shared.clock import chile, now
from shared.errors import Invalid, explain
from shared.lifecycle import run_service, serve_http
from shared.log import configure_logging, get_logger
from shared.settings import Settings

log = get_logger("posta.sandbox")


def run(settings: Settings) -> int:
    """Serve the SII of this machine until SIGTERM or SIGINT; gives the exit status."""
    configure_logging(settings.log_format, settings.log_level)

    async def serve(stop: asyncio.Event) -> None:
        host, port = settings.sandbox_host, settings.sandbox_port
        with closing(Sii(sandbox_folder(settings.carpeta), now)) as sii:
            async with mail_server(sii.buzon, sii.draw_correo, host, settings.sandbox_smtp_port):
                log.info("sandbox_iniciado", host=host, port=port, smtp=settings.sandbox_smtp_port)
                await serve_http(create_app(sii), host, port, stop, protocol=Conexion)
        log.info("sandbox_detenido")

    return run_service(serve)


def sandbox_folder(carpeta: Path) -> Path:
    """Where the sandbox keeps its keys and its books."""
    return carpeta / "sandbox"


def llaves_file(carpeta: Path) -> Path:
    """The file for the setting `caf_llaves_file`: the public keys behind the sandbox's CAFs; made if need be."""
    return _open(carpeta).llaves_file


def write_cert(carpeta: Path, rut: str, password: str, salida: Path, *, titular: str = "Persona de Prueba") -> None:
    """Write the PKCS#12 file of a new certificate for `rut` to `salida` (0600). Invalid when the input is wrong."""
    p12 = _open(carpeta).make_cert(rut, titular, password)
    _write(salida, p12)


def write_caf(
    carpeta: Path, rut: str, tipo: int, *, desde: int, hasta: int, salida: Path, razon_social: str = "EMPRESA DE PRUEBA"
) -> None:
    """Authorise a range of folios from today and write its CAF file to `salida` (0600). Invalid when that cannot be."""
    with closing(Store(sandbox_folder(carpeta) / "sii.sqlite3")) as store:
        caf = issue_caf(
            _open(carpeta), store, rut, razon_social, tipo, desde=desde, hasta=hasta, fecha=chile(now()).date()
        )
    _write(salida, caf)


def _open(carpeta: Path) -> Authority:
    return open_authority(sandbox_folder(carpeta) / "autoridad", now)


def _write(salida: Path, contenido: bytes) -> None:
    try:
        salida.touch(mode=0o600)
        salida.chmod(0o600)
        salida.write_bytes(contenido)
    except OSError as error:
        raise Invalid.one("salida", "archivo", f"no se puede escribir {salida}: {explain(error)}") from error
