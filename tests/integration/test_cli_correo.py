"""`posta emisor correo` and `posta intercambio` as an operator types them."""

from __future__ import annotations

import json

import pytest

from services.sender.intercambio.material import error_of
from shared.adapters.keystore import Boveda
from shared.adapters.mongo import Store
from shared.clock import now
from shared.correo import CausaCorreo
from shared.messages import EstadoIntercambio, Intercambio
from shared.settings import Settings
from tests.integration.test_cli import EMPRESA, Posta

RUT = "76192083-9"
CLAVE = "clave-del-correo"


async def _registered(settings: Settings) -> Posta:
    posta = Posta(settings)
    (posta.carpeta / "empresa.json").write_text(json.dumps(EMPRESA), encoding="utf-8")
    (posta.carpeta / "clave").write_text(CLAVE + "\n", encoding="utf-8")
    assert (await posta("emisor", "create", "empresa.json")).status == 0
    return posta


async def test_the_mail_of_a_company_is_set_shown_and_switched_off(settings: Settings) -> None:
    posta = await _registered(settings)
    account = ("--usuario", "dte", "--clave-file", "clave", "--remitente", "dte@empresa.cl")
    said = await posta("emisor", "correo", RUT, "--servidor", "smtp.empresa.cl", *account)
    assert said.status == 0, said.error
    off = await posta("emisor", "correo", RUT, "--apagar", "--sin-pdf")
    assert off.status == 0, off.error
    [shown] = (await posta("emisor", "correo", RUT, "--json")).json
    assert shown == {
        "rut": RUT,
        "copias": "no",
        "servidor": "smtp.empresa.cl:587",
        "seguridad": "starttls",
        "usuario": "dte",
        "remitente": "dte@empresa.cl",
        "pdf": "no",
    }
    store = Store(settings, now, "prueba")
    guardado = await store.correos.get(RUT)
    asientos = await store.auditoria.list()
    await store.close()
    assert guardado is not None
    assert guardado.clave is not None
    assert settings.llave_maestra_file is not None
    assert Boveda.from_file(settings.llave_maestra_file).decrypt(guardado.clave).decode() == CLAVE
    assert CLAVE not in "".join(map(repr, [guardado.model_dump(), *asientos])) + said.salida + off.salida


@pytest.mark.parametrize(
    ("opciones", "queja"),
    [
        (("--servidor", "smtp.empresa.cl"), "--remitente"),
        (("--remitente", "a@b.cl"), "--servidor"),
        (("--servidor", "smtp empresa", "--remitente", "a@b.cl"), "no es el nombre de un servidor"),
        (("--servidor", "h.cl", "--remitente", "nadie"), "no es una dirección de correo"),
        (("--servidor", "h.cl", "--remitente", "a@b.cl", "--puerto", "70000"), "de 1 a 65535"),
        (("--servidor", "h.cl", "--remitente", "a@b.cl", "--seguridad", "ninguna"), "sólo vale para esta máquina"),
        (("--servidor", "h.cl", "--remitente", "a@b.cl", "--usuario", "dte"), "van juntos"),
    ],
)
async def test_bad_settings_are_refused_with_what_to_do(
    settings: Settings, opciones: tuple[str, ...], queja: str
) -> None:
    posta = await _registered(settings)
    said = await posta("emisor", "correo", RUT, *opciones)
    assert said.status == 1
    assert queja in said.error
    assert (await posta("emisor", "correo", RUT, "--json")).json == []


async def test_parked_copies_are_listed_by_cause_shown_and_sent_again(settings: Settings) -> None:
    posta, store, id_ = Posta(settings), Store(settings, now, "prueba"), f"{RUT}-33-1"
    await store.prepare()
    copia = Intercambio(
        id=id_,
        emisor=RUT,
        correo="malo@cliente.cl",
        estado=EstadoIntercambio.APARTADO,
        creado=now(),
        cambiado=now(),
        intentos=1,
        error=error_of(CausaCorreo.DIRECCION, "550", "no existe"),
    )
    await store.intercambios.add(copia, b"<EnvioDTE/>")
    [group] = (await posta("intercambio", "list", "--json")).json
    assert (group["estado"], group["causa"], group["cuantas"]) == ("apartado", "correo_direccion", 1)
    listed = await posta("intercambio", "list", "--detalle", "--json")
    assert listed.json[0]["respuesta"] == "550 no existe"
    assert "malo@cliente.cl" not in listed.salida
    assert (await posta("intercambio", "show", id_)).json["correo"] == "malo@cliente.cl"
    assert (await posta("intercambio", "replay")).status == 2
    assert (await posta("intercambio", "replay", id_, "--correo", "nadie")).status == 1
    said = await posta("intercambio", "replay", id_, "--correo", "dte@cliente.cl", "--motivo", "pidió otra")
    assert (said.status, said.salida) == (0, "1 copias vuelven a enviarse\n")
    again = await store.intercambios.get(id_)
    asientos = await store.auditoria.list()
    await store.close()
    assert again is not None
    assert (again.estado, again.intentos, again.correo) == (EstadoIntercambio.PENDIENTE, 0, "dte@cliente.cl")
    assert {a.motivo for a in asientos} == {"pidió otra"}
    assert "dte@cliente.cl" not in repr(asientos)
