"""A Celery worker as a baseline: five slots on the same RabbitMQ, one document per task, three retries, late acks.

Run by `posta bench deliver` with a folder (see `entrega.Encargo`). Prints one JSON object: seconds from the moment at
which the signed documents are handed to Celery to the last track id, and how many track ids there are. Every slot is
there and logged in before that.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import quote

from celery import Celery, group
from celery.signals import worker_process_init

from shared.settings import load_settings, read_secret
from tests.benchmarks.entrega import INTENTOS, TRABAJADORES, Encargo, Entrega, NoRecibido

CARPETA = "BENCH_CARPETA"
_ARRANQUE = 60.0


def _broker() -> str:
    """The address of Posta's broker, which Celery wants with its password inside; it stays in this process."""
    settings = load_settings()
    clave = quote(read_secret(settings.rabbit_password_file, "rabbit_password_file"), safe="")
    vhost = quote(settings.rabbit_vhost, safe="")
    return f"amqp://{settings.rabbit_user}:{clave}@{settings.rabbit_host}:{settings.rabbit_port}/{vhost}"


app = Celery("bench", broker=_broker(), backend="rpc://")
app.conf.update(
    task_acks_late=True,
    worker_prefetch_multiplier=1,
    worker_concurrency=TRABAJADORES,
    task_default_queue="bench.celery",
    broker_connection_retry_on_startup=True,
)
_entregas: list[Entrega] = []


def _open(**_: object) -> None:
    entrega = Encargo(Path(os.environ[CARPETA])).open_entrega(load_settings())
    entrega.log_in()
    _entregas.append(entrega)


worker_process_init.connect(_open)


def _entregar(dte: str) -> str:
    """The track id of one document."""
    return _entregas[0].upload(dte.encode("iso-8859-1"))


entregar = app.task(name="entregar", autoretry_for=(NoRecibido,), max_retries=INTENTOS, retry_backoff=1)(_entregar)


def _deliver(carpeta: Path) -> dict[str, float]:
    documentos = [path.read_bytes().decode("iso-8859-1") for path in Encargo(carpeta).documentos()]
    _until_there()
    began = time.monotonic()
    track_ids = group(entregar.s(dte) for dte in documentos).apply_async().get(timeout=3600)
    return {"segundos": time.monotonic() - began, "recibidos": len(set(track_ids))}


def _until_there() -> None:
    """Return once the worker answers, which it does when all its slots are there."""
    deadline = time.monotonic() + _ARRANQUE
    while not app.control.ping(timeout=0.5):
        if time.monotonic() > deadline:
            raise SystemExit("the Celery worker did not start")


def main() -> None:
    """Deliver everything in the folder that the command line names."""
    carpeta = Path(sys.argv[1])
    orden = [sys.executable, "-m", "celery", "-A", "tests.benchmarks.entrega_celery", "worker", "-l", "WARNING"]
    entorno = os.environ | {CARPETA: str(carpeta)}
    with subprocess.Popen([*orden, "--without-gossip", "--without-mingle"], env=entorno, stdout=sys.stderr) as worker:
        try:
            cifras = _deliver(carpeta)
        finally:
            worker.terminate()
    json.dump(cifras, sys.stdout)


if __name__ == "__main__":
    main()
