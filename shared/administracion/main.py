"""Administration over one installation: wiring only."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from shared.adapters.keystore import Boveda, load_llaves_caf, open_certificado
from shared.adapters.mongo import Store
from shared.adapters.mongo.auditoria import Registro
from shared.administracion.admin import Admin
from shared.administracion.cafs import CafAdmin
from shared.administracion.correo import CorreoAdmin
from shared.administracion.llave import LlaveAdmin
from shared.administracion.pausas import PausaAdmin
from shared.administracion.umbrales import UmbralAdmin, apply_to_folios
from shared.clock import now
from shared.dte.existencias import Umbrales
from shared.lifecycle import operator_name, process_name
from shared.settings import Settings, require_file


@asynccontextmanager
async def open_admin(settings: Settings, motivo: str = "") -> AsyncIterator[Admin]:
    """Administration over this installation's database, by whoever runs this program, for the reason given.

    Unavailable or Misconfigured if it cannot be had.
    """
    store = Store(settings, now, process_name("admin"))
    try:
        await store.prepare()
        registro = Registro(store.auditoria, operator_name(), motivo)
        yield create_admin(settings, store, registro, open_boveda(settings))
    finally:
        await store.close()


@asynccontextmanager
async def open_pausas(settings: Settings, motivo: str = "") -> AsyncIterator[PausaAdmin]:
    """The pauses of this installation, by whoever runs this program, for the reason given."""
    store = Store(settings, now, process_name("pausas"))
    try:
        await store.prepare()
        yield create_pausa_admin(store, Registro(store.auditoria, operator_name(), motivo))
    finally:
        await store.close()


def create_pausa_admin(store: Store, registro: Registro) -> PausaAdmin:
    """Pausing, in the name that `registro` says."""
    return PausaAdmin(store.pausas, store.companies, registro, now)


@asynccontextmanager
async def open_umbrales(settings: Settings, motivo: str = "") -> AsyncIterator[UmbralAdmin]:
    """The thresholds of this installation, by whoever runs this program, for the reason given."""
    store = Store(settings, now, process_name("umbrales"))
    try:
        await store.prepare()
        yield create_umbral_admin(settings, store, Registro(store.auditoria, operator_name(), motivo))
    finally:
        await store.close()


def create_umbral_admin(settings: Settings, store: Store, registro: Registro) -> UmbralAdmin:
    """The thresholds of alerts, in the name that `registro` says."""
    return UmbralAdmin(store.umbrales, settings, registro, now)


def create_admin(settings: Settings, store: Store, registro: Registro, boveda: Boveda) -> Admin:
    """Administration in the name that `registro` says. Misconfigured if the authority's keys cannot be read."""
    return Admin(
        store.companies,
        create_caf_admin(settings, store, registro, boveda),
        LlaveAdmin(boveda, store.secretos, registro),
        CorreoAdmin(store.companies, store.correos, boveda, registro),
        registro,
        boveda=boveda,
        open_certificado=open_certificado,
        clock=now,
    )


def create_caf_admin(settings: Settings, store: Store, registro: Registro, boveda: Boveda) -> CafAdmin:
    """The part that is about folios. Misconfigured if the authority's keys cannot be read."""
    return CafAdmin(
        store.companies,
        store.folios,
        store.usados,
        registro,
        boveda=boveda,
        llaves=load_llaves_caf(settings.ambiente, settings.caf_llaves_file),
        umbrales=partial(read_folio_umbrales, settings, store),
        clock=now,
    )


def read_umbrales(settings: Settings) -> Umbrales:
    """From when on a stock is low."""
    return Umbrales(settings.folios_dias_aviso, settings.folios_dias_critico, settings.folios_minimo)


async def read_folio_umbrales(settings: Settings, store: Store) -> Umbrales:
    """The same with what an administrator has set meanwhile."""
    return apply_to_folios(read_umbrales(settings), await store.umbrales.valores())


def open_boveda(settings: Settings) -> Boveda:
    """The vault of this installation. Misconfigured without its key."""
    return Boveda.from_file(require_file(settings.llave_maestra_file, "llave_maestra_file"))
