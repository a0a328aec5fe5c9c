"""The sender as a process seen from outside: its health, its figures, and how it refuses to start."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
import pytest

from services.sender.app import Sender
from services.sender.en_pausa import EnPausa
from services.sender.firmantes import Firmantes
from services.sender.gate import Gate, describe
from services.sender.lotes import Clave
from services.sender.main import serve
from services.sender.outcomes import Outcomes, Sobre
from services.sender.vias import Vias
from services.sender.web import create_app
from shared.adapters.dtebox.client import Dtebox
from shared.adapters.emisores import Emisores
from shared.adapters.keystore import Boveda, open_certificado
from shared.adapters.sii.client import Sii
from shared.adapters.sii.endpoints import endpoints_for
from shared.adapters.transport import Transport
from shared.clock import now
from shared.dte.causa import Causa
from shared.dte.respuesta import Incierto, Recibido
from shared.dte.tipos import Canal
from shared.errors import Misconfigured, Unavailable
from shared.settings import Settings, require_file
from tests.sender_stage import sending, stage


async def test_a_running_sender_is_healthy_and_counts_what_it_does(settings: Settings, tmp_path: Path) -> None:
    async with stage(settings, tmp_path) as s, sending(s.settings):
        url = f"http://{s.settings.sender_host}:{s.settings.sender_port}"
        async with httpx.AsyncClient(base_url=url) as http:
            assert (await http.get("/health/live")).json() == {"estado": "vivo"}
            assert (await http.get("/health/ready")).json() == {"estado": "listo"}
            metrics = await http.get("/metrics")
        assert metrics.headers["content-type"].startswith("text/plain")
        assert "posta_workers_activos" in metrics.text


async def test_a_sender_without_its_database_is_alive_and_not_ready() -> None:
    async def check() -> None:
        raise Unavailable("MongoDB")

    transport = httpx.ASGITransport(create_app(check))
    async with httpx.AsyncClient(transport=transport, base_url="http://sender") as http:
        assert (await http.get("/health/live")).status_code == 200
        answer = await http.get("/health/ready")
    assert answer.status_code == 503
    assert "MongoDB" in answer.json()["detalle"]


async def test_without_a_master_key_it_does_not_start_and_names_the_setting() -> None:
    with pytest.raises(Misconfigured, match="POSTA_LLAVE_MAESTRA_FILE"):
        await serve(Settings(llave_maestra_file=None), asyncio.Event())


def test_the_log_of_an_outcome_has_none_of_the_words_of_the_sii() -> None:
    assert describe(Recibido("123")) == {"resultado": "Recibido", "track_id": "123"}
    uncertain = Incierto(Causa.SIN_RESPUESTA, "HTTP 500", "Error: cliente Juan Pérez")
    assert describe(uncertain) == {"resultado": "Incierto", "causa": "sin_respuesta", "codigo": "HTTP 500"}


async def test_a_worker_whose_envelope_was_given_up_uploads_nothing(settings: Settings, tmp_path: Path) -> None:
    async with stage(settings, tmp_path) as s:
        ids = await s.emit(s.boletas(1, 1))
        documentos = await s.store.moves.claim(ids, "e1")
        assert await s.store.envios.give_up("e1", ids, emisor=s.empresa.rut, canal=Canal.BOLETA)
        sii = Sii(Transport(settings.sii_timeout), endpoints_for(settings.ambiente, s.sandbox.url))
        boveda = Boveda.from_file(require_file(settings.llave_maestra_file, "llave_maestra_file"))
        emisores = Emisores(s.store.companies, boveda, open_certificado, now)
        dtebox = Dtebox(Transport(settings.sii_timeout), settings.ambiente)
        sender = Sender(
            s.store,
            Gate(now, EnPausa(s.store.pausas)),
            Vias(Firmantes(emisores), emisores, sii, dtebox, settings.ambiente),
            Outcomes(s.store, s.publisher, settings, now),
            clock=now,
            process="despierta-tarde",
            stop=asyncio.Event(),
        )
        await sender._send(Sobre("e1", Clave(Canal.BOLETA, s.empresa.rut), tuple(documentos)))
        assert s.sandbox.documentos() == []
        await sii.close()
        await dtebox.close()
