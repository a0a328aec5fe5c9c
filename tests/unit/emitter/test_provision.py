"""Folios in hand: dealt once each, for a short time, and given back whatever becomes of the sales."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.emitter.provision import BLOQUE, OCIO, VIDA, Provision
from shared.adapters.mongo.folio_records import Reserva
from shared.dte.existencias import Destino
from shared.dte.tipos import TipoDte

COMUN = Destino("77123456-9", TipoDte.BOLETA)
TIENDA = Destino("77123456-9", TipoDte.BOLETA, "Centro")
T = datetime(2026, 11, 24, 12, tzinfo=UTC)


def reserva(desde: int, cuantos: int) -> Reserva:
    return Reserva(f"r{desde}", "caf", tuple(range(desde, desde + cuantos)))


def folios(piezas: Collection[Reserva]) -> list[int]:
    return [folio for pieza in piezas for folio in pieza.folios]


def test_a_lone_sale_takes_one_folio_and_the_next_one_a_block() -> None:
    provision = Provision()
    assert provision.count_wanted(COMUN, 1, T) == 1
    provision.add(COMUN, reserva(1, 1), T)
    assert provision.count_wanted(COMUN, 1, T + OCIO / 2) == BLOQUE
    assert provision.count_wanted(COMUN, BLOQUE + 5, T) == BLOQUE + 5
    assert provision.count_wanted(COMUN, 1, T + OCIO) == 1
    assert provision.count_wanted(TIENDA, 1, T) == 1


def test_a_block_is_settled_when_its_last_folio_is_decided() -> None:
    provision = Provision()
    provision.add(COMUN, reserva(1, 3), T)
    piezas = provision.deal(COMUN, 2, T) + provision.deal(COMUN, 2, T)
    assert folios(piezas) == [1, 2, 3]
    provision.settle(piezas[0], [])
    assert provision.drain(T) == []
    provision.settle(piezas[1], [])
    assert provision.drain(T) == [(reserva(1, 3), ())]
    assert list(provision) == []


def test_a_folio_that_was_not_used_is_dealt_again_before_the_others() -> None:
    provision = Provision()
    provision.add(COMUN, reserva(1, 5), T)
    (pieza,) = provision.deal(COMUN, 3, T)
    provision.settle(pieza, [3, 2])
    assert folios(provision.deal(COMUN, 3, T)) == [2, 3, 4]


def test_what_nobody_takes_from_goes_back_and_is_not_dealt() -> None:
    provision = Provision()
    provision.add(COMUN, reserva(1, 5), T)
    (pieza,) = provision.deal(COMUN, 1, T + OCIO / 2)
    assert not provision.has_leftovers(T + OCIO)
    later = T + OCIO * 2
    assert provision.deal(COMUN, 1, later) == []
    assert provision.drain(later) == []  # a sale still has a folio of it
    provision.settle(pieza, [])
    assert provision.has_leftovers(later)
    assert provision.drain(later) == [(reserva(1, 5), (2, 3, 4, 5))]


def test_a_slow_till_goes_on_with_its_block_but_not_for_ever() -> None:
    provision, ahora = Provision(), T
    provision.add(COMUN, reserva(1, 50), T)
    taken = []
    while piezas := provision.deal(COMUN, 1, ahora):
        taken += folios(piezas)
        provision.settle(piezas[0], [])
        ahora += timedelta(seconds=1.5)
    assert taken == list(range(1, 21))
    assert VIDA <= ahora - T < VIDA + OCIO


def test_a_doubtful_block_is_left_to_the_rescue_once_nothing_of_it_is_in_use() -> None:
    provision = Provision()
    provision.add(COMUN, reserva(1, 5), T)
    one, other = provision.deal(COMUN, 1, T)[0], provision.deal(COMUN, 1, T)[0]
    provision.doubt(one)
    assert provision.deal(COMUN, 1, T) == []
    assert list(provision) == ["r1"]  # held: the rescue must not touch what the other sale is using
    provision.settle(other, other.folios)
    assert list(provision) == []
    assert provision.drain(T + VIDA) == []


def test_another_destination_gets_nothing_of_it() -> None:
    provision = Provision()
    provision.add(TIENDA, reserva(1, 5), T)
    assert provision.deal(COMUN, 1, T) == []


class Ventas:
    """Sales that take folios and decide them, in any order; every step checks what must hold."""

    def __init__(self) -> None:
        self.provision, self.ahora, self.siguiente = Provision(), T, 1
        self.out: list[Reserva] = []
        self.used: set[int] = set()
        self.returned: set[int] = set()
        self.doubtful: set[str] = set()

    def reserve(self, n: int) -> None:
        self.provision.add(COMUN, reserva(self.siguiente, n), self.ahora)
        self.siguiente += n

    def deal(self, n: int) -> None:
        self.out += self.provision.deal(COMUN, n, self.ahora)
        assert len(set(folios(self.out))) == len(folios(self.out))
        assert not set(folios(self.out)) & (self.used | self.returned)

    def wait(self, n: int) -> None:
        self.ahora += timedelta(seconds=n) / 2
        self.returned |= {folio for _, unused in self.provision.drain(self.ahora) for folio in unused}

    def decide(self, n: int, *, used: bool) -> None:
        if self.out:
            pieza = self.out.pop(n % len(self.out))
            self.provision.settle(pieza, () if used else pieza.folios)
            self.used |= set(pieza.folios) if used else set()

    def doubt(self, n: int) -> None:
        if self.out:
            pieza = self.out.pop(n % len(self.out))
            self.provision.doubt(pieza)
            self.doubtful.add(pieza.id)


PASOS = {
    "reserve": Ventas.reserve,
    "deal": Ventas.deal,
    "wait": Ventas.wait,
    "use": lambda ventas, n: ventas.decide(n, used=True),
    "return": lambda ventas, n: ventas.decide(n, used=False),
    "doubt": Ventas.doubt,
}


@given(st.lists(st.tuples(st.sampled_from(sorted(PASOS)), st.integers(1, 6)), max_size=60))
def test_every_folio_comes_back_once_unless_it_is_used_or_its_block_is_in_doubt(pasos: list[tuple[str, int]]) -> None:
    ventas = Ventas()
    for nombre, n in pasos:
        PASOS[nombre](ventas, n)
    while ventas.out:
        ventas.decide(0, used=False)
    ventas.wait(2 * int(VIDA.total_seconds()))
    assert list(ventas.provision) == []
    assert not ventas.returned & ventas.used
    missing = set(range(1, ventas.siguiente)) - ventas.returned - ventas.used
    assert bool(missing) <= bool(ventas.doubtful)
