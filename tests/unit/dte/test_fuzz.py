"""Whatever comes in at the doors of the core, nothing but Invalid comes out, and soon."""

from __future__ import annotations

import random
import resource
import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.dte.caf import parse_caf
from shared.dte.documento import complete_venta, read_dte, sign_documento
from shared.dte.modelo import Venta, parse_venta
from shared.dte.relectura import read_venta
from shared.dte.sobre import read_sobre
from shared.dte.ted import cut_ted, verify_ted
from shared.errors import Invalid
from tests import dte_data
from tests.dte_data import venta_boleta, venta_factura
from tests.unit.dte.verificador.casos import BOLETA, FACTURA, SOBRE, verify

pytestmark = pytest.mark.filterwarnings("ignore:Parsed a serial number", "ignore:The parsed certificate")

CAF = dte_data.make_caf_xml()
TROZOS = [
    b"<",
    b">",
    b"&",
    b'"',
    b"</",
    b"<!--",
    b"-->",
    b"<![CDATA[",
    b"]]>",
    b"<?",
    b"\x00",
    b"\xff",
    b"\r\n",
    b"&#0;",
]
TROZOS += [b"<DTE>", b"</DTE>", b"<TED>", b"</TED>", b"<CAF>", b"9" * 400, b"-1", b"1e9", b"NaN", b' xmlns=""', b""]
DOORS: dict[str, tuple[bytes, Callable[[bytes], object]]] = {
    "verify an envelope": (SOBRE, verify),
    "verify a document": (BOLETA.xml, verify),
    "read a CAF": (CAF, parse_caf),
    "read a document": (FACTURA.xml, read_dte),
    "read a sale": (FACTURA.xml, read_venta),
    "read an envelope": (SOBRE, read_sobre),
    "read a stamp": (FACTURA.ted.encode("iso-8859-1"), verify_ted),
    "cut a stamp": (FACTURA.xml, cut_ted),
}


def refusals(use: Callable[[Any], object], data: object) -> list[str]:
    """The codes for which it is refused; none when it is taken."""
    try:
        use(data)
    except Invalid as error:
        return [falla.codigo for falla in error.fallas]
    return []


def retype(data: bytes, chance: random.Random) -> bytes:
    """A few characters changed, so that it is mostly still XML."""
    changed = bytearray(data)
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(len(data))
        if changed[at : at + 1].isalnum():
            changed[at] = chance.choice(b"0123456789AKZaz+/= .-")
    return bytes(changed)


def cut_up(data: bytes, chance: random.Random) -> bytes:
    """A few cuts, copies and insertions."""
    for _ in range(chance.randint(1, 3)):
        at, to = sorted((chance.randrange(len(data) + 1), chance.randrange(len(data) + 1)))
        middle = {
            0: chance.choice(TROZOS) + data[at:],
            1: data[min(to, at + 200) :],
            2: data[at : at + 300] * 2 + data[at + 300 :],
            3: chance.choice(TROZOS) + data[min(to, at + 20) :],
        }
        data = data[:at] + middle[chance.randrange(4)]
    return data


def mutate(data: bytes, chance: random.Random) -> bytes:
    return (retype if chance.random() < 0.6 else cut_up)(data, chance)


@pytest.mark.parametrize("door", DOORS)
def test_no_mutated_file_brings_a_door_down(door: str) -> None:
    original, use = DOORS[door]
    chance, codes = random.Random(door), [""]
    begin, memory = time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(250):
        mutated = mutate(original, chance)
        codes += refusals(use, mutated)
    assert all(code.startswith("POSTA-DTE-") for code in codes[1:])
    assert time.process_time() - begin < 120
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory < 300_000  # kilobytes


@settings(max_examples=200)
@given(st.binary(max_size=400))
def test_no_bytes_bring_a_door_down(data: bytes) -> None:
    for _, use in DOORS.values():
        with pytest.raises(Invalid):
            use(data)


NAMES = sorted(
    {"Encabezado", "IdDoc", "TipoDTE", "Detalle", "NmbItem", "PrcItem", "QtyItem", "Receptor", "RUTRecep", "Totales"}
    | {"Referencia", "DscRcgGlobal", "ImptoReten", "Transporte", "Aduana", "MntTotal", "FchEmis", "CdgItem"}
)
ATOMS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=30),
    st.sampled_from(["33", 39, 61, 110, "1" * 5000, 10**400, "-0", "1e5", "2026-02-30", "\ud800", "76192083-9", "💥"]),
)
JSON = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=8), inner, max_size=5)
    ),
    max_leaves=25,
)


def complete(datos: object) -> Venta:
    return complete_venta(parse_venta(datos), dte_data.EMISOR, fecha=dte_data.FECHA)


def use_sale(datos: object) -> bool:
    """Whether the sale is taken; if not, every reason has a code."""
    codes = refusals(complete, datos)
    assert all(code.startswith("POSTA-DTE-") for code in codes)
    return not codes


@settings(max_examples=400)
@given(JSON)
def test_no_json_brings_the_door_down(datos: object) -> None:
    assert not use_sale(datos)


@settings(max_examples=250)
@given(st.sampled_from([venta_boleta, venta_factura]), st.lists(st.tuples(st.sampled_from(NAMES), JSON), max_size=4))
def test_no_part_of_a_sale_brings_the_door_down(
    make: Callable[[], dict[str, object]], parts: list[tuple[str, object]]
) -> None:
    datos = make()
    header, lines = datos["Encabezado"], datos["Detalle"]
    assert isinstance(header, dict)
    assert isinstance(lines, list)
    for place, (name, part) in zip((lines[0], header["IdDoc"], header, datos), parts, strict=False):
        place[name] = part
    use_sale(datos)


@settings(max_examples=150)
@given(st.text(max_size=120))
def test_any_text_a_cashier_can_type_comes_back_as_it_was_signed(texto: str) -> None:
    sale = complete(venta_boleta(Detalle=[{"NmbItem": "x" + texto, "PrcItem": 1190}]))
    caf, firmante = dte_data.make_caf(), dte_data.firmante()
    dte = sign_documento(sale, folio=7, caf=caf, firmante=firmante, ahora=dte_data.AHORA)
    assert verify(dte.xml).valido
    assert read_venta(dte.xml).Detalle == sale.Detalle


def test_deep_json_is_refused() -> None:
    deep: object = 1
    for _ in range(50_000):
        deep = [deep]
    assert not use_sale(venta_boleta(Detalle=deep))
