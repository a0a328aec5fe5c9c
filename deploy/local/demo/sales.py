"""What the demo's shops sell: made up, the same at every run, with the amounts that the tills work out themselves."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from shared.dte.rut import compute_dv
from shared.dte.tipos import TipoDte

_IVA = Decimal("0.19")
_PIECES = (
    ("Café de grano tostado 500 g", 7990),
    ("Té negro Ceilán 100 bolsitas", 3490),
    ("Leche semidescremada 1 L", 1190),
    ("Mantequilla con sal 250 g", 2890),
    ("Galletas de champaña 140 g", 1350),
    ("Ají de color 15 g", 490),
    ("Jabón de avena 3 × 90 g", 2190),
    ("Cuaderno universitario 100 hojas", 1590),
    ("Lápiz pasta azul", 350),
    ("Ampolleta LED 9 W cálida", 1990),
    ("Pilas AA, paquete de 4", 3290),
    ("Paños de cocina & limpieza", 1750),
    ("Detergente líquido «Ñuble» 3 L", 6490),
    ("Cinta adhesiva 12 mm x 30 m", 990),
)
_BY_WEIGHT = (("Pan hallulla", 1890), ("Queso mantecoso laminado", 9990), ("Palta Hass", 5490), ("Plátano", 1290))
_WHOLESALE = (
    ("Resma de papel carta 75 g", 3150),
    ("Tóner negro compatible", 28_990),
    ("Silla de escritorio con apoyabrazos", 54_900),
    ("Servicio técnico, hora", 22_500),
    ("Caja de guantes de nitrilo, talla M", 6480),
    ("Cable eléctrico 2,5 mm², metro", 489),
)
_CUSTOMERS = (
    ("Ferretería Ñielol Ltda.", "Ferretería al por menor", "Manuel Montt 845", "Temuco"),
    ("Clínica Dental Peñalolén SpA", "Odontología", "Av. Grecia 8735", "Peñalolén"),
    ("Panadería El Almendral", "Elaboración de pan", "Pedro Montt 2120", "Valparaíso"),
    ("Constructora Güell y Cía. S.A.", "Obras de ingeniería", "Av. Apoquindo 4501", "Las Condes"),
    ("Colegio María Auxiliadora", "Enseñanza básica", "O'Higgins 310", "Concepción"),
)


@dataclass(frozen=True, slots=True)
class Sale:
    """A sale as the till sends it, and the total that the till shows its customer."""

    clave: str
    tipo: TipoDte
    venta: dict[str, Any]
    total: int


def make_sales(boletas: int, facturas: int, *, seed: int = 2026) -> list[Sale]:
    """That many of each, well mixed. The same seed gives the same sales."""
    luck = random.Random(seed)  # noqa: S311 - a rehearsal, not a secret
    tipos = [TipoDte.BOLETA] * boletas + [TipoDte.FACTURA] * facturas
    luck.shuffle(tipos)
    return [_make_sale(f"demo-{number:05d}", tipo, luck) for number, tipo in enumerate(tipos, start=1)]


def deal(sales: Sequence[Sale], tills: int) -> list[list[Sale]]:
    """The sales dealt out to the tills like cards."""
    return [list(sales[till::tills]) for till in range(tills)]


def _make_sale(clave: str, tipo: TipoDte, luck: random.Random) -> Sale:
    if tipo is TipoDte.BOLETA:
        detalle = _pieces(luck) + _by_weight(luck)
        encabezado: dict[str, Any] = {"IdDoc": {"TipoDTE": int(tipo)}}
        return Sale(clave, tipo, {"Encabezado": encabezado, "Detalle": detalle}, _sum(detalle))
    detalle = _wholesale(luck)
    neto = _sum(detalle)
    encabezado = {"IdDoc": {"TipoDTE": int(tipo), "FmaPago": luck.choice((1, 2))}, "Receptor": _customer(luck)}
    return Sale(clave, tipo, {"Encabezado": encabezado, "Detalle": detalle}, neto + _pesos(neto * _IVA))


def _pieces(luck: random.Random) -> list[dict[str, Any]]:
    chosen = luck.sample(_PIECES, luck.randint(1, 6))
    return [{"NmbItem": name, "QtyItem": luck.randint(1, 4), "PrcItem": price} for name, price in chosen]


def _by_weight(luck: random.Random) -> list[dict[str, Any]]:
    chosen = luck.sample(_BY_WEIGHT, luck.randint(0, 2))
    return [
        {"NmbItem": name, "QtyItem": luck.randint(150, 2500) / 1000, "UnmdItem": "kg", "PrcItem": price}
        for name, price in chosen
    ]


def _wholesale(luck: random.Random) -> list[dict[str, Any]]:
    chosen = luck.sample(_WHOLESALE, luck.randint(1, 4))
    return [{"NmbItem": name, "QtyItem": luck.randint(1, 24), "PrcItem": price} for name, price in chosen]


def _customer(luck: random.Random) -> dict[str, Any]:
    index = luck.randrange(len(_CUSTOMERS))
    name, giro, address, comuna = _CUSTOMERS[index]
    number = 76_100_000 + 1234 * index
    return {
        "RUTRecep": f"{number}-{compute_dv(number)}",
        "RznSocRecep": name,
        "GiroRecep": giro,
        "DirRecep": address,
        "CmnaRecep": comuna,
    }


def _sum(detalle: Sequence[dict[str, Any]]) -> int:
    return sum(_pesos(Decimal(str(linea["QtyItem"])) * linea["PrcItem"]) for linea in detalle)


def _pesos(amount: Decimal) -> int:
    return int(amount.quantize(Decimal(1), ROUND_HALF_UP))
