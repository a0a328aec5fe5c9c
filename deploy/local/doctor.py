"""`posta doctor`: what is missing on this machine, and how to get it."""

from __future__ import annotations

import importlib.util
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from deploy.local.lock import in_use
from deploy.local.mongod import find_mongod
from deploy.local.ports import is_free
from deploy.local.rabbit import find_epmd, find_sbin
from shared.clock import chile, now
from shared.errors import Misconfigured, explain
from shared.settings import Settings, load_settings

_PYTHON = (3, 11)
_DISK_BYTES = 1_000_000_000
_FIRST_YEAR = 2026
_PORTS = (
    "emitter_port",
    "monitor_port",
    "sandbox_port",
    "sandbox_smtp_port",
    "sender_port",
    "rabbit_port",
    "mongod_port",
)
_PATIENCE = 60


@dataclass(frozen=True, slots=True)
class Hallazgo:
    """One thing that was looked at: how it is and, when it is not well, what to do."""

    que: str
    bien: bool
    detalle: str
    remedio: str = ""


def run_doctor(*, en_json: bool = False, console: Console | None = None) -> int:
    """Look at everything and say it, as a table or as JSON; 0 when all is well, else 1."""
    hallazgos = examine()
    console = console or Console()
    bien = all(hallazgo.bien for hallazgo in hallazgos)
    if en_json:
        report = {"bien": bien, "hallazgos": [asdict(hallazgo) for hallazgo in hallazgos]}
        console.print_json(json.dumps(report))
    else:
        console.print(_table(hallazgos))
        console.print("Todo en orden: «posta up»" if bien else "Falta algo: vea la última columna")
    return 0 if bien else 1


def examine() -> list[Hallazgo]:
    """Every finding; when the settings cannot be read, only those that need none."""
    hallazgos = [_python(), _libraries(), _schemas(), _clock()]
    try:
        settings = load_settings()
    except Misconfigured as error:
        return [*hallazgos, Hallazgo("configuración", False, str(error), "corrija o quite esas variables de entorno")]
    hallazgos.append(Hallazgo("configuración", True, _given(settings)))
    return hallazgos + [check(settings) for check in _CHECKS] + _ports(settings)


def _python() -> Hallazgo:
    version = ".".join(map(str, sys.version_info[:3]))
    wanted = ".".join(map(str, _PYTHON))
    return Hallazgo("Python", sys.version_info >= _PYTHON, version, f"instale Python {wanted} o posterior")


def _libraries() -> Hallazgo:
    """lxml and xmlsec refuse each other, when they are imported, if they were linked with different libxml2."""
    # Not in this process: the vendors' modules belong to shared/dte, and their failure is of no class of ours.
    program = "from lxml import etree; import xmlsec; print('libxml2', '.'.join(map(str, etree.LIBXML_VERSION)))"
    outcome = _run([sys.executable, "-c", program])
    remedy = "reinstale las dos: «pip install --force-reinstall --no-deps --require-hashes -r requirements/posta.txt»"
    return Hallazgo("lxml y xmlsec", outcome.returncode == 0, _last_line(outcome), remedy)


def _schemas() -> Hallazgo:
    spec = importlib.util.find_spec("facturacion_electronica")
    folders = [Path(folder) for folder in (spec.submodule_search_locations or [])] if spec else []
    found = [xsd for folder in folders for xsd in folder.glob("xsd/**/*.xsd")]
    detail = f"{len(found)} archivos XSD" if found else "no está el paquete facturacion-electronica"
    remedy = "«pip install --no-deps --require-hashes -r requirements/posta.txt»"
    return Hallazgo("esquemas del SII", bool(found), detail, remedy)


def _clock() -> Hallazgo:
    moment = chile(now())
    return Hallazgo(
        "reloj",
        moment.year >= _FIRST_YEAR,
        f"en Chile son las {moment:%H:%M:%S} del {moment:%d-%m-%Y}",
        "ponga el reloj en hora: el SII rechaza documentos con otra fecha",
    )


def _rabbitmq(settings: Settings) -> Hallazgo:
    try:
        sbin, _ = find_sbin(settings.rabbitmq_sbin), find_epmd()
    except Misconfigured as error:
        return Hallazgo("RabbitMQ", False, *_cause_and_remedy(error))
    return Hallazgo("RabbitMQ", True, str(sbin))


def _mongod(settings: Settings) -> Hallazgo:
    try:
        program = find_mongod(settings.mongod)
    except Misconfigured as error:
        return Hallazgo("MongoDB", False, *_cause_and_remedy(error))
    outcome = _run([str(program), "--version"])
    if outcome.returncode:
        return Hallazgo("MongoDB", False, f"{program}: {_last_line(outcome)}", "«sudo apt-get install libcurl4»")
    return Hallazgo("MongoDB", True, f"{outcome.stdout.splitlines()[0]}, {program}")


def _folder(settings: Settings) -> Hallazgo:
    carpeta = settings.carpeta.resolve()
    try:
        carpeta.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=carpeta):
            pass
    except OSError as error:
        detail = f"no se puede escribir en {carpeta}: {explain(error)}"
        return Hallazgo("carpeta de datos", False, detail, "dé permiso de escritura, u otra en POSTA_CARPETA")
    return Hallazgo("carpeta de datos", True, str(carpeta))


def _disk(settings: Settings) -> Hallazgo:
    carpeta = settings.carpeta.resolve()
    free = shutil.disk_usage(next(folder for folder in (carpeta, *carpeta.parents) if folder.exists())).free
    return Hallazgo(
        "disco",
        free >= _DISK_BYTES,
        f"{free / 1e9:.1f} GB libres",
        f"libere espacio (al menos {_DISK_BYTES / 1e9:.0f} GB), o indique otra carpeta en POSTA_CARPETA",
    )


_CHECKS: tuple[Callable[[Settings], Hallazgo], ...] = (_rabbitmq, _mongod, _folder, _disk)


def _ports(settings: Settings) -> list[Hallazgo]:
    """Ports that the user fixed; the others are chosen when the stack starts."""
    if in_use(settings.carpeta / "up"):
        return [Hallazgo("puertos", True, "los usa el «posta up» que está en marcha")]
    fixed = [(f"POSTA_{name.upper()}", getattr(settings, name)) for name in _PORTS if name in settings.model_fields_set]
    if not fixed:
        return [Hallazgo("puertos", True, "se eligen libres al partir")]
    return [_port(name, port) for name, port in fixed]


def _port(name: str, port: int) -> Hallazgo:
    if is_free(port):
        return Hallazgo(name, True, f"el puerto {port} está libre")
    return Hallazgo(
        name, False, f"el puerto {port} está ocupado", "elija otro, o quite la variable y se usará uno libre"
    )


def _given(settings: Settings) -> str:
    given = ", ".join(f"POSTA_{name.upper()}" for name in sorted(settings.model_fields_set))
    return given or "todo por omisión"


def _cause_and_remedy(error: Misconfigured) -> tuple[str, str]:
    cause, _, remedy = str(error).partition(": ")
    return cause, remedy


def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(  # noqa: S603 - our own command lines
            command, capture_output=True, text=True, timeout=_PATIENCE, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return subprocess.CompletedProcess(command, returncode=1, stdout="", stderr=str(error))


def _last_line(outcome: subprocess.CompletedProcess[str]) -> str:
    lines = (outcome.stderr or outcome.stdout).strip().splitlines()
    return lines[-1] if lines else f"estado {outcome.returncode}"


def _table(hallazgos: list[Hallazgo]) -> Table:
    table = Table("", "qué", "cómo está", "qué hacer", title="posta doctor", title_justify="left")
    for hallazgo in hallazgos:
        mark, style = ("✔", "green") if hallazgo.bien else ("✘", "red")
        remedy = "" if hallazgo.bien else hallazgo.remedio
        table.add_row(
            f"[{style}]{mark}[/{style}]", *(_plain(text) for text in (hallazgo.que, hallazgo.detalle, remedy))
        )
    return table


def _plain(text: str) -> str:
    return text.replace("[", r"\[")
