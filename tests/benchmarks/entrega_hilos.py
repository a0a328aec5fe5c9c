"""The design that Posta replaces, as a baseline: a FIFO queue in the process, five threads, one document per upload.

Run by `posta bench deliver` with a folder (see `entrega.Encargo`). Prints one JSON object: seconds from the moment at
which the signed documents are handed to the queue to the last track id, and how many track ids there are.
"""

from __future__ import annotations

import json
import queue
import sys
import threading
import time
from pathlib import Path

from shared.settings import load_settings
from tests.benchmarks.entrega import INTENTOS, TRABAJADORES, Encargo, Entrega, NoRecibido


def deliver(entrega: Entrega, cola: queue.Queue[bytes], recibidos: list[str]) -> None:
    """What one thread does, for ever: the next document, three attempts."""
    while True:
        dte = cola.get()
        for _ in range(INTENTOS):
            try:
                recibidos.append(entrega.upload(dte))
                break
            except NoRecibido:
                continue
        cola.task_done()


def main() -> None:
    """Deliver everything in the folder that the command line names."""
    encargo = Encargo(Path(sys.argv[1]))
    entrega, documentos = encargo.open_entrega(load_settings()), [path.read_bytes() for path in encargo.documentos()]
    entrega.log_in()
    cola: queue.Queue[bytes] = queue.Queue()
    recibidos: list[str] = []
    for _ in range(TRABAJADORES):
        threading.Thread(target=deliver, args=(entrega, cola, recibidos), daemon=True).start()
    began = time.monotonic()
    for dte in documentos:
        cola.put(dte)
    cola.join()
    json.dump({"segundos": time.monotonic() - began, "recibidos": len(set(recibidos))}, sys.stdout)


if __name__ == "__main__":
    main()
