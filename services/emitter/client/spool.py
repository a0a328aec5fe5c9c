"""Sales of a till that have no document yet, on its own disk (SQLite): what was put here survives a power cut.

One file may be shared by the processes of a till; a sale is lent to one of them at a time, and comes back by itself
when that one dies.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path

from shared.errors import Conflict

_TABLA = """
CREATE TABLE IF NOT EXISTS ventas (
    orden INTEGER PRIMARY KEY AUTOINCREMENT,
    clave TEXT NOT NULL UNIQUE,
    cuerpo BLOB NOT NULL,
    estado TEXT NOT NULL,
    proximo REAL NOT NULL,
    error TEXT NOT NULL DEFAULT '',
    documento TEXT
);
CREATE INDEX IF NOT EXISTS ventas_por_estado ON ventas (estado, proximo, orden);
"""
_ARRIENDO = timedelta(minutes=5)
"""Longer than all attempts of one sale take."""


class EstadoVenta(StrEnum):
    PENDIENTE = "pendiente"
    EMITIDA = "emitida"
    RECHAZADA = "rechazada"
    """What was sold cannot be issued as it stands: a person must look."""


@dataclass(frozen=True, slots=True)
class VentaGuardada:
    """One sale as it is kept. `documento` is the emitter's answer in JSON, once there is one."""

    clave: str
    cuerpo: bytes
    estado: EstadoVenta
    error: str
    documento: str | None


class Spool:
    """The file. Every method is one transaction, on disk when it returns."""

    def __init__(self, archivo: Path) -> None:
        self._archivo = archivo
        with self._connect() as db:
            db.execute("PRAGMA journal_mode=WAL")
            db.executescript(_TABLA)

    def put(self, clave: str, cuerpo: bytes, ahora: datetime) -> None:
        """Keep a sale until it has its document. One that is there already stays; one that was refused is replaced.

        Conflict if the key stands for another sale that was issued or may have been sent.
        """
        with self._connect() as db:
            db.execute(
                "INSERT INTO ventas (clave, cuerpo, estado, proximo) VALUES (?, ?, ?, ?) ON CONFLICT (clave) DO UPDATE"
                " SET cuerpo = excluded.cuerpo, estado = excluded.estado, proximo = excluded.proximo, error = ''"
                " WHERE estado = ?",
                (clave, cuerpo, EstadoVenta.PENDIENTE, ahora.timestamp(), EstadoVenta.RECHAZADA),
            )
            [(guardado,)] = db.execute("SELECT cuerpo FROM ventas WHERE clave = ?", (clave,))
        if guardado != cuerpo:
            raise Conflict(f"la clave «{clave}» ya guarda otra venta: use una clave nueva")

    def borrow(self, ahora: datetime) -> VentaGuardada | None:
        """The sale that has waited longest and is due, lent for some minutes; None if there is none."""
        with self._connect() as db:
            rows = db.execute(
                "UPDATE ventas SET proximo = ? WHERE orden = (SELECT orden FROM ventas"
                " WHERE estado = ? AND proximo <= ? ORDER BY orden LIMIT 1)"
                " RETURNING clave, cuerpo, estado, error, documento",
                ((ahora + _ARRIENDO).timestamp(), EstadoVenta.PENDIENTE, ahora.timestamp()),
            ).fetchall()
        return _read(rows[0]) if rows else None

    def give_back(self, clave: str, error: str, cuando: datetime) -> None:
        """Not issued yet: due again at `cuando`."""
        self._update(clave, EstadoVenta.PENDIENTE, cuando, error, None)

    def finish(self, clave: str, documento: str, ahora: datetime) -> None:
        """Issued; `documento` is the answer in JSON."""
        self._update(clave, EstadoVenta.EMITIDA, ahora, "", documento)

    def refuse(self, clave: str, error: str, ahora: datetime) -> None:
        """Cannot be issued as it stands."""
        self._update(clave, EstadoVenta.RECHAZADA, ahora, error, None)

    def get(self, clave: str) -> VentaGuardada | None:
        with self._connect() as db:
            rows = db.execute(
                "SELECT clave, cuerpo, estado, error, documento FROM ventas WHERE clave = ?", (clave,)
            ).fetchall()
        return _read(rows[0]) if rows else None

    def count(self) -> dict[EstadoVenta, int]:
        """Sales in each state."""
        with self._connect() as db:
            counted = dict(db.execute("SELECT estado, count(*) FROM ventas GROUP BY estado").fetchall())
        return {estado: counted.get(estado, 0) for estado in EstadoVenta}

    def last_error(self) -> str | None:
        """Of the sale that was refused, or put off, last."""
        with self._connect() as db:
            rows = db.execute("SELECT error FROM ventas WHERE error <> '' ORDER BY proximo DESC LIMIT 1").fetchall()
        return str(rows[0][0]) if rows else None

    def _update(self, clave: str, estado: EstadoVenta, cuando: datetime, error: str, documento: str | None) -> None:
        with self._connect() as db:
            db.execute(
                "UPDATE ventas SET estado = ?, proximo = ?, error = ?, documento = ? WHERE clave = ? AND estado = ?",
                (estado, cuando.timestamp(), error, documento, clave, EstadoVenta.PENDIENTE),
            )

    @contextmanager
    def _connect(self) -> Iterator[sqlite3.Connection]:
        """A connection for one transaction: threads and forked processes share none."""
        with closing(sqlite3.connect(self._archivo, timeout=30)) as db:
            db.execute("PRAGMA synchronous=FULL")
            with db:
                yield db


def _read(row: tuple[str, bytes, str, str, str | None]) -> VentaGuardada:
    clave, cuerpo, estado, error, documento = row
    return VentaGuardada(clave, cuerpo, EstadoVenta(estado), error, documento)
