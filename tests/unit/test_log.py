from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from shared.log import configure_logging, get_logger
from shared.settings import LogFormat


@pytest.fixture(autouse=True)
def _restore_logging() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield
    root.handlers, root.level = handlers, level
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


def configured(formato: LogFormat, level: str = "INFO") -> io.StringIO:
    stream = io.StringIO()
    configure_logging(formato, level, stream)
    return stream


def test_an_event_is_one_line_of_json_with_its_context() -> None:
    stream = configured(LogFormat.JSON)
    structlog.contextvars.bind_contextvars(folio=7)
    get_logger("posta.prueba").bind(dte="76-39-7").info("documento_emitido", monto=1190, comuna="Ñuñoa")

    [line] = stream.getvalue().splitlines()
    event = json.loads(line)
    moment = event.pop("timestamp")
    assert moment.endswith("Z")
    assert event == {
        "event": "documento_emitido",
        "level": "info",
        "logger": "posta.prueba",
        "dte": "76-39-7",
        "folio": 7,
        "monto": 1190,
        "comuna": "Ñuñoa",
    }
    assert "Ñuñoa" in line  # readable, not escaped


def test_the_libraries_speak_in_the_same_form() -> None:
    stream = configured(LogFormat.JSON)
    logging.getLogger("biblioteca").warning("algo %s", "pasa")
    event = json.loads(stream.getvalue())
    assert (event["event"], event["level"], event["logger"]) == ("algo pasa", "warning", "biblioteca")


def test_an_exception_stays_in_its_line() -> None:
    stream = configured(LogFormat.JSON)
    try:
        int("lo que pasó")
    except ValueError:
        get_logger("posta").exception("fallo")
    [line] = stream.getvalue().splitlines()
    assert "lo que pasó" in json.loads(line)["exception"]


def test_what_is_below_the_level_is_not_written() -> None:
    stream = configured(LogFormat.JSON, "WARNING")
    get_logger("posta").info("detalle")
    assert stream.getvalue() == ""


def test_chatty_libraries_are_kept_short() -> None:
    stream = configured(LogFormat.JSON)
    logging.getLogger("aio_pika.connection").info("connected")
    logging.getLogger("httpx").info("GET")
    assert stream.getvalue() == ""


def test_a_person_gets_text_without_colours_where_nobody_looks() -> None:
    stream = configured(LogFormat.TEXTO)
    get_logger("posta").warning("sin_folios", tipo=39)
    assert "sin_folios" in stream.getvalue()
    assert "tipo=39" in stream.getvalue()
    assert "\x1b" not in stream.getvalue()
    with pytest.raises(json.JSONDecodeError):
        json.loads(stream.getvalue())


def test_configured_twice_a_line_is_written_once() -> None:
    configured(LogFormat.JSON)
    stream = configured(LogFormat.JSON)
    get_logger("posta").info("una_vez")
    assert len(stream.getvalue().splitlines()) == 1
