"""`BackgroundDTESender` for a Django POS: the calls of the sender that ran in its own threads, with Posta behind them.

The POS's `facturacion_electronica/background_sender.py` becomes one line, and its views stay as they are:

    from services.emitter.client.django_pos import BackgroundDTESender, get_background_sender

Its settings: `POSTA_URL`, `POSTA_LLAVE_FILE` (one file, or `{empresa_id: file}`), `POSTA_SPOOL` (a file that belongs to
the POS), and if need be `POSTA_MODELO`, `POSTA_VENTA` (a function that makes the sale of a row), `POSTA_ESPERA`.

What changes for the better: a sale is on disk before the view goes on, so a restart loses none; it is sent until it is
issued, not three times; and it is never issued twice. Folio and stamp are Posta's and are written into the row, as a
rule before the view goes on.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import IntegrityError, close_old_connections, connection, transaction
from django.utils import timezone

from services.emitter.client.despacho import Despacho
from services.emitter.client.pos import Venta
from services.emitter.client.respuestas import DocumentoEmitido
from services.emitter.client.sincrono import SyncPosClient
from services.emitter.client.spool import EstadoVenta
from services.emitter.client.venta_xml import read_venta_xml
from shared.errors import Conflict, Invalid, Misconfigured, PostaError

log = logging.getLogger("posta.client")

_ERROR_MAX = 500
"""As much of an error as the POS keeps in a row."""


def read_fila(fila: Any) -> dict[str, Any]:
    """The sale of a row, from the XML that the POS made of it."""
    return read_venta_xml(fila.xml_dte or fila.xml_firmado or "")


@dataclass(frozen=True, slots=True)
class Opciones:
    """How the sender reaches Posta, and the POS's own table."""

    url: str
    llave_file: Path | Mapping[int, Path]
    spool: Path
    modelo: str = "facturacion_electronica.DocumentoTributarioElectronico"
    venta: Callable[[Any], Venta] = read_fila
    espera: float = 2.0
    """Seconds that `enviar_dte` waits for folio and stamp before it lets the view go on."""

    @classmethod
    def from_settings(cls) -> Opciones:
        """Those in Django's settings. Misconfigured names what is missing."""
        missing = [name for name in ("POSTA_URL", "POSTA_LLAVE_FILE", "POSTA_SPOOL") if not hasattr(settings, name)]
        if missing:
            raise Misconfigured(f"falta {', '.join(missing)} en la configuración de Django")
        optional = {
            name: getattr(settings, f"POSTA_{name.upper()}")
            for name in ("modelo", "venta", "espera")
            if hasattr(settings, f"POSTA_{name.upper()}")
        }
        if isinstance(optional.get("venta"), str):
            modulo, _, funcion = optional["venta"].rpartition(".")
            optional["venta"] = getattr(import_module(modulo), funcion)
        return cls(settings.POSTA_URL, settings.POSTA_LLAVE_FILE, Path(settings.POSTA_SPOOL), **optional)


class BackgroundDTESender:
    """The sender. Any number of processes of a POS may have one each, on the same spool."""

    def __init__(self, opciones: Opciones | None = None) -> None:
        """Without `opciones`, those of Django's settings."""
        self._opciones = opciones or Opciones.from_settings()
        self._clientes: dict[int, SyncPosClient] = {}
        self._despacho = Despacho(self._opciones.spool, self._cliente_of, on_resultado=self._note)
        self._despacho.start()
        self._recover()

    def enviar_dte(self, dte_id: int, empresa_id: int, intentos: int = 0) -> bool:  # noqa: ARG002  the seed's call
        """Have a row's document issued; True if it is on its way or issued already, False if it cannot be.

        Within a transaction it goes when that commits, and not at all when it is rolled back. Otherwise folio and stamp
        are in the row when this returns, unless the emitter takes longer than `espera`.
        """
        clave = f"dte-{empresa_id}-{dte_id}"
        fila = self._modelo.objects.filter(pk=dte_id).first()
        if fila is None:
            log.error("DTE %s no encontrado", dte_id)
            return False
        if self._was_issued(clave):
            return True
        try:
            venta = self._opciones.venta(fila)
        except Invalid as error:
            self._update(dte_id, estado_sii="pendiente", error_envio=str(error))
            return False
        self._submit(dte_id, clave, venta)
        if not connection.in_atomic_block:
            self._wait(clave)
        return True

    def enviar_multiples(self, dtes_ids: Iterable[int], empresa_id: int) -> int:
        """`enviar_dte` for each; how many are on their way."""
        return sum(self.enviar_dte(dte_id, empresa_id) for dte_id in dtes_ids)

    def get_stats(self) -> dict[str, Any]:
        """Figures for the POS's own monitor page. They outlive restarts."""
        counted = self._despacho.spool.count()
        return {
            "enviados": counted[EstadoVenta.EMITIDA],
            "errores": counted[EstadoVenta.RECHAZADA],
            "en_cola": counted[EstadoVenta.PENDIENTE],
            "workers_activos": int(self._despacho.is_running),
            "ultimo_error": self._despacho.spool.last_error(),
        }

    def esperar_cola_vacia(self, timeout: float = 30) -> bool:
        """True once nothing waits; False after `timeout` seconds."""
        return self._despacho.wait_empty(timeout)

    def shutdown(self) -> None:
        """Stop. What is not issued yet goes on at the next start."""
        self._despacho.close()
        for cliente in self._clientes.values():
            cliente.close()

    @property
    def _modelo(self) -> Any:

        return apps.get_model(self._opciones.modelo)

    def _cliente_of(self, clave: str) -> SyncPosClient:
        empresa_id = int(clave.split("-")[1])
        if empresa_id not in self._clientes:
            archivo = self._opciones.llave_file
            archivo = archivo[empresa_id] if isinstance(archivo, Mapping) else archivo
            llave = Path(archivo).read_text(encoding="ascii").strip()
            self._clientes[empresa_id] = SyncPosClient(self._opciones.url, llave, intentos=1)
        return self._clientes[empresa_id]

    def _was_issued(self, clave: str) -> bool:
        """True if it was, and then the row says so, whatever it said before."""
        guardada = self._despacho.spool.get(clave)
        if guardada is None or guardada.documento is None:
            return False
        self._write(clave, DocumentoEmitido.model_validate_json(guardada.documento), None)
        return True

    def _submit(self, dte_id: int, clave: str, venta: Venta) -> None:
        """The intent into the row, then the sale to the spool; `_recover` finds those that died in between."""
        self._update(dte_id, estado_sii="enviando")
        transaction.on_commit(partial(self._put, dte_id, clave, venta))

    def _put(self, dte_id: int, clave: str, venta: Venta) -> None:
        try:
            self._despacho.put(venta, clave)
        except Conflict as error:
            self._update(dte_id, estado_sii="pendiente", error_envio=str(error))

    def _wait(self, clave: str) -> None:
        try:
            self._despacho.wait(clave, self._opciones.espera)
        except Invalid:
            log.warning("%s no se pudo emitir", clave)  # the row says why

    def _recover(self) -> None:
        filas = self._modelo.objects.filter(estado_sii="enviando").values_list("pk", "empresa_id")
        for dte_id, empresa_id in list(filas):
            clave = f"dte-{empresa_id}-{dte_id}"
            if self._despacho.spool.get(clave) is None:
                self._submit(dte_id, clave, self._opciones.venta(self._modelo.objects.get(pk=dte_id)))

    def _note(self, clave: str, documento: DocumentoEmitido | None, error: PostaError | None) -> None:
        """What came of a sale, into its row. Runs in the thread of the dispatch, with a connection of its own."""
        close_old_connections()
        try:
            self._write(clave, documento, error)
        finally:
            close_old_connections()

    def _write(self, clave: str, documento: DocumentoEmitido | None, error: PostaError | None) -> None:

        dte_id = int(clave.split("-")[2])
        if documento is None:
            self._update(dte_id, estado_sii="pendiente", error_envio=str(error))
            return
        issued = {
            "estado_sii": "enviado",
            "timbre_electronico": documento.ted,
            "fecha_envio_sii": timezone.now(),
            "error_envio": "",
        }
        try:
            self._update(dte_id, **issued, folio=documento.folio)
        except IntegrityError:
            issued["error_envio"] = f"se emitió con el folio {documento.folio}, que aquí ya tiene otro documento"
            self._update(dte_id, **issued)

    def _update(self, dte_id: int, **valores: Any) -> None:
        """Those of these fields that the POS's table has."""
        campos = {campo.name for campo in self._modelo._meta.get_fields()}  # noqa: SLF001  Django's own name
        if "error_envio" in valores:
            valores["error_envio"] = valores["error_envio"][:_ERROR_MAX]
        with transaction.atomic():  # so that a refused update breaks nothing around it
            self._modelo.objects.filter(pk=dte_id).update(**{k: v for k, v in valores.items() if k in campos})


_sender: BackgroundDTESender | None = None
_lock = threading.Lock()


def get_background_sender() -> BackgroundDTESender:
    """The one sender of this process."""
    global _sender  # noqa: PLW0603  the seed's way to share it
    with _lock:
        if _sender is None:
            _sender = BackgroundDTESender()
        return _sender
