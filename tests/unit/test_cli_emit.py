"""The files that `posta emit` reads: what becomes a sale, under which key, and where it is said to stand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from services.cli.emit_entradas import Entrada, count_entradas, find_archivos, nest, read_entradas
from services.cli.emit_informe import Salida
from shared.dte.modelo import parse_venta
from shared.errors import Invalid
from tests.dte_data import venta_boleta

LINEA = json.dumps(venta_boleta())


def _write(carpeta: Path, nombre: str, contenido: str | bytes) -> Path:
    archivo = carpeta / nombre
    archivo.write_bytes(contenido if isinstance(contenido, bytes) else contenido.encode())
    return archivo


def _read(*archivos: Path, lote: str | None = None) -> list[Entrada]:
    return list(read_entradas(find_archivos(archivos), lote))


def test_each_kind_of_file_gives_its_sales_with_their_places(tmp_path: Path) -> None:
    csv = "clave,Encabezado.IdDoc.TipoDTE,Detalle.1.NmbItem,Detalle.1.PrcItem\nv-1,39,Té,1190\n\n,39,Café,990\n"
    _write(tmp_path, "a.json", LINEA)
    _write(tmp_path, "b.ndjson", f"{LINEA}\r\n\n{LINEA}")
    _write(tmp_path, "c.csv", csv)
    _write(tmp_path, "leame.txt", "no es una venta")

    entradas = _read(tmp_path)

    assert [Path(entrada.lugar).name for entrada in entradas] == [
        "a.json",
        "b.ndjson:1",
        "b.ndjson:3",
        "c.csv:2",
        "c.csv:4",
    ]
    assert all(parse_venta(dict(entrada.venta)) for entrada in entradas)
    assert entradas[3].clave == "v-1"
    assert count_entradas(find_archivos([tmp_path])) == len(entradas)
    assert len({entrada.clave for entrada in entradas}) == 5


def test_equal_sales_are_different_sales_and_have_the_same_keys_the_next_time(tmp_path: Path) -> None:
    archivo = _write(tmp_path, "v.ndjson", f"{LINEA}\n{LINEA}\n{LINEA}\n")
    first = [entrada.clave for entrada in _read(archivo)]
    assert len(set(first)) == 3
    assert [entrada.clave for entrada in _read(archivo)] == first
    assert all(1 <= len(clave) <= 100 and clave.isascii() for clave in first)


def test_a_line_that_is_corrected_added_or_taken_away_leaves_the_keys_of_the_others(tmp_path: Path) -> None:
    lineas = [json.dumps(venta_boleta(Detalle=[{"NmbItem": f"Té {n}", "PrcItem": 100}])) for n in range(4)]
    before = [entrada.clave for entrada in _read(_write(tmp_path, "v.ndjson", "\n".join(lineas)))]
    lineas[1] = LINEA
    after = [entrada.clave for entrada in _read(_write(tmp_path, "v.ndjson", "\n".join([LINEA, *lineas])))]
    assert (after[1], after[3], after[4]) == (before[0], before[2], before[3])
    assert not {after[0], after[2]} & set(before)


def test_another_file_or_another_name_for_the_lot_means_other_sales(tmp_path: Path) -> None:
    lunes, martes = (_write(tmp_path, f"{dia}.ndjson", LINEA) for dia in ("lunes", "martes"))
    claves = {_read(lunes)[0].clave, _read(martes)[0].clave, _read(lunes, lote="enero")[0].clave}
    assert len(claves) == 3
    assert _read(lunes, lote="enero")[0].clave == _read(martes, lote="enero")[0].clave


@pytest.mark.parametrize(
    ("contenido", "ruta", "said"),
    [
        ("{", "", "línea 1, columna 2"),
        (b'{"a": "\xff"}', "", "no es UTF-8"),
        ("[]", "", "objeto JSON"),
        ('{"clave": 7}', "clave", "debe ser un texto"),
        ('{"clave": " "}', "clave", "distinto para cada venta"),
    ],
)
def test_what_is_no_sale_is_told_with_its_place_and_the_next_one_is_read(
    tmp_path: Path, contenido: str | bytes, ruta: str, said: str
) -> None:
    raw = contenido if isinstance(contenido, bytes) else contenido.encode()
    wrong, right = _read(_write(tmp_path, "v.ndjson", raw + b"\n" + LINEA.encode()))
    assert [falla.ruta for falla in wrong.fallas] == [ruta]
    assert said in wrong.fallas[0].mensaje
    assert wrong.lugar.endswith("v.ndjson:1")
    assert right.venta == venta_boleta()


@pytest.mark.parametrize("separador", [",", ";"])
def test_a_row_is_a_document_whatever_separates_its_cells(tmp_path: Path, separador: str) -> None:
    columns = [
        "Encabezado.IdDoc.TipoDTE",
        "Detalle.1.NmbItem",
        "Detalle.1.PrcItem",
        "Detalle.2.NmbItem",
        "Detalle.2.PrcItem",
    ]
    row = ["39", '"Té, negro; suelto"', "1190", "", ""]
    texto = separador.join(columns) + "\r\n" + separador.join(row) + "\r\n"
    [entrada] = _read(_write(tmp_path, "v.csv", b"\xef\xbb\xbf" + texto.encode()))
    assert entrada.venta == {
        "Encabezado": {"IdDoc": {"TipoDTE": "39"}},
        "Detalle": [{"NmbItem": "Té, negro; suelto", "PrcItem": "1190"}],
    }
    assert entrada.name_campo("Detalle[0].PrcItem") == "Detalle.1.PrcItem"


def test_places_in_a_list_need_not_be_in_order_and_empty_cells_say_nothing() -> None:
    celdas = {"Detalle.10.NmbItem": "c", "Detalle.2.NmbItem": "b", "Detalle.1.CdgItem.TpoCodigo": "a"}
    expected: dict[str, Any] = {"Detalle": [{"CdgItem": {"TpoCodigo": "a"}}, {"NmbItem": "b"}, {"NmbItem": "c"}]}
    assert nest(celdas) == expected


def test_a_file_that_cannot_be_read_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match=r"\.ndjson"):
        _read(_write(tmp_path, "v.xlsx", b""))
    with pytest.raises(Invalid, match="CSV UTF-8"):
        _read(_write(tmp_path, "v.csv", "Detalle.1.NmbItem\nTé\n".encode("latin-1")))
    with pytest.raises(Invalid, match=r"dos cosas distintas de «1»"):
        nest({"Detalle.1": "Té", "Detalle.1.NmbItem": "Té"})


def test_a_result_that_was_cut_off_is_cut_away_and_counts_as_not_done(tmp_path: Path) -> None:
    archivo = tmp_path / "resultados.ndjson"
    with Salida(archivo) as salida:
        salida.write({"clave": "a", "documento": {}})
        salida.write({"clave": "b", "errores": [{}]})
    with archivo.open("ab") as cortado:
        cortado.write(b'{"archivo": "x", "docum')
    with Salida(archivo) as salida:
        assert salida.hechas == {"a"}
        salida.write({"clave": "d", "documento": {}})
    assert [json.loads(linea)["clave"] for linea in archivo.read_text().splitlines()] == ["a", "b", "d"]


@pytest.mark.parametrize("contenido", [LINEA, f"{LINEA}\n", "1\n", "[]\n", "no es JSON\n", '{"clave": "a"}\n'])
def test_a_file_that_holds_something_else_is_not_taken_for_results(tmp_path: Path, contenido: str) -> None:
    archivo = _write(tmp_path, "ventas.ndjson", contenido)
    with pytest.raises(Invalid, match="no es un archivo de resultados"):
        Salida(archivo)
    assert archivo.read_text() == contenido


def test_a_csv_with_a_cell_that_never_ends_says_so(tmp_path: Path) -> None:
    archivo = _write(tmp_path, "v.csv", "a,b\n" + "x" * 200_000)
    with pytest.raises(Invalid, match="comillas que no se cierran"):
        list(read_entradas([archivo]))
