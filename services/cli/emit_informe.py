"""What a run of `posta emit` says: each error as it comes, the sum at the end, and a file of results to go on from."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, BinaryIO, Self

from shared.errors import Falla, Invalid

if TYPE_CHECKING:
    from rich.progress import Progress

    from services.cli.emit_entradas import Entrada
    from services.emitter.client import DocumentoEmitido, Resultado
    from shared.errors import PostaError

_COMIENZO = b'{"archivo": '
"""How each line begins."""
ERRORES_MAX = 1000
"""Errors that the sum tells in full; the file of results has all of them."""


class Salida:
    """The results of every run so far, one a line. What was cut off by a crash is cut away, and done again.

    Invalid, with the file left as it is, if it holds something else.
    """

    def __init__(self, archivo: Path | None) -> None:
        self.hechas: set[str] = set()
        """Keys that have their document."""
        self._archivo: BinaryIO | None = None
        if archivo is not None:
            contenido = archivo.read_bytes() if archivo.exists() else b""
            enteras = contenido[: contenido.rfind(b"\n") + 1]
            self.hechas = _read_hechas(enteras, contenido[len(enteras) :], archivo)
            self._archivo = archivo.open("ab")
            self._archivo.truncate(len(enteras))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._archivo is not None:
            self._archivo.close()

    def write(self, registro: Mapping[str, Any]) -> None:
        """One result more, on its way to the disk when this returns."""
        if self._archivo is not None:
            self._archivo.write(json.dumps(registro, ensure_ascii=False).encode() + b"\n")
            self._archivo.flush()


def _read_hechas(enteras: bytes, cortado: bytes, archivo: Path) -> set[str]:
    """The keys that have their document, from the lines of a file of results and what was cut off behind them."""
    try:
        registros = [json.loads(linea) for linea in enteras.splitlines() if linea.strip()]
        hechas = {registro["clave"] for registro in registros if "documento" in registro or not registro["errores"]}
    except (ValueError, TypeError, KeyError) as error:
        raise _not_results(archivo) from error
    if not cortado.startswith(_COMIENZO[: len(cortado)]):
        raise _not_results(archivo)
    return hechas


def _not_results(archivo: Path) -> Invalid:
    remedio = "no es un archivo de resultados: indique uno que no exista todavía"
    return Invalid.one(str(archivo), "POSTA-CLI-06", remedio)


class Informe:
    """Counts, shows and writes down what comes of each sale."""

    def __init__(self, salida: Salida, progress: Progress, total: int) -> None:
        self._salida = salida
        self._progress = progress
        self._tarea = progress.add_task("Emitiendo", total=total)
        self._comienzo = time.monotonic()
        self._errores: list[dict[str, Any]] = []
        self.emitidos = self.repetidos = self.omitidos = self.fallidos = 0

    def skip(self) -> None:
        """Its document is in the file of results already."""
        self.omitidos += 1
        self._progress.advance(self._tarea)

    def add(self, entrada: Entrada, resultado: Resultado) -> None:
        """What the emitter said."""
        if resultado.documento is not None:
            self._issue(entrada, resultado.documento)
        elif resultado.error is not None:
            self.refuse(entrada, resultado.error)

    def refuse(self, entrada: Entrada, error: PostaError) -> None:
        """It has no document, each fault with its field and what to do."""
        fallas = error.fallas if isinstance(error, Invalid) else [Falla("", "", str(error))]
        errores = [
            {"ruta": entrada.name_campo(falla.ruta), "codigo": falla.codigo, "mensaje": falla.mensaje}
            for falla in fallas
        ]
        self.fallidos += 1
        registro = {"archivo": entrada.archivo, "linea": entrada.linea, "clave": entrada.clave, "errores": errores}
        self._salida.write(registro)
        if len(self._errores) < ERRORES_MAX:
            self._errores.append(registro)
        for falla in errores:
            campo = f"{falla['ruta']}: " if falla["ruta"] else ""
            codigo = f" [{falla['codigo']}]" if falla["codigo"] else ""
            self.say(f"{entrada.lugar}: {campo}{falla['mensaje']}{codigo}")
        self._progress.advance(self._tarea)

    def say(self, palabras: str) -> None:
        """A line above the progress bar."""
        self._progress.console.print(palabras, markup=False, highlight=False, soft_wrap=True)

    def sum_up(self) -> dict[str, Any]:
        """The whole run in figures, with its errors."""
        segundos = time.monotonic() - self._comienzo
        hechos = self.emitidos + self.repetidos
        return {
            "emitidos": self.emitidos,
            "repetidos": self.repetidos,
            "omitidos": self.omitidos,
            "fallidos": self.fallidos,
            "segundos": round(segundos, 2),
            "por_segundo": round(hechos / segundos) if segundos else 0,
            "errores": self._errores,
        }

    def _issue(self, entrada: Entrada, documento: DocumentoEmitido) -> None:
        if documento.repetido:
            self.repetidos += 1
        else:
            self.emitidos += 1
        campos = documento.model_dump(mode="json")
        self._salida.write(
            {"archivo": entrada.archivo, "linea": entrada.linea, "clave": entrada.clave, "documento": campos}
        )
        self._progress.advance(self._tarea)
