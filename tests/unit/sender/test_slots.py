"""Uploads that may be under way at one time: never more than allowed, and no channel without any."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.sender.slots import Slots
from shared.dte.tipos import CANALES_SII, Canal

BOLETA, FACTURA = CANALES_SII


class Cliente:
    """A channel that asks for slots."""

    def __init__(self, slots: Slots, canal: Canal) -> None:
        self.slots, self.canal, self.wake = slots, canal, asyncio.Event()

    def ask(self) -> bool:
        """Ask, and take what is admitted."""
        if not self.slots.admits(self.canal, self.wake):
            return False
        self.slots.take(self.canal, 1)
        return True


def test_a_channel_alone_has_all_of_them() -> None:
    boleta = Cliente(slots := Slots(3), BOLETA)
    assert [boleta.ask() for _ in range(4)] == [True, True, True, False]
    assert (slots.busy, slots.documentos) == (3, 3)
    slots.give_back(BOLETA, 1)
    assert boleta.wake.is_set()
    assert boleta.ask()


@pytest.mark.parametrize("max_workers", [1, 2, 5])
def test_the_next_free_one_goes_to_the_channel_with_fewer_however_soon_the_other_asks(max_workers: int) -> None:
    slots = Slots(max_workers)
    boleta, factura = Cliente(slots, BOLETA), Cliente(slots, FACTURA)
    while boleta.ask():
        pass
    assert not factura.ask()
    slots.give_back(BOLETA, 1)
    assert factura.wake.is_set()
    assert boleta.ask() is (max_workers == 1)
    assert factura.ask() is (max_workers > 1)


def test_who_has_nothing_more_makes_way() -> None:
    slots = Slots(2)
    boleta, factura = Cliente(slots, BOLETA), Cliente(slots, FACTURA)
    assert [boleta.ask(), boleta.ask(), factura.ask()] == [True, True, False]
    slots.give_back(BOLETA, 1)
    assert not boleta.ask()
    boleta.wake.clear()
    slots.leave(FACTURA)
    assert boleta.wake.is_set()
    assert boleta.ask()


@given(asks=st.lists(st.sampled_from([*CANALES_SII, None]), max_size=60), max_workers=st.integers(1, 5))
def test_never_more_than_allowed_and_nobody_waits_beside_a_free_one(asks: list[Canal | None], max_workers: int) -> None:
    slots = Slots(max_workers)
    clientes: dict[Canal, Cliente] = {canal: Cliente(slots, canal) for canal in CANALES_SII}
    under_way: list[Canal] = []
    for canal in asks:
        if canal is None and under_way:
            slots.give_back(under_way.pop(0), 1)
        elif canal is not None and clientes[canal].ask():
            under_way.append(canal)
        assert slots.busy == len(under_way) <= max_workers
    if slots.busy < max_workers:
        assert any(cliente.ask() for cliente in clientes.values())
