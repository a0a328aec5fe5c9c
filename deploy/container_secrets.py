"""Makes the secrets of a containerised stack once, as files that only their users can read.

Run by the service `secretos` of compose.yaml, as root, before anything else: `python -m deploy.container_secrets DIR`.
"""

from __future__ import annotations

import os
import secrets
import sys
from pathlib import Path

from shared.adapters.keystore import create_llave_maestra

POSTA_UID = 10001
"""The user of our image (Dockerfile)."""
RABBITMQ_UID = 999
"""The user of the official image."""
RABBITMQ_USER = "posta"


def write_secrets(carpeta: Path, *, posta_uid: int = POSTA_UID, rabbitmq_uid: int = RABBITMQ_UID) -> None:
    """Write `llave_maestra`, `rabbitmq_clave` and `rabbitmq.conf` to `carpeta`; what is there already stays."""
    carpeta.mkdir(parents=True, exist_ok=True)
    llave = carpeta / "llave_maestra"
    if not llave.exists():
        create_llave_maestra(llave)
    clave = carpeta / "rabbitmq_clave"
    if not clave.exists():
        _write_private(clave, secrets.token_urlsafe(24))
    conf = carpeta / "rabbitmq.conf"
    if not conf.exists():
        password = clave.read_text(encoding="ascii")
        _write_private(conf, f"default_user = {RABBITMQ_USER}\ndefault_pass = {password}\n")
    for archivo, uid in ((llave, posta_uid), (clave, posta_uid), (conf, rabbitmq_uid)):
        os.chown(archivo, uid, -1)


def _write_private(archivo: Path, text: str) -> None:
    archivo.touch(mode=0o600)
    archivo.write_text(text, encoding="ascii")


if __name__ == "__main__":
    write_secrets(Path(sys.argv[1]))
