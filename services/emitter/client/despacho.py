"""Store and forward: a sale goes to the till's own disk first, and from there to the emitter, until it is issued.

    with Despacho("/var/lib/pos/ventas.db", SyncPosClient(url, llave, intentos=1)) as despacho:
        documento = despacho.emit(venta, clave="caja-7-000123", espera=2.0)     # None: it waits, and is not lost

While the emitter cannot be reached everything waits; a sale that is wrong in itself is set aside and keeps nobody up.
"""

from __future__ import annotations

import json
import logging
import os
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

from services.emitter.client.pos import Venta
from services.emitter.client.respuestas import DocumentoEmitido
from services.emitter.client.sincrono import SyncPosClient
from services.emitter.client.spool import EstadoVenta, Spool, VentaGuardada
from shared.clock import Clock, now
from shared.errors import Conflict, Invalid, PostaError

log = logging.getLogger("posta.client")

OnResultado = Callable[[str, DocumentoEmitido | None, PostaError | None], None]

_PAUSA = timedelta(seconds=1)
_PAUSA_MAX = timedelta(seconds=60)


class Despacho:
    """A thread that empties the spool. `close()` stops it; what it has not issued waits for the next start."""

    def __init__(
        self,
        archivo: Path | str,
        pos: SyncPosClient | Callable[[str], SyncPosClient],
        *,
        on_resultado: OnResultado = lambda *_: None,
        clock: Clock = now,
        pausa: timedelta = _PAUSA,
    ) -> None:
        """`pos` is the client, or gives the one for a key. `on_resultado` is told of every sale that is issued, set
        aside or put off, in the thread of the dispatch; `pausa` is the first wait after the emitter gave no answer.
        """
        self.spool = Spool(Path(archivo))
        self._pos_of: Callable[[str], SyncPosClient] = pos if callable(pos) else lambda _: pos
        self._on_resultado = on_resultado
        self._clock = clock
        self._pausa = pausa
        self._lock = threading.Condition()
        self._nudged = False
        self._closed = False
        self._pid = 0
        self._hilo: threading.Thread | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    @property
    def is_running(self) -> bool:
        return self._hilo is not None and self._hilo.is_alive() and self._pid == os.getpid()

    def start(self) -> None:
        """Go on with what is in the spool. A forked process starts its own thread by calling this, or `put`."""
        with self._lock:
            if not self.is_running:
                self._pid, self._closed = os.getpid(), False
                self._hilo = threading.Thread(target=self._run, name="posta-despacho", daemon=True)
                self._hilo.start()

    def close(self) -> None:
        """Finish the sale that is under way, and stop."""
        with self._lock:
            self._closed = True
            self._lock.notify_all()
        if self._hilo is not None and self._pid == os.getpid():
            self._hilo.join()

    def put(self, venta: Venta | bytes, clave: str) -> None:
        """Keep the sale and return at once: from here on it is not lost. Conflict as `Spool.put`."""
        cuerpo = venta if isinstance(venta, bytes) else json.dumps(venta, ensure_ascii=False).encode()
        self.spool.put(clave, cuerpo, self._clock())
        self.start()
        self._nudge()

    def emit(self, venta: Venta | bytes, clave: str, *, espera: float) -> DocumentoEmitido | None:
        """Keep the sale, and give its document if it comes within `espera` seconds; None if it comes later.

        Invalid if the sale cannot be issued as it stands.
        """
        self.put(venta, clave)
        return self.wait(clave, espera)

    def wait(self, clave: str, espera: float) -> DocumentoEmitido | None:
        """The document of a sale that was put here; None if there is none within `espera` seconds."""
        with self._lock:
            self._lock.wait_for(lambda: not self._waits(clave), espera)
        guardada = self.spool.get(clave)
        if guardada is not None and guardada.estado is EstadoVenta.RECHAZADA:
            raise Invalid.one("", "POSTA-POS-02", guardada.error)
        return DocumentoEmitido.model_validate_json(guardada.documento) if guardada and guardada.documento else None

    def wait_empty(self, espera: float) -> bool:
        """True once nothing waits any more; False after `espera` seconds."""
        with self._lock:
            return self._lock.wait_for(lambda: self.spool.count()[EstadoVenta.PENDIENTE] == 0, espera)

    def _waits(self, clave: str) -> bool:
        guardada = self.spool.get(clave)
        return guardada is not None and guardada.estado is EstadoVenta.PENDIENTE

    def _nudge(self) -> None:
        with self._lock:
            self._nudged = True
            self._lock.notify_all()

    def _run(self) -> None:
        pausa = self._pausa
        while not self._closed:
            guardada = self.spool.borrow(self._clock())
            if guardada is None:
                self._pause(self._pausa)
            elif self._try_safely(guardada, pausa):
                pausa = self._pausa
            else:
                self._pause(pausa, nudges=False)
                pausa = min(2 * pausa, _PAUSA_MAX)

    def _pause(self, pausa: timedelta, *, nudges: bool = True) -> None:
        """Until there is something new; after a failure only time helps."""
        with self._lock:
            self._lock.wait_for(lambda: self._closed or (nudges and self._nudged), pausa.total_seconds())
            self._nudged = False

    def _try_safely(self, guardada: VentaGuardada, pausa: timedelta) -> bool:
        """`_try`; a mistake in the till's own `on_resultado` must not end the thread, and is told again later."""
        try:
            return self._try(guardada, pausa)
        except Exception as error:
            log.exception("venta %s: no se pudo anotar su resultado", guardada.clave)
            self.spool.give_back(guardada.clave, repr(error), self._clock() + pausa)
            return False
        finally:
            with self._lock:
                self._lock.notify_all()

    def _try(self, guardada: VentaGuardada, pausa: timedelta) -> bool:
        """Whether the emitter answered. The till is told first: whoever dies in between tells it twice, never not."""
        clave = guardada.clave
        try:
            documento = self._pos_of(clave).emit(guardada.cuerpo, clave)
        except (Invalid, Conflict) as error:
            self._on_resultado(clave, None, error)
            self.spool.refuse(clave, str(error), self._clock())
            return True
        except PostaError as error:
            self._on_resultado(clave, None, error)
            self.spool.give_back(clave, str(error), self._clock() + pausa)
            return False
        self._on_resultado(clave, documento, None)
        self.spool.finish(clave, documento.model_dump_json(), self._clock())
        return True
