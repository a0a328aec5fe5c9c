"""Pages of accounts, tokens and the audit. Without JavaScript: forms, and pages that say what came of them."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import HTMLResponse

from services.monitor.acceso.cuentas import CONTRASENA_MIN, DIAS, Cuentas
from services.monitor.acceso.guardia import Quien, Ruta
from services.monitor.acceso.permisos import Actor, Permiso, exige
from services.monitor.acceso.web import forget_session
from services.monitor.paginas import Paginas
from shared.cuentas import Rol
from shared.errors import Invalid

if TYPE_CHECKING:
    from shared.adapters.mongo import Auditoria

OpenCuentas = Callable[[Actor], Cuentas]
"""The use cases in the hands of one person, whose name the audit gets."""
Texto = Annotated[str, Form(max_length=200)]
_ASIENTOS = 100
_UNA_VEZ = "no se mostrará otra vez y tendrá que cambiar al entrar"


def create_cuentas_router(open_for: OpenCuentas, auditoria: Auditoria, paginas: Paginas) -> APIRouter:
    """All of it."""
    router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse, route_class=Ruta)
    _add_own(router, open_for, paginas)
    _add_accounts(router, open_for, paginas)
    _add_tokens(router, open_for, paginas)

    @router.get("/auditoria")
    @exige(Permiso.AUDITORIA)
    async def audit(
        actor: Quien, *, desde: Annotated[int, Query(ge=1)] = 1, verificar: Annotated[bool, Query()] = False
    ) -> str:
        asientos = await auditoria.list(desde=desde, limite=_ASIENTOS)
        verificacion = await auditoria.verify() if verificar else None
        return paginas.render("auditoria.html", actor, asientos=asientos[::-1], verificacion=verificacion)

    return router


def _add_own(router: APIRouter, open_for: OpenCuentas, paginas: Paginas) -> None:
    def render(actor: Actor, falla: str = "") -> str:
        return paginas.render("cuenta.html", actor, falla=falla, minimo=CONTRASENA_MIN)

    @router.get("/cuenta")
    @exige(Permiso.CUENTA_PROPIA)
    async def own(actor: Quien) -> str:
        return render(actor)

    @router.post("/cuenta/contrasena")
    @exige(Permiso.CUENTA_PROPIA)
    async def change(
        request: Request, actor: Quien, actual: Texto = "", nueva: Texto = "", otra: Texto = ""
    ) -> Response:
        if nueva != otra:
            return HTMLResponse(render(actor, "Las dos contraseñas nuevas no son iguales."), 422)
        try:
            await open_for(actor).change_own(actor.nombre, actual, nueva)
        except Invalid as error:
            return HTMLResponse(render(actor, _say(error)), 422)
        return forget_session(request)

    @router.post("/cuenta/salir")
    @exige(Permiso.CUENTA_PROPIA)
    async def leave_everywhere(request: Request, actor: Quien) -> Response:
        await open_for(actor).end_sessions(actor.nombre)
        return forget_session(request)


class _Accounts:
    """The page of accounts, with what was done on it."""

    def __init__(self, open_for: OpenCuentas, paginas: Paginas) -> None:
        self._open_for = open_for
        self._paginas = paginas

    async def act(
        self, actor: Actor, work: Callable[[Cuentas], Awaitable[object]], hecho: str, secreto: str = ""
    ) -> Response:
        """Do it; the page then says what was done, or why not."""
        cuentas, status = self._open_for(actor), 200
        try:
            await work(cuentas)
        except Invalid as error:
            hecho, secreto, status = _say(error), "", 422
        return HTMLResponse(await self.render(actor, cuentas, hecho, secreto, bien=status == 200), status)

    async def render(
        self, actor: Actor, cuentas: Cuentas, hecho: str = "", secreto: str = "", *, bien: bool = True
    ) -> str:
        said = {"hecho": hecho, "secreto": secreto, "bien": bien}
        usuarios = await cuentas.list_usuarios()
        return self._paginas.render("cuentas.html", actor, usuarios=usuarios, roles=list(Rol), **said)


def _add_accounts(router: APIRouter, open_for: OpenCuentas, paginas: Paginas) -> None:
    page = _Accounts(open_for, paginas)

    @router.get("/cuentas")
    @exige(Permiso.CUENTAS)
    async def accounts(actor: Quien) -> str:
        return await page.render(actor, open_for(actor))

    @router.post("/cuentas")
    @exige(Permiso.CUENTAS)
    async def create(actor: Quien, rol: Annotated[Rol, Form()], nombre: Texto = "") -> Response:
        contrasena = secrets.token_urlsafe(15)
        hecho = f"Cuenta {nombre} creada. Entréguele esta contraseña, que {_UNA_VEZ}:"
        return await page.act(
            actor, lambda cuentas: cuentas.create(nombre, contrasena, rol, provisoria=True), hecho, contrasena
        )

    @router.post("/cuentas/{nombre}/rol")
    @exige(Permiso.CUENTAS)
    async def set_role(actor: Quien, nombre: str, rol: Annotated[Rol, Form()]) -> Response:
        return await page.act(actor, lambda cuentas: cuentas.set_rol(nombre, rol), f"{nombre} tiene el rol {rol}.")

    @router.post("/cuentas/{nombre}/estado")
    @exige(Permiso.CUENTAS)
    async def set_state(actor: Quien, nombre: str, *, activo: Annotated[bool, Form()]) -> Response:
        hecho = f"Cuenta {nombre} {'activa' if activo else 'desactivada'}."
        return await page.act(actor, lambda cuentas: cuentas.set_activo(nombre, activo=activo), hecho)

    @router.post("/cuentas/{nombre}/contrasena")
    @exige(Permiso.CUENTAS)
    async def reset(actor: Quien, nombre: str) -> Response:
        contrasena = secrets.token_urlsafe(15)
        hecho = f"Contraseña nueva de {nombre}, que {_UNA_VEZ}:"
        return await page.act(
            actor, lambda cuentas: cuentas.set_contrasena(nombre, contrasena, provisoria=True), hecho, contrasena
        )


def _add_tokens(router: APIRouter, open_for: OpenCuentas, paginas: Paginas) -> None:
    async def render(actor: Actor, cuentas: Cuentas, *, hecho: str = "", secreto: str = "", bien: bool = True) -> str:
        tokens = await cuentas.list_tokens()
        said = {"hecho": hecho, "secreto": secreto, "bien": bien}
        return paginas.render("tokens.html", actor, tokens=tokens, roles=list(Rol), dias=DIAS, **said)

    @router.get("/tokens")
    @exige(Permiso.TOKENS)
    async def tokens(actor: Quien) -> str:
        return await render(actor, open_for(actor))

    @router.post("/tokens")
    @exige(Permiso.TOKENS)
    async def create(
        actor: Quien, rol: Annotated[Rol, Form()], nombre: Texto = "", dias: Annotated[int, Form()] = DIAS
    ) -> Response:
        cuentas = open_for(actor)
        try:
            creado = await cuentas.create_token(nombre, rol, dias)
        except Invalid as error:
            return HTMLResponse(await render(actor, cuentas, hecho=_say(error), bien=False), 422)
        return HTMLResponse(await render(actor, cuentas, hecho="Su token, esta única vez:", secreto=creado.secreto))

    @router.post("/tokens/{id_}/anular")
    @exige(Permiso.TOKENS)
    async def revoke(actor: Quien, id_: str) -> Response:
        cuentas = open_for(actor)
        try:
            await cuentas.revoke_token(id_)
        except Invalid as error:
            return HTMLResponse(await render(actor, cuentas, hecho=_say(error), bien=False), 422)
        return HTMLResponse(await render(actor, cuentas, hecho=f"Token {id_} anulado."))


def _say(error: Invalid) -> str:
    return "; ".join(f"«{falla.ruta}»: {falla.mensaje}." for falla in error.fallas)
