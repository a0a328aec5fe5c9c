"""The settings of the local stack: private servers, free ports, keys that are made when they are missing."""

from __future__ import annotations

import json
from pathlib import Path

from deploy.local.environment import settings_variables
from deploy.local.lock import in_use
from deploy.local.ports import LOOPBACK, free_ports, is_free, require_free
from services.sandbox.main import llaves_file
from shared.adapters.keystore import create_llave_maestra
from shared.dte.tipos import Ambiente
from shared.settings import LogFormat, Settings

_PORTS = ("emitter_port", "monitor_port", "sandbox_port", "sandbox_smtp_port", "sender_port")
_PUBLISHED = "entorno.json"


def local_settings(settings: Settings, *, given: Settings, carpeta: Path, sandbox: bool, usual_ports: bool) -> Settings:
    """`settings` with everything that a stack in `carpeta` needs; what the user gave (`given`) stays as it is."""
    update: dict[str, object] = {"carpeta": carpeta.resolve(), "log_format": LogFormat.TEXTO}
    update |= {"llave_maestra_file": _master_key(carpeta)}
    if sandbox:
        update |= {"ambiente": Ambiente.CERTIFICACION}
        update |= {"caf_llaves_file": llaves_file(carpeta.resolve())}
    kept = {name: getattr(given, name) for name in update if name in given.model_fields_set and name != "carpeta"}
    ports = _pick_ports(given, usual=usual_ports)
    address = {"sii_url": f"http://{LOOPBACK}:{ports['sandbox_port']}"} if sandbox else {}
    return settings.model_copy(update=update | kept | ports | address)


def check_given_ports(settings: Settings) -> None:
    """Misconfigured, with its name, if a port that the user chose is taken."""
    for name in _PORTS:
        if name in settings.model_fields_set:
            require_free(name, getattr(settings, name))


def publish(settings: Settings, carpeta: Path) -> None:
    """Leave word of a running stack for the other commands of this checkout."""
    archivo = carpeta / _PUBLISHED
    archivo.touch(mode=0o600)
    archivo.write_text(json.dumps(settings_variables(settings), indent=1), encoding="utf-8")


def running_settings(settings: Settings) -> Settings:
    """The settings of the stack that `posta up` runs in `settings.carpeta`, overruled by what the environment gives.

    The same settings if none runs, or if the environment names a database of its own.
    """
    carpeta = settings.carpeta / "up"
    if "mongo_url" in settings.model_fields_set or not in_use(carpeta) or not (carpeta / _PUBLISHED).exists():
        return settings
    variables: dict[str, str] = json.loads((carpeta / _PUBLISHED).read_text(encoding="utf-8"))
    published = Settings.model_validate({name.removeprefix("POSTA_").lower(): v for name, v in variables.items()})
    given = settings.model_fields_set - {"carpeta"}  # which is the folder of stacks; that of this one is inside
    return published.model_copy(update={name: getattr(settings, name) for name in given})


def _master_key(carpeta: Path) -> Path:
    archivo = (carpeta / "llave_maestra").resolve()
    if not archivo.exists():
        create_llave_maestra(archivo)
    return archivo


def _pick_ports(given: Settings, *, usual: bool) -> dict[str, int]:
    """Each given port as it is; else the usual one if it is wanted and free; else any that is."""
    picked = {}
    for name, other in zip(_PORTS, free_ports(len(_PORTS)), strict=True):
        port: int = getattr(given, name)
        picked[name] = port if name in given.model_fields_set or (usual and is_free(port)) else other
    return picked
