"""A mail as a value: its bytes are always the same, and nothing that comes from outside can become a header."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default

import pytest

from shared.correo import NOMBRE_MAX, Adjunto, Mensaje, clean, parse_direccion

MENSAJE = Mensaje(
    id="abc.1@posta",
    fecha=datetime(2026, 11, 24, 12, 0, tzinfo=UTC),
    remitente="dte@empresa.cl",
    nombre="Comercial Ñuñoa Ltda.",
    destino="compras@cliente.cl",
    asunto="Factura electrónica N° 1 de Comercial Ñuñoa",
    texto="Estimados:\n\nAdjuntamos la factura.\n",
    adjuntos=(Adjunto("DTE_1.xml", "application/xml", "<a>ñ</a>".encode("latin-1")),),
)


def test_a_mail_carries_what_it_was_given() -> None:
    leido = message_from_bytes(MENSAJE.to_bytes(), policy=default)
    assert leido["From"].addresses[0].display_name == "Comercial Ñuñoa Ltda."
    assert leido["Subject"] == MENSAJE.asunto
    assert leido["Message-ID"] == "<abc.1@posta>"
    [adjunto] = leido.iter_attachments()
    assert (adjunto.get_filename(), adjunto.get_content_type()) == ("DTE_1.xml", "application/xml")
    assert adjunto.get_content() == "<a>ñ</a>".encode("latin-1")


def test_the_same_mail_is_always_the_same_bytes() -> None:
    assert MENSAJE.to_bytes() == replace(MENSAJE).to_bytes()
    assert MENSAJE.to_bytes().isascii()


@pytest.mark.parametrize("malo", ["Empresa\r\nBcc: otro@x.cl", "Empresa\nBcc: otro@x.cl", "E\x00\x1b\u2028Bcc: a@b.cl"])
def test_a_name_with_line_breaks_becomes_one_line_and_no_header(malo: str) -> None:
    adjunto = Adjunto(f"{malo}.xml", "application/xml", b"<a/>")
    leido = message_from_bytes(replace(MENSAJE, nombre=malo, asunto=malo, adjuntos=(adjunto,)).to_bytes())
    assert leido["Bcc"] is None
    assert len(leido.get_all("To", [])) == 1


def test_a_long_name_is_cut_and_says_so() -> None:
    assert len(clean("ñ" * 500, NOMBRE_MAX)) == NOMBRE_MAX
    leido = message_from_bytes(replace(MENSAJE, nombre="Ñ" * 500).to_bytes(), policy=default)
    assert leido["From"].addresses[0].display_name.endswith("…")


@pytest.mark.parametrize(
    "malo",
    ["", "nadie", "a@b@c.cl", "a b@c.cl", "a@c.cl\nBcc: x@y.cl", "a@c.cl, b@c.cl", "Ana <a@c.cl>", "ñ@c.cl", "a@-c.cl"],
)
def test_what_is_not_one_plain_address_is_refused(malo: str) -> None:
    with pytest.raises(ValueError, match="no es una dirección"):
        parse_direccion(malo)
    with pytest.raises(ValueError, match="no es una dirección"):
        replace(MENSAJE, destino=malo).to_bytes()


def test_an_address_is_taken_without_the_blanks_around_it() -> None:
    assert parse_direccion(" dte.recepcion+33@mail.empresa.cl ") == "dte.recepcion+33@mail.empresa.cl"
