"""Where alerts go, read from the settings. What is wrong there is told at the start, by its variable."""

from __future__ import annotations

from ipaddress import ip_address

from shared.correo import Seguridad, ServidorCorreo, parse_direccion
from shared.errors import Misconfigured
from shared.settings import Settings, read_secret

WEBHOOK = "webhook"
CORREO = "correo:"


def read_destinos(settings: Settings) -> tuple[str, ...]:
    """`webhook` if there is one, and `correo:DIRECCIÓN` for each address."""
    direcciones = filter(None, (una.strip() for una in settings.alertas_correo.split(",")))
    webhook = () if settings.alertas_webhook_url is None else (WEBHOOK,)
    return (*webhook, *(f"{CORREO}{_parse(una, 'alertas_correo')}" for una in direcciones))


def read_servidor(settings: Settings) -> ServidorCorreo:
    """The mail server for alerts. Misconfigured if mail, or a password, would travel in the clear."""
    _parse(settings.alertas_remitente, "alertas_remitente")
    host, seguridad = settings.alertas_smtp_host, settings.alertas_smtp_seguridad
    if seguridad is Seguridad.NINGUNA and not _is_local(host):
        raise Misconfigured("POSTA_ALERTAS_SMTP_SEGURIDAD: fuera de esta máquina debe ser starttls o ssl")
    usuario = settings.alertas_smtp_user
    clave = usuario and read_secret(settings.alertas_smtp_password_file, "alertas_smtp_password_file")
    return ServidorCorreo(host, settings.alertas_smtp_port, seguridad, usuario, clave)


def _parse(direccion: str, setting: str) -> str:
    try:
        return parse_direccion(direccion)
    except ValueError as error:
        raise Misconfigured(f"POSTA_{setting.upper()}: «{direccion}» {error}") from error


def _is_local(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
