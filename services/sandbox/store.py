"""The SII never forgets: envelopes, documents and authorised folios in one SQLite file (WAL), safe across restarts.

Blocking; the callers run it in worker threads. A folio is registered at most once, by a unique index.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, astuple
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from services.sandbox.modelo import (
    Contador,
    DocumentoRevisado,
    EnCaja,
    Envio,
    EstadoEnvio,
    Objecion,
    Revision,
    Subida,
    Veredicto,
)
from shared.dte.tipos import Canal
from shared.errors import Conflict, Misconfigured

_ESQUEMA = """
CREATE TABLE IF NOT EXISTS envios (
  id INTEGER PRIMARY KEY AUTOINCREMENT, canal TEXT NOT NULL, emisor TEXT NOT NULL, envia TEXT NOT NULL,
  archivo TEXT NOT NULL, sha256 TEXT NOT NULL, recibido REAL NOT NULL, listo REAL NOT NULL, estado TEXT NOT NULL,
  objeciones TEXT NOT NULL, veces INTEGER NOT NULL DEFAULT 1);
CREATE UNIQUE INDEX IF NOT EXISTS envios_contenido ON envios (sha256) WHERE canal = 'factura';
CREATE TABLE IF NOT EXISTS documentos (
  id INTEGER PRIMARY KEY, envio INTEGER NOT NULL REFERENCES envios, emisor TEXT NOT NULL, tipo INTEGER NOT NULL,
  folio INTEGER NOT NULL, receptor TEXT NOT NULL, fecha TEXT NOT NULL, monto INTEGER NOT NULL, sha256 TEXT NOT NULL,
  veredicto TEXT NOT NULL, objeciones TEXT NOT NULL, repetido INTEGER NOT NULL, registrado INTEGER NOT NULL);
CREATE UNIQUE INDEX IF NOT EXISTS documentos_registrados ON documentos (emisor, tipo, folio) WHERE registrado = 1;
CREATE INDEX IF NOT EXISTS documentos_por_envio ON documentos (envio);
CREATE TABLE IF NOT EXISTS correcciones (
  documento INTEGER NOT NULL REFERENCES documentos, emisor TEXT NOT NULL, tipo INTEGER NOT NULL, folio INTEGER NOT NULL,
  codigo INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS correcciones_por_original ON correcciones (emisor, tipo, folio);
CREATE TABLE IF NOT EXISTS cafs (
  emisor TEXT NOT NULL, tipo INTEGER NOT NULL, desde INTEGER NOT NULL, hasta INTEGER NOT NULL, archivo BLOB NOT NULL,
  PRIMARY KEY (emisor, tipo, desde));
CREATE TABLE IF NOT EXISTS ajustes (clave TEXT PRIMARY KEY, valor TEXT NOT NULL);
"""

_BASE = {Canal.FACTURA: 250_000_000, Canal.BOLETA: 130_000_000_000_000, Canal.DTEBOX: 750_000_000}
_DIGITOS = {Canal.FACTURA: 10, Canal.BOLETA: 15, Canal.DTEBOX: 10}
"""Track ids have ten digits on the old channel and fifteen on that of the boletas."""


class Store:
    """The SII's books. `Store(archivo)` opens or makes them; `close()` when done."""

    def __init__(self, archivo: Path) -> None:
        self._lock = threading.Lock()
        try:
            archivo.parent.mkdir(parents=True, exist_ok=True)
            archivo.touch(mode=0o600)
            self._db = sqlite3.connect(archivo, timeout=10, isolation_level=None, check_same_thread=False)
        except (OSError, sqlite3.Error) as error:
            raise Misconfigured(f"POSTA_CARPETA: no se puede escribir {archivo}: {error}") from error
        self._db.row_factory = sqlite3.Row
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")
        self._db.executescript(_ESQUEMA)

    def close(self) -> None:
        with self._lock:
            self._db.close()

    # Uploads

    def find_repeated(self, subida: Subida) -> tuple[str, int] | None:
        """Track id of the upload that brought these very bytes before, and how often they came: this time counts."""
        with self._transaction() as db:
            fila = db.execute(
                "UPDATE envios SET veces = veces + 1 WHERE sha256 = ? AND canal = 'factura' RETURNING id, veces",
                (subida.sha256,),
            ).fetchone()
        return None if fila is None else (format_trackid(Canal.FACTURA, fila["id"]), fila["veces"] - 1)

    def register(self, subida: Subida, revision: Revision, *, ahora: datetime, demora: timedelta) -> Envio:
        """The envelope on record, its documents checked against those received before; Conflict if these bytes are."""
        with self._transaction() as db:
            fila = db.execute(
                "INSERT INTO envios (canal, emisor, envia, archivo, sha256, recibido, listo, estado, objeciones)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING *",
                (
                    *(subida.canal, subida.emisor, subida.envia, subida.archivo, subida.sha256),
                    *(ahora.timestamp(), (ahora + demora).timestamp()),
                    *(revision.estado, _dump(revision.objeciones)),
                ),
            ).fetchone()
            for documento in revision.documentos:
                _insert_documento(db, fila["id"], documento, procesado=revision.estado is EstadoEnvio.EPR)
        return _read_envio(fila)

    # Questions

    def find_envio(self, canal: Canal, trackid: str) -> Envio | None:
        """The envelope of a track id of this channel; leading zeros do not matter."""
        if not trackid.isdecimal():
            return None
        numero = int(trackid) - _BASE[canal]
        fila = self._one("SELECT * FROM envios WHERE id = ? AND canal = ?", numero, canal)
        return None if fila is None else _read_envio(fila)

    def count_envio(self, envio: Envio) -> list[Contador]:
        """The counters of an envelope, one for each type in it."""
        filas = self._all(
            "SELECT tipo, COUNT(*) informados, SUM(veredicto = 'DOK') aceptados, SUM(veredicto IN ('RCH', 'SOBRE'))"
            " rechazados, SUM(veredicto IN ('RPR', 'RLV')) reparos FROM documentos WHERE envio = ? GROUP BY tipo",
            _numero(envio),
        )
        return [Contador(*fila) for fila in filas]

    def find_objetados(self, envio: Envio) -> list[tuple[DocumentoRevisado, Veredicto]]:
        """The documents of an envelope to which the SII objects."""
        filas = self._all("SELECT * FROM documentos WHERE envio = ? AND veredicto <> 'DOK' ORDER BY id", _numero(envio))
        return [(_read_documento(fila), Veredicto(fila["veredicto"])) for fila in filas]

    def find_documento(self, emisor: str, tipo: int, folio: int, ahora: datetime) -> DocumentoRevisado | None:
        """The document that the SII holds under this folio; None before its verdict, or when there is none."""
        fila = self._one(
            "SELECT d.* FROM documentos d JOIN envios e ON e.id = d.envio"
            " WHERE d.registrado = 1 AND d.emisor = ? AND d.tipo = ? AND d.folio = ? AND e.listo <= ?",
            *(emisor, tipo, folio, ahora.timestamp()),
        )
        return None if fila is None else _read_documento(fila)

    def find_en_caja(self, emisor: str, tipo: int, folio: int) -> EnCaja | None:
        """What a DTEBox brought under this folio, if any did."""
        fila = self._one(
            "SELECT d.* FROM documentos d JOIN envios e ON e.id = d.envio WHERE e.canal = 'dtebox'"
            " AND d.emisor = ? AND d.tipo = ? AND d.folio = ? ORDER BY d.registrado DESC, d.id",
            *(emisor, tipo, folio),
        )
        if fila is None:
            return None
        envio = self._all("SELECT * FROM envios WHERE id = ?", fila["envio"])[0]
        return EnCaja(_read_envio(envio), _read_documento(fila), Veredicto(fila["veredicto"]))

    def find_correccion(self, emisor: str, tipo: int, folio: int, ahora: datetime) -> tuple[int, int] | None:
        """The gravest of what notes did to this document: the note's type and its code, annulment first."""
        fila = self._one(
            "SELECT d.tipo, c.codigo FROM correcciones c JOIN documentos d ON d.id = c.documento"
            " JOIN envios e ON e.id = d.envio WHERE c.emisor = ? AND c.tipo = ? AND c.folio = ? AND e.listo <= ?"
            " ORDER BY c.codigo, d.id DESC",
            *(emisor, tipo, folio, ahora.timestamp()),
        )
        return None if fila is None else (fila["tipo"], fila["codigo"])

    # Folios

    def find_caf(self, emisor: str, tipo: int, desde: int, hasta: int) -> tuple[int, int, bytes] | None:
        """The first authorised range that shares a folio with this one: its two ends and its file."""
        fila = self._one(
            "SELECT desde, hasta, archivo FROM cafs WHERE emisor = ? AND tipo = ? AND desde <= ? AND hasta >= ?",
            *(emisor, tipo, hasta, desde),
        )
        return None if fila is None else (fila["desde"], fila["hasta"], fila["archivo"])

    def add_caf(self, emisor: str, tipo: int, desde: int, hasta: int, archivo: bytes) -> None:
        """Write down an authorised range; Conflict when a folio of it was authorised before."""
        with self._transaction() as db:
            nuevas = db.execute(
                "INSERT INTO cafs SELECT ?1, ?2, ?3, ?4, ?5 WHERE NOT EXISTS (SELECT 1 FROM cafs"
                " WHERE emisor = ?1 AND tipo = ?2 AND desde <= ?4 AND hasta >= ?3)",
                (emisor, tipo, desde, hasta, archivo),
            ).rowcount
            if nuevas == 0:
                raise Conflict(f"folios {desde} a {hasta} del tipo {tipo} ya autorizados a {emisor}")

    def next_folio(self, emisor: str, tipo: int) -> int:
        """The first folio after all that were ever authorised."""
        fila = self._one("SELECT MAX(hasta) ultimo FROM cafs WHERE emisor = ? AND tipo = ?", emisor, tipo)
        return 1 if fila is None or fila["ultimo"] is None else fila["ultimo"] + 1

    # Adjustments and reports

    def read_ajuste(self, clave: str) -> str | None:
        fila = self._one("SELECT valor FROM ajustes WHERE clave = ?", clave)
        return None if fila is None else fila["valor"]

    def write_ajuste(self, clave: str, valor: str) -> None:
        with self._transaction() as db:
            db.execute("INSERT OR REPLACE INTO ajustes VALUES (?, ?)", (clave, valor))

    def query(self, sql: str, *valores: object) -> list[dict[str, Any]]:
        """The rows of a report, for the administration."""
        return [dict(fila) for fila in self._all(sql, *valores)]

    def _one(self, sql: str, *valores: object) -> sqlite3.Row | None:
        return next(iter(self._all(sql, *valores)), None)

    def _all(self, sql: str, *valores: object) -> list[sqlite3.Row]:
        with self._lock:
            return self._db.execute(sql, valores).fetchall()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
            except sqlite3.IntegrityError as error:
                self._db.execute("ROLLBACK")
                raise Conflict(f"ya está registrado: {error}") from error
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")


def _insert_documento(db: sqlite3.Connection, envio: int, documento: DocumentoRevisado, *, procesado: bool) -> None:
    """Write one document: registered unless it was rejected, was there already, or its envelope was refused."""
    if procesado:
        anterior = db.execute(
            "SELECT sha256, envio FROM documentos WHERE registrado = 1 AND emisor = ? AND tipo = ? AND folio = ?",
            (documento.emisor, documento.tipo, documento.folio),
        ).fetchone()
        if anterior is not None:
            documento = documento.repeated(anterior["sha256"], otro_envio=anterior["envio"] != envio)
    veredicto = documento.veredicto if procesado else Veredicto.SOBRE
    insertado = db.execute(
        "INSERT INTO documentos (envio, emisor, tipo, folio, receptor, fecha, monto, sha256, veredicto, objeciones,"
        " repetido, registrado) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            *(envio, documento.emisor, documento.tipo, documento.folio, documento.receptor),
            *(documento.fecha.isoformat(), documento.monto, documento.sha256, veredicto),
            *(_dump(documento.objeciones), documento.repetido, veredicto.registrado),
        ),
    ).lastrowid
    if veredicto.registrado:
        filas = [(insertado, *astuple(correccion)) for correccion in documento.corrige]
        db.executemany("INSERT INTO correcciones VALUES (?, ?, ?, ?, ?)", filas)


def format_trackid(canal: Canal, numero: int) -> str:
    """The track id of the envelope with this row number."""
    return f"{_BASE[canal] + numero:0{_DIGITOS[canal]}d}"


def _numero(envio: Envio) -> int:
    return int(envio.trackid) - _BASE[envio.canal]


def _read_envio(fila: sqlite3.Row) -> Envio:
    canal = Canal(fila["canal"])
    return Envio(
        trackid=format_trackid(canal, fila["id"]),
        canal=canal,
        emisor=fila["emisor"],
        envia=fila["envia"],
        archivo=fila["archivo"],
        recibido=datetime.fromtimestamp(fila["recibido"], UTC),
        listo=datetime.fromtimestamp(fila["listo"], UTC),
        estado=EstadoEnvio(fila["estado"]),
        objeciones=load_objeciones(fila["objeciones"]),
    )


def _read_documento(fila: sqlite3.Row) -> DocumentoRevisado:
    return DocumentoRevisado(
        emisor=fila["emisor"],
        tipo=fila["tipo"],
        folio=fila["folio"],
        receptor=fila["receptor"],
        fecha=date.fromisoformat(fila["fecha"]),
        monto=fila["monto"],
        sha256=fila["sha256"],
        objeciones=load_objeciones(fila["objeciones"]),
        repetido=bool(fila["repetido"]),
    )


def _dump(objeciones: tuple[Objecion, ...]) -> str:
    return json.dumps([asdict(objecion) for objecion in objeciones])


def load_objeciones(texto: str) -> tuple[Objecion, ...]:
    """What the SII objected to, as it was written down."""
    return tuple(Objecion(**campos) for campos in json.loads(texto))
