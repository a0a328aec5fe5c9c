"""Companies over HTTP as JSON: the same use cases as `posta emisor`, `cert`, `caf` and `terminal`."""

from __future__ import annotations

from typing import TypeVar

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel, Field

from services.monitor.acceso.guardia import Quien, Ruta
from services.monitor.acceso.permisos import Permiso, exige
from services.monitor.administracion.fichas import Correo, Empresa, Ficha, RangoCaf, describe_correo
from services.monitor.administracion.mesa import Mesa, require_archivo
from services.monitor.administracion.pedidos import (
    Archivo,
    Contrasena,
    EmpresaJson,
    Motivo,
    MotivoForm,
    PedidoCorreo,
    PedidoDtebox,
    PedidoReparto,
    PedidoTerminal,
    PedidoTramo,
    RangoId,
    Rut,
    TerminalForm,
    TerminalId,
    TiendaForm,
)
from services.monitor.administracion.vista import Vista
from shared.adapters.mongo.folio_records import Tramo
from shared.administracion.alta import read_alta
from shared.administracion.huecos import Revision

T = TypeVar("T")


class Creado(BaseModel):
    """Un terminal nuevo."""

    id: str
    llave: str = Field(description="No se guarda ni se muestra otra vez")


class Titular(BaseModel):
    """De quién es el certificado con que firma la empresa desde ahora."""

    rut: str
    titular: str
    vence: str


class FoliosRango(BaseModel):
    """Qué fue de los folios de un rango: tramos de folios, ambos extremos incluidos."""

    rango: RangoCaf
    devueltos: list[tuple[int, int]] = Field(description="Se usarán")
    perdidos: list[tuple[int, int]] = Field(description="Entregados y en ningún documento: no debe haber")
    contradictorios: list[tuple[int, int]] = Field(description="Anulados, y en un documento")
    rechazados: list[tuple[int, int]] = Field(description="De documentos que el SII rechazó")
    vencidos: list[tuple[int, int]] = Field(description="Sin usar, y el rango ya venció")
    anulados: list[tuple[int, int]]


def create_empresas_api(mesa: Mesa, vista: Vista) -> APIRouter:
    """The routes under `/api/empresas`."""
    api = APIRouter(prefix="/api/empresas", tags=["Empresas"], route_class=Ruta)
    for add in (_add_empresas, _add_certificados, _add_cafs, _add_terminales, _add_envio):
        add(api, mesa, vista)
    return api


def _add_empresas(api: APIRouter, mesa: Mesa, vista: Vista) -> None:
    @api.get("", summary="Las empresas")
    @exige(Permiso.VER)
    async def empresas() -> list[Empresa]:
        """Con su certificado, sus folios por tipo y para cuántos días alcanzan."""
        return await vista.list_empresas()

    @api.post("", summary="Registrar una empresa", status_code=201)
    @exige(Permiso.EMPRESAS)
    async def add(empresa: EmpresaJson, actor: Quien, motivo: Motivo = "") -> Ficha:
        """Una que no esté registrada; 409 si lo está."""
        emisor = await mesa.take(actor, motivo).add_emisor(read_alta(empresa))
        return await find_ficha(vista, emisor.rut)

    @api.get("/{rut}", summary="Una empresa con todo lo suyo")
    @exige(Permiso.VER)
    async def ficha(rut: Rut) -> Ficha:
        """Datos, certificado, rangos de folios, terminales y correo. Ningún secreto."""
        return await find_ficha(vista, rut)

    @api.put("/{rut}", summary="Cambiar los datos de una empresa")
    @exige(Permiso.EMPRESAS)
    async def change(rut: Rut, empresa: EmpresaJson, actor: Quien, motivo: Motivo = "") -> Ficha:
        """Todos sus datos; su certificado, sus folios y sus terminales quedan."""
        ficha = await find_ficha(vista, rut)
        await mesa.take(actor, motivo).change_emisor(ficha.rut, read_alta(empresa))
        return await find_ficha(vista, ficha.rut)


def _add_certificados(api: APIRouter, mesa: Mesa, vista: Vista) -> None:
    @api.put("/{rut}/certificado", summary="Poner el certificado de una empresa")
    @exige(Permiso.EMPRESAS)
    async def put(
        rut: Rut, actor: Quien, archivo: Archivo = b"", contrasena: Contrasena = "", motivo: MotivoForm = ""
    ) -> Titular:
        """Un PKCS#12, de hasta 100.000 bytes, con su contraseña. Vale para lo que se firme desde ahora, en segundos."""
        ficha = await find_ficha(vista, rut)
        admin = mesa.take(actor, motivo)
        firmante = await admin.set_certificado(ficha.rut, require_archivo(archivo), contrasena)
        return Titular(rut=firmante.rut, titular=firmante.titular, vence=firmante.vence.isoformat())

    @api.delete("/{rut}/certificado", summary="Retirar el certificado de una empresa", status_code=204)
    @exige(Permiso.EMPRESAS)
    async def retire(rut: Rut, actor: Quien, motivo: Motivo = "") -> None:
        """En segundos la empresa no firma nada, y sus ventas esperan otro certificado."""
        ficha = await find_ficha(vista, rut)
        await mesa.take(actor, motivo).retire_certificado(ficha.rut)


def _add_cafs(api: APIRouter, mesa: Mesa, vista: Vista) -> None:
    @api.post("/{rut}/caf", summary="Importar un CAF", status_code=201)
    @exige(Permiso.EMPRESAS)
    async def add(
        rut: Rut,
        actor: Quien,
        *,
        archivo: Archivo = b"",
        tienda: TiendaForm = "",
        terminal: TerminalForm = "",
        motivo: MotivoForm = "",
    ) -> RangoCaf:
        """El XML del SII, de hasta 20.000 bytes. «fallas» nombra cada comprobación que no pasa; 409 si ya está."""
        ficha = await find_ficha(vista, rut)
        admin = mesa.take(actor, motivo)
        caf = await admin.cafs.import_caf(
            require_archivo(archivo), emisor=ficha.rut, tienda=tienda or None, terminal=terminal or None
        )
        return await find_rango(vista, ficha.rut, caf.id)

    @api.get("/{rut}/caf/{rango}", summary="Qué fue de los folios de un rango")
    @exige(Permiso.VER)
    async def gaps(rut: Rut, rango: RangoId) -> FoliosRango:
        """Uno por uno, contra los documentos guardados."""
        _, found, revision = await find_revision(vista, rut, rango)
        return _to_folios(revision, found)

    @api.post("/{rut}/caf/{rango}/anular", summary="Anular folios sin usar")
    @exige(Permiso.EMPRESAS)
    async def void(rut: Rut, rango: RangoId, tramo: PedidoTramo, actor: Quien) -> RangoCaf:
        """Posta no los emitirá nunca. También hay que anularlos en el sitio del SII."""
        await find_rango(vista, rut, rango)
        hasta = tramo.desde if tramo.hasta is None else tramo.hasta
        await mesa.take(actor, tramo.motivo).cafs.void(rango, tramo.desde, hasta, tramo.motivo)
        return await find_rango(vista, rut, rango)

    @api.post("/{rut}/caf/{rango}/asignar", summary="Decir para quién son los folios que quedan")
    @exige(Permiso.EMPRESAS)
    async def assign(rut: Rut, rango: RangoId, reparto: PedidoReparto, actor: Quien) -> RangoCaf:
        """Una tienda, un terminal, o toda la empresa."""
        await find_rango(vista, rut, rango)
        admin = mesa.take(actor, reparto.motivo)
        await admin.cafs.assign(rango, tienda=reparto.tienda, terminal=reparto.terminal)
        return await find_rango(vista, rut, rango)


def _add_terminales(api: APIRouter, mesa: Mesa, vista: Vista) -> None:
    @api.post("/{rut}/terminales", summary="Crear un terminal", status_code=201)
    @exige(Permiso.EMPRESAS)
    async def create(rut: Rut, terminal: PedidoTerminal, actor: Quien) -> Creado:
        """Su llave viene aquí, esta única vez."""
        ficha = await find_ficha(vista, rut)
        admin = mesa.take(actor, terminal.motivo)
        creado = await admin.create_terminal(
            ficha.rut, terminal.tienda, terminal.caja, por_segundo=terminal.por_segundo
        )
        return Creado(id=creado.terminal.id, llave=creado.llave)

    @api.delete("/{rut}/terminales/{terminal}", summary="Anular la llave de un terminal", status_code=204)
    @exige(Permiso.EMPRESAS)
    async def revoke(rut: Rut, terminal: TerminalId, actor: Quien, motivo: Motivo = "") -> None:
        """Deja de valer en segundos. Sus documentos quedan."""
        ficha = await find_ficha(vista, rut)
        await mesa.take(actor, motivo).revoke_terminal(terminal, ficha.rut)


def _add_envio(api: APIRouter, mesa: Mesa, vista: Vista) -> None:
    @api.put("/{rut}/dtebox", summary="Fijar el DTEBox de una empresa", status_code=204)
    @exige(Permiso.EMPRESAS)
    async def dtebox(rut: Rut, pedido: PedidoDtebox, actor: Quien) -> None:
        """Lo usan las empresas con «proveedor» «dtebox»."""
        ficha = await find_ficha(vista, rut)
        await mesa.take(actor, pedido.motivo).set_dtebox(ficha.rut, pedido.url, pedido.llave)

    @api.put("/{rut}/correo", summary="Fijar cómo se envía la copia a los clientes")
    @exige(Permiso.EMPRESAS)
    async def correo(rut: Rut, pedido: PedidoCorreo, actor: Quien) -> Correo:
        """Lo que no se da queda como está."""
        ficha = await find_ficha(vista, rut)
        return describe_correo(await mesa.take(actor, pedido.motivo).correo.change(ficha.rut, pedido.cambio))


async def find_ficha(vista: Vista, rut: str) -> Ficha:
    """The company; HTTPException (404) if there is none."""
    ficha = await vista.get_ficha(rut)
    if ficha is None:
        raise HTTPException(404, f"No hay una empresa {rut}. Véalas en /empresas.")
    return ficha


async def find_revision(vista: Vista, rut: str, rango: str) -> tuple[Ficha, RangoCaf, Revision]:
    """The company, its range, and what became of each folio; HTTPException (404) if it has no such range."""
    ficha = await find_ficha(vista, rut)
    revision = await vista.review(ficha.rut, rango)
    found = next((one for one in ficha.rangos if one.id == rango), None)
    if revision is None or found is None:
        raise HTTPException(404, f"{rut} no tiene un rango {rango}. Véalos en /empresas/{rut}.")
    return ficha, found, revision


async def find_rango(vista: Vista, rut: str, rango: str) -> RangoCaf:
    """The range alone."""
    return (await find_revision(vista, rut, rango))[1]


def _to_folios(revision: Revision, rango: RangoCaf) -> FoliosRango:
    return FoliosRango(
        rango=rango,
        devueltos=_pairs(revision.devueltos),
        perdidos=_pairs(revision.perdidos),
        contradictorios=_pairs(revision.contradictorios),
        rechazados=_pairs(revision.rechazados),
        vencidos=_pairs(revision.vencidos),
        anulados=_pairs(revision.caf.anulados),
    )


def _pairs(tramos: tuple[Tramo, ...]) -> list[tuple[int, int]]:
    return [(tramo.desde, tramo.hasta) for tramo in tramos]
