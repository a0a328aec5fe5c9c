"""What another program's XML may have that ours has not changes nothing of what is shown."""

from __future__ import annotations

from shared.dte.impresion.lectura import read_vista
from tests.unit.dte.impresion.muestras import MUESTRAS, factura, to_dte


def test_text_beyond_latin_1_is_written_with_what_there_is() -> None:
    xml = to_dte(factura(Detalle={"NmbItem": "Té", "MontoItem": 1})).decode("iso-8859-1").replace("ISO-8859-1", "UTF-8")
    vista = read_vista(xml.replace("Té", "“Café” — 5 € 漢").encode())
    assert vista.lineas[0].nombre == '"Café" - 5 EUR'


def test_namespaces_and_comments_do_not_matter() -> None:
    xml = to_dte(MUESTRAS[33])
    sin = xml.replace(b' xmlns="http://www.sii.cl/SiiDte"', b"")
    con = xml.replace(b"<Encabezado>", b"<!-- c --><Encabezado><?p i?>")
    assert read_vista(sin) == read_vista(con) == read_vista(xml)
