"""The sales in files, one by one: JSON (one sale), NDJSON (one a line), CSV (one a row), and folders of these."""

from __future__ import annotations

import csv
import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from shared.dte.json import read_json
from shared.errors import Falla, Invalid

CLAVE = "clave"
_NDJSON = frozenset({".ndjson", ".jsonl"})
SUFIJOS = frozenset({".json", ".csv", *_NDJSON})


@dataclass(frozen=True, slots=True)
class Entrada:
    """One sale of a file, with the key under which it is issued; or what is wrong with it, found before it is sent."""

    archivo: str
    linea: int
    clave: str = ""
    venta: Mapping[str, Any] = field(default_factory=dict)
    fallas: Sequence[Falla] = ()

    @property
    def lugar(self) -> str:
        """Where it stands, as a person finds it."""
        return f"{self.archivo}:{self.linea}" if self.linea else self.archivo

    def name_campo(self, ruta: str) -> str:
        """A field's path as this kind of file writes it: `Detalle[0].PrcItem` is the column `Detalle.1.PrcItem`."""
        if not self.archivo.lower().endswith(".csv"):
            return ruta
        return re.sub(r"\[(\d+)\]", lambda indice: f".{int(indice[1]) + 1}", ruta)


def find_archivos(rutas: Sequence[Path]) -> list[Path]:
    """The files themselves; of a folder, those in it that hold sales, by name. Invalid if one is of no such kind."""
    archivos: list[Path] = []
    for ruta in rutas:
        if ruta.is_dir():
            archivos += sorted(hijo for hijo in ruta.iterdir() if hijo.suffix.lower() in SUFIJOS)
        elif ruta.suffix.lower() in SUFIJOS:
            archivos.append(ruta)
        else:
            raise Invalid.one(str(ruta), "POSTA-CLI-01", "se admiten archivos .json, .ndjson, .jsonl y .csv")
    return archivos


def count_entradas(archivos: Sequence[Path]) -> int:
    """How many sales there are, or about as many: enough for a progress bar."""
    return sum(1 if archivo.suffix.lower() == ".json" else _count_lines(archivo) for archivo in archivos)


def read_entradas(archivos: Sequence[Path], lote: str | None = None) -> Iterator[Entrada]:
    """Every sale, in order. Without a key of its own it has the same one each time that the same file is read.

    That key comes from the file's name (or from `lote`), the sale's content, and which of several equal ones it is: so
    a line may be corrected, added or taken away without a new key for the others.
    """
    veces: Counter[str] = Counter()
    for archivo in archivos:
        nombre = lote or archivo.name
        for linea, contenido, leer in _pieces(archivo):
            huella = hashlib.sha256(f"{nombre}\0".encode() + contenido).hexdigest()
            veces[huella] += 1
            clave = f"archivo-{huella}" + (f"-{veces[huella]}" if veces[huella] > 1 else "")
            yield _read(str(archivo), linea, clave, contenido, leer)


def _read(archivo: str, linea: int, clave: str, contenido: bytes, leer: Any) -> Entrada:
    try:
        venta = leer(contenido)
        if not isinstance(venta, dict):
            raise Invalid.one("", "POSTA-CLI-02", "una venta es un objeto JSON: {«Encabezado»: …, «Detalle»: …}")
        propia = venta.pop(CLAVE, clave)
        if not isinstance(propia, str) or not propia.strip():
            raise Invalid.one(CLAVE, "POSTA-CLI-03", "debe ser un texto, distinto para cada venta")
    except Invalid as error:
        return Entrada(archivo, linea, fallas=error.fallas)
    return Entrada(archivo, linea, propia.strip(), venta)


def _pieces(archivo: Path) -> Iterator[tuple[int, bytes, Any]]:
    """Line, content and reader of each sale in a file."""
    match archivo.suffix.lower():
        case ".json":
            yield 0, archivo.read_bytes(), read_json
        case ".csv":
            for linea, fila in _read_csv(archivo):
                yield linea, json.dumps(fila, ensure_ascii=False).encode(), read_json
        case _:
            with archivo.open("rb") as lineas:
                for linea, contenido in enumerate(lineas, start=1):
                    if contenido.strip():
                        yield linea, contenido.strip(), read_json


def _read_csv(archivo: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    try:
        with archivo.open(encoding="utf-8-sig", newline="") as texto:
            encabezado = texto.readline()
            texto.seek(0)
            separador = ";" if encabezado.count(";") > encabezado.count(",") else ","
            filas = csv.DictReader(texto, delimiter=separador, restkey="", restval="")
            for fila in filas:
                celdas = {str(nombre).strip(): valor.strip() for nombre, valor in fila.items() if nombre}
                if any(celdas.values()):
                    yield filas.line_num, nest({nombre: valor for nombre, valor in celdas.items() if valor})
    except UnicodeDecodeError as error:
        remedio = "el archivo no está en UTF-8: en Excel, guárdelo como «CSV UTF-8»"
        raise Invalid.one(str(archivo), "POSTA-CLI-04", remedio) from error
    except csv.Error as error:
        remedio = "una celda no termina: busque unas comillas que no se cierran, o un texto enorme"
        raise Invalid.one(str(archivo), "POSTA-CLI-07", remedio) from error


def nest(celdas: Mapping[str, str]) -> dict[str, Any]:
    """A document from its cells: names joined by dots lead inwards, and numbers are places in a list, from 1."""
    raiz: dict[str, Any] = {}
    for columna, valor in celdas.items():
        nodo = raiz
        *pasos, ultimo = columna.split(".")
        for paso in pasos:
            nodo = nodo.setdefault(paso, {})
            if not isinstance(nodo, dict):
                mensaje = f"la columna «{columna}» y otra dicen dos cosas distintas de «{paso}»"
                raise Invalid.one(columna, "POSTA-CLI-05", mensaje)
        nodo[ultimo] = valor
    nested: dict[str, Any] = _to_lists(raiz)
    return nested


def _to_lists(nodo: Any) -> Any:
    if not isinstance(nodo, dict):
        return nodo
    hijos = {nombre: _to_lists(hijo) for nombre, hijo in nodo.items()}
    if hijos and all(nombre.isdecimal() for nombre in hijos):
        return [hijos[nombre] for nombre in sorted(hijos, key=int)]
    return hijos


def _count_lines(archivo: Path) -> int:
    with archivo.open("rb") as contenido:
        lineas = sum(1 for linea in contenido if linea.strip())
    return lineas - 1 if archivo.suffix.lower() == ".csv" else lineas
