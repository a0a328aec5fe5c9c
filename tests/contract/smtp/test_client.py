"""The mail client against a real server: every end that a mail can come to is told apart."""

from __future__ import annotations

import ssl
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult

from deploy.local.ports import LOOPBACK, free_ports
from services.sandbox.averias_correo import AveriaCorreo, CorteCorreo, Lento, MomentoCorreo, Rechaza
from shared.adapters.smtp import Smtp
from shared.correo import CausaCorreo, Entregado, Incierto, Mensaje, NoAhora, Rechazado, Seguridad, ServidorCorreo
from tests.mail_server import servidor_correo
from tests.tls import self_signed
from tests.unit.test_correo import MENSAJE

SMTP_CLIENT = Smtp(timedelta(seconds=30))


async def test_a_mail_arrives_as_it_was_written(tmp_path: Path) -> None:
    async with servidor_correo(tmp_path) as s:
        assert isinstance(await SMTP_CLIENT.send(s.servidor, MENSAJE), Entregado)
        [correo] = s.correos()
    assert correo.as_bytes() == MENSAJE.to_bytes().replace(b"\r\n", b"\n")


@pytest.mark.parametrize(
    ("averia", "esperado"),
    [
        (Rechaza(clase="rechaza", codigo=451), NoAhora(CausaCorreo.POSPUESTO, "451", "4.2.0 ahora no")),
        (Rechaza(clase="rechaza", codigo=550), Rechazado(CausaCorreo.DIRECCION, "550", "5.1.1 no existe")),
        (
            Rechaza(clase="rechaza", codigo=554, momento=MomentoCorreo.DATOS),
            Rechazado(CausaCorreo.RECHAZADO, "554", "5.1.1 no existe"),
        ),
        (
            Rechaza(clase="rechaza", codigo=452, momento=MomentoCorreo.DATOS),
            NoAhora(CausaCorreo.POSPUESTO, "452", "4.2.0 ahora no"),
        ),
        (Rechaza(clase="rechaza", codigo=421), NoAhora(CausaCorreo.CONEXION, "421", "4.2.0 ahora no")),
        (Rechaza(clase="rechaza", codigo=530), Rechazado(CausaCorreo.CREDENCIALES, "530", "5.1.1 no existe")),
    ],
)
async def test_each_refusal_is_what_it_says(
    tmp_path: Path, averia: AveriaCorreo, esperado: NoAhora | Rechazado
) -> None:
    async with servidor_correo(tmp_path, averia) as s:
        assert await SMTP_CLIENT.send(s.servidor, MENSAJE) == esperado
        assert s.correos() == []


async def test_a_connection_that_is_cut_before_the_mail_has_taken_nothing(tmp_path: Path) -> None:
    async with servidor_correo(tmp_path, CorteCorreo(clase="corte", momento=MomentoCorreo.ANTES)) as s:
        resultado = await SMTP_CLIENT.send(s.servidor, MENSAJE)
        assert isinstance(resultado, NoAhora)
        assert resultado.caida
        assert s.correos() == []


async def test_a_connection_that_is_cut_after_the_mail_leaves_doubt(tmp_path: Path) -> None:
    async with servidor_correo(tmp_path, CorteCorreo(clase="corte")) as s:
        assert isinstance(await SMTP_CLIENT.send(s.servidor, MENSAJE), Incierto)
        assert len(s.correos()) == 1


async def test_an_answer_that_does_not_come_in_time_leaves_doubt(tmp_path: Path) -> None:
    async with servidor_correo(tmp_path, Lento(clase="lento", segundos=3)) as s:
        assert isinstance(await Smtp(timedelta(seconds=1)).send(s.servidor, MENSAJE), Incierto)


async def test_a_server_that_is_not_there_is_an_outage() -> None:
    (port,) = free_ports(1)
    resultado = await SMTP_CLIENT.send(ServidorCorreo(LOOPBACK, port, Seguridad.NINGUNA), MENSAJE)
    assert isinstance(resultado, NoAhora)
    assert resultado.caida


def _only_ana(_server: SMTP, _session: object, _envelope: object, _mechanism: str, data: object) -> AuthResult:
    return AuthResult(success=getattr(data, "password", b"") == b"clave-buena", handled=False)


async def test_with_starttls_the_password_goes_encrypted_and_a_wrong_one_is_told_apart(tmp_path: Path) -> None:
    server_side, client_side = self_signed(tmp_path, "localhost")
    options: dict[str, Any] = {
        "tls_context": server_side,
        "require_starttls": True,
        "authenticator": _only_ana,
        "auth_required": True,
    }
    client = Smtp(timedelta(seconds=30), client_side)
    async with servidor_correo(tmp_path, **options) as s:
        good = ServidorCorreo("localhost", s.port, Seguridad.STARTTLS, "ana", "clave-buena")
        assert isinstance(await client.send(good, MENSAJE), Entregado)
        wrong = await client.send(replace(good, clave="otra"), MENSAJE)
        nobody = await client.send(replace(good, usuario=None), MENSAJE)
    assert isinstance(wrong, Rechazado)
    assert isinstance(nobody, Rechazado)
    assert {wrong.causa, nobody.causa} == {CausaCorreo.CREDENCIALES}
    assert "clave" not in repr(good)


async def test_a_certificate_that_nobody_vouches_for_gets_no_mail(tmp_path: Path) -> None:
    server_side, _ = self_signed(tmp_path, "localhost")
    async with servidor_correo(tmp_path, tls_context=server_side) as s:
        servidor = ServidorCorreo("localhost", s.port, Seguridad.STARTTLS)
        resultado = await Smtp(timedelta(seconds=30), ssl.create_default_context()).send(servidor, MENSAJE)
        assert isinstance(resultado, Rechazado)
        assert resultado.causa is CausaCorreo.TLS
        assert s.correos() == []


async def test_a_server_without_tls_gets_no_mail_when_tls_is_wanted(tmp_path: Path) -> None:
    async with servidor_correo(tmp_path) as s:
        resultado = await SMTP_CLIENT.send(replace(s.servidor, seguridad=Seguridad.STARTTLS), MENSAJE)
    assert isinstance(resultado, Rechazado)
    assert resultado.causa is CausaCorreo.TLS


async def test_a_mail_to_no_address_is_not_even_begun() -> None:
    malo: Mensaje = replace(MENSAJE, destino="nadie")
    with pytest.raises(ValueError, match="no es una dirección"):
        await SMTP_CLIENT.send(ServidorCorreo(LOOPBACK, 1, Seguridad.NINGUNA), malo)
