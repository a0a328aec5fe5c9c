"""Every setting of Posta, read once from the environment (`POSTA_…`) and frozen. Nothing else reads the environment.

Secrets come as files, never as values: a value would show in process lists and in crash reports.
"""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, Field, ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.correo import Seguridad
from shared.dte.tipos import Ambiente
from shared.errors import Misconfigured, explain

_WEBHOOK = r"^(https://|http://(127\.0\.0\.1|localhost)[:/])"
Port = Annotated[int, Field(ge=1, le=65535)]


def _seconds(value: object) -> object:
    """A plain number in a variable means seconds; pydantic by itself takes only ISO 8601 from text."""
    try:
        return timedelta(seconds=float(value)) if isinstance(value, str) else value
    except (ValueError, OverflowError):
        return value


Duration = Annotated[timedelta, BeforeValidator(_seconds), Field(ge=timedelta(0))]


class LogFormat(StrEnum):
    JSON = "json"
    TEXTO = "texto"


class Settings(BaseSettings):
    """One process's settings. Durations are given in seconds or as ISO 8601 (`PT0.2S`)."""

    model_config = SettingsConfigDict(env_prefix="POSTA_", frozen=True, extra="ignore")

    ambiente: Ambiente = Ambiente.CERTIFICACION
    carpeta: Path = Path(".posta")
    """Data of the local stack: servers, keys, sandbox."""
    rabbitmq_sbin: Path | None = None
    """Folder with `rabbitmq-server` for the private node, instead of Debian's."""
    mongod: Path | None = None
    """The private database's program, instead of the one on the PATH or in the wheel."""
    mongod_port: Port | None = None
    """Port of the private database; a free one when it is not given."""
    log_format: LogFormat = LogFormat.JSON
    log_level: str = Field(default="INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$")

    mongo_url: str = "mongodb://127.0.0.1:27017/?replicaSet=posta"
    mongo_user: str | None = None
    mongo_password_file: Path | None = None
    mongo_database: str = "posta"
    mongo_timeout: Duration = timedelta(seconds=4)
    """Bound of every operation: a POS gets its 503 within this time when MongoDB is away."""

    rabbit_host: str = "127.0.0.1"
    rabbit_port: Port = 5672
    rabbit_vhost: str = "/"
    rabbit_user: str = "guest"
    rabbit_password_file: Path | None = None
    rabbit_tls: bool = False
    """Whether RabbitMQ is spoken to over TLS, usually on port 5671; its certificate must be for `rabbit_host`."""
    rabbit_ca_file: Path | None = None
    """PEM certificates of whoever signed RabbitMQ's, instead of those that this machine trusts."""
    rabbit_timeout: Duration = timedelta(seconds=5)

    llave_maestra_file: Path | None = None
    """32 random bytes that encrypt certificates and CAF keys at rest; older keys may follow while they are replaced."""
    caf_llaves_file: Path | None = None
    """More authority keys for CAFs, in certificación only: the sandbox's. JSON `{IDK: PEM}`."""

    uf_file: Path | None = None
    """Values of the UF, a line a day: `2026-11-24;39.812,45`. Without the day's, large boletas are only warned of."""

    emitter_host: str = "127.0.0.1"
    emitter_port: Port = 8001
    admin_token_file: Path | None = None
    """The token (32 characters or more) that CAFs and replays over HTTP want; without it nobody can."""
    emitter_lote_max: int = Field(default=200, ge=1, le=1000)
    """Sales that one group commit takes at most."""
    emitter_hilos: int = Field(default=2, ge=1, le=32)
    """Threads that sign."""

    terminal_por_segundo: float = Field(default=1_000, gt=0, le=1_000_000)
    """Sales of one till in a second, at each emitter, unless the till has a limit of its own. A web shop that sends its
    day in bulk is a till, too; for one with a person at it a hundredth of this is plenty.
    """
    terminal_rafaga: Duration = timedelta(seconds=10)
    """Of a till's unused time, as much may be spent at once: 10 s at 1,000/s are 10,000 sales."""

    folios_dias_aviso: int = Field(default=15, ge=0)
    """Somebody is told when the folios left are enough for so many days at the rate of the last week, or fewer."""
    folios_dias_critico: int = Field(default=3, ge=0)
    folios_minimo: int = Field(default=20, ge=0)
    """Somebody is told of so few folios however slowly they are used."""
    folios_revision: Duration = timedelta(seconds=10)
    """How often an emitter looks at the stock of folios, and at who has folios of their own."""

    monitor_host: str = "127.0.0.1"
    monitor_port: Port = 8002
    monitor_refresco: Duration = timedelta(seconds=0.5)
    """The page gets at most one update in this time."""
    monitor_navegadores: int = Field(default=200, ge=1)
    """Event streams open at one time; whoever comes after them asks by itself, every five seconds."""
    monitor_proxies: str = ""
    """Addresses of reverse proxies, with commas, whose X-Forwarded-For and -Proto are believed; nobody's otherwise."""
    monitor_hosts: str = ""
    """Names, with commas, by which browsers ask for it; addresses and this machine's own name always serve."""
    sesion_inactiva: Duration = timedelta(hours=1)
    """A session of the monitor that nobody uses ends after this time."""
    sesion_maxima: Duration = timedelta(hours=12)
    """However much it is used, it ends after this time."""

    alertas_webhook_url: str | None = Field(default=None, pattern=_WEBHOOK)
    """Alerts are posted there, signed; in the clear only to this machine."""
    alertas_webhook_secret_file: Path | None = None
    """The secret (32 characters or more) that signs them, known to the receiver too."""
    alertas_correo: str = ""
    """Addresses that alerts are mailed to, with commas between them."""
    alertas_smtp_host: str = "127.0.0.1"
    alertas_smtp_port: Port = 25
    alertas_smtp_seguridad: Seguridad = Seguridad.NINGUNA
    """`starttls` or `ssl` wherever the server is not this machine."""
    alertas_smtp_user: str | None = None
    alertas_smtp_password_file: Path | None = None
    alertas_remitente: str = "posta@localhost.localdomain"
    """From whom the mails are."""
    alertas_timeout: Duration = timedelta(seconds=15)
    alertas_revision: Duration = timedelta(seconds=10)
    """How often a monitor looks at what is wrong."""
    alertas_resumen: Duration = timedelta(minutes=15)
    """Rejections of so long a time are told in one digest."""
    alertas_recordatorio: Duration = timedelta(hours=24)
    """What is still wrong after this is told again."""
    alertas_dias_vencimiento: int = Field(default=30, ge=1, le=365)
    """Somebody is told so many days before a CAF or a certificate ends."""

    sandbox_host: str = "127.0.0.1"
    sandbox_port: Port = 8003
    sandbox_smtp_port: Port = 8005
    """Where the sandbox plays the customers' mail server."""

    sender_host: str = "127.0.0.1"
    sender_port: Port = 8004
    """Health and metrics of the sender."""
    max_workers: int = Field(default=5, ge=1, le=64)
    """Uploads under way at one time, in one sender."""
    dtebox_workers: int = Field(default=5, ge=1, le=64)
    """Documents on their way to DTEBoxes at one time, in one sender, besides those uploads: a box takes one by one."""
    max_intentos: int = Field(default=3, ge=1, le=100)
    """Real attempts of one document before it is parked for a person."""
    consumo_vencido: Duration = timedelta(seconds=15)
    """Work waits in a queue and none of it comes for this long: its consumer is dead and is opened again."""
    prefetch: int = Field(default=500, ge=1, le=10_000)
    sobre_max_documentos: int = Field(default=50, ge=1, le=500)
    sobre_max_bytes: int = Field(default=1_000_000, ge=50_000, le=5_000_000)
    sobre_espera: Duration = timedelta(milliseconds=200)
    """How long an envelope stays open for company once it has its first document."""

    plazo_boleta: Duration = timedelta(hours=1)
    """Until then a boleta has to be at the SII; everything else on the day of its issue, Chile time."""
    plazo_boleta_aviso: Duration = timedelta(minutes=30)
    """So long before that somebody is told, and what still waits goes with the urgent ones."""
    plazo_factura_aviso: Duration = timedelta(hours=3)
    """The same before midnight."""

    sii_url: str | None = None
    """All of the SII's services on this address instead of the real hosts: the sandbox."""
    sii_timeout: Duration = timedelta(seconds=60)
    smtp_timeout: Duration = timedelta(seconds=30)
    """Bound of each step of a conversation with a mail server."""
    consulta_espera: Duration = timedelta(seconds=5)
    """First wait before the verdict of an upload is asked for; later waits grow."""
    latido: Duration = timedelta(seconds=2)
    latido_vencido: Duration = timedelta(seconds=15)
    """A process without a heartbeat for this long is dead; what it had under way is settled by others."""


def load_settings() -> Settings:
    """The settings of this process; Misconfigured names the variable that is wrong and what it should be."""
    try:
        return Settings()
    except ValidationError as error:
        problems = (f"POSTA_{'_'.join(map(str, e['loc'])).upper()}: {_remedy(e)}" for e in error.errors())
        raise Misconfigured("; ".join(problems)) from error


def _remedy(error: ErrorDetails) -> str:
    """What the variable must be, in Spanish."""
    remedy = _REMEDIOS.get(error["type"], "no es un valor válido").format_map(error.get("ctx", {}))
    return remedy.replace("' or '", "' o '").replace("datetime.timedelta(0)", "0")


_REMEDIOS = {
    "enum": "debe ser {expected}",
    "string_pattern_mismatch": "debe ser de la forma {pattern}",
    "int_parsing": "debe ser un número entero",
    "float_parsing": "debe ser un número",
    "finite_number": "debe ser un número",
    "greater_than": "debe ser mayor que {gt}",
    "greater_than_equal": "debe ser {ge} o más",
    "less_than_equal": "debe ser {le} o menos",
    "time_delta_parsing": "debe ser una duración, en segundos o de la forma PT0.2S",
}
"""By pydantic's error types."""


def require_file(archivo: Path | None, setting: str) -> Path:
    """The path that a setting gives. Misconfigured if it gives none."""
    if archivo is None:
        raise Misconfigured(f"falta POSTA_{setting.upper()}: la ruta de un archivo")
    return archivo


def read_secret(archivo: Path | None, setting: str) -> str:
    """The secret in a file, without its line end; `setting` is a variable's name, or an option's (`--…`).

    Misconfigured if the setting is missing, or the file cannot be read or is no text.
    """
    name = setting if setting.startswith("--") else f"POSTA_{setting.upper()}"
    if archivo is None:
        raise Misconfigured(f"falta {name}: la ruta de un archivo con el secreto")
    try:
        return archivo.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise Misconfigured(f"{name}: no se puede leer {archivo}: {explain(error)}") from error
    except UnicodeDecodeError as error:
        raise Misconfigured(f"{name}: {archivo} no es un archivo de texto en UTF-8") from error


_TOKEN_MIN = 32


def read_admin_token(settings: Settings) -> str | None:
    """The administration's token, if the installation has one. Misconfigured if it could be guessed."""
    if settings.admin_token_file is None:
        return None
    token = read_secret(settings.admin_token_file, "admin_token_file")
    if len(token) < _TOKEN_MIN:
        raise Misconfigured(f"POSTA_ADMIN_TOKEN_FILE: el token debe tener {_TOKEN_MIN} caracteres o más")
    return token
