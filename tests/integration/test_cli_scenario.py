"""`posta sandbox scenario`: the SII of this machine behaves as the command line says, while it runs."""

from __future__ import annotations

from pathlib import Path

from shared.dte.tipos import Canal
from shared.settings import Settings
from tests.contract.sandbox.cliente import Cliente
from tests.integration.test_cli import Posta
from tests.sandbox_data import Empresa, Reloj
from tests.sandbox_server import SandboxServer, sandbox_server


def _posta(sandbox: SandboxServer, tmp_path: Path) -> Posta:
    port = int(sandbox.url.rsplit(":", 1)[1])
    return Posta(Settings(carpeta=tmp_path, sandbox_port=port))


async def test_a_scenario_is_composed_shown_and_reset(tmp_path: Path) -> None:
    async with sandbox_server(tmp_path / "sii") as sandbox:
        posta = _posta(sandbox, tmp_path)
        averias = ["caida:10%", "status=7:1:3", "corte::2:boleta:respondiendo", "vacio:0.5:consulta", "goteo=9"]
        flags = [flag for averia in averias for flag in ("--averia", averia)]
        said = await posta("sandbox", "scenario", "set", "--latencia", "2-5", "--semilla", "7", *flags)
        assert said.status == 0, said.error
        assert (said.json["semilla"], said.json["latencia"]["envio"]) == (7, {"min": 2, "max": 5})
        caida, status, corte, vacio, goteo = said.json["averias"]
        assert (caida["tasa"], status["codigo"], status["veces"], goteo["segundos"]) == (0.1, 7, 3, 9)
        assert (corte["veces"], corte["canal"], corte["momento"]) == (2, "boleta", "respondiendo")
        assert (vacio["operacion"], vacio["tasa"]) == ("consulta", 0.5)
        row = "rch=CAF-3-517:0.5:tipo=39:folios=3-4:emisor=76192083-9:demora=3h"
        said = await posta(
            *("sandbox", "scenario", "set", "--veredicto", row, "--veredicto", "tarde:demora=90"),
            *("--averia", "ninguna", "--latencia", "consulta=0.1-0.2", "--demora", "2h", "--vida-token", "60"),
        )
        first, late = said.json["sentencias"]
        assert (first["veredicto"], first["codigo"], first["folios"], first["demora"]) == (
            "RCH",
            "CAF-3-517",
            [3, 4],
            10800,
        )
        assert (late["veredicto"], late["demora"]) == (None, 90)
        assert (said.json["averias"], said.json["demora_veredicto"], said.json["vida_token"]) == ([], 7200, 60)
        assert set(said.json["latencia"]) == {"envio", "consulta"}
        await posta("sandbox", "scenario", "set", "--reloj", "+3h")
        await posta("sandbox", "scenario", "set", "--reloj", "+30m")
        reset = (await posta("sandbox", "scenario", "reset")).json
        assert (reset["adelanto"], reset["sentencias"], reset["semilla"]) == (12600, [], 2026)
        assert (await posta("sandbox", "scenario", "set", "--reloj", "0")).json["adelanto"] == 0
        assert (await posta("sandbox", "scenario", "show")).json == sandbox.sii.escena.escenario.model_dump(mode="json")


async def test_the_mail_server_of_the_customers_misbehaves_as_it_is_told(tmp_path: Path) -> None:
    async with sandbox_server(tmp_path / "sii") as sandbox:
        posta = _posta(sandbox, tmp_path)
        flags = [
            flag
            for averia in ("rechaza=451::1", "rechaza=554:1:1:datos", "corte:antes")
            for flag in ("--correo", averia)
        ]
        said = await posta("sandbox", "scenario", "set", *flags)
        assert said.status == 0, said.error
        assert [(a["clase"], a["momento"]) for a in said.json["correo"]] == [
            ("rechaza", "antes"),
            ("rechaza", "datos"),
            ("corte", "antes"),
        ]
        drawn = [sandbox.sii.draw_correo() for _ in range(4)]
        assert [averia and averia.clase for averia in drawn] == ["rechaza", "rechaza", "corte", "corte"]
        wrong = await posta("sandbox", "scenario", "set", "--correo", "corte=5")
        assert (wrong.status, "no lleva valor" in wrong.error) == (2, True)
        assert (await posta("sandbox", "scenario", "set", "--correo", "ninguna")).json["correo"] == []
        assert sandbox.sii.draw_correo() is None


async def test_a_verdict_that_is_hours_late_comes_when_the_clock_is_moved(tmp_path: Path) -> None:
    reloj = Reloj()
    async with sandbox_server(tmp_path / "sii", reloj, demora_veredicto=3 * 3600) as sandbox:
        empresa = Empresa(sandbox.sii.authority, reloj)
        async with Cliente.connect(sandbox.url, empresa) as cliente:
            sobre = empresa.sobre(empresa.boleta(1), canal=Canal.BOLETA)
            await cliente.upload(sobre, await cliente.login(Canal.BOLETA), Canal.BOLETA)
        assert [d["estado"] for d in sandbox.documentos()] == ["en_proceso"]
        await _posta(sandbox, tmp_path)("sandbox", "scenario", "set", "--reloj", "+3h")
        assert [d["estado"] for d in sandbox.documentos()] == ["aceptado"]


_WRONG = [
    (("--averia", "terremoto"), "averias.0: no existe «terremoto»: use uno de 'caida'"),
    (("--averia", "caida:2"), "averias.0.caida.tasa: el máximo es 1"),
    (("--averia", "html:subiendo"), "averias.0.html.momento: use uno de"),
    (("--latencia", "5-2"), "min (5.0) no puede ser mayor que max (2.0)"),
    (("--veredicto", "DOK"), "sentencias.0.veredicto: use uno de 'RSC'"),
    (("--veredicto", "RPR=CAF-3-517"), "el nivel de RPR es 2"),
]


async def test_a_wrong_scenario_is_told_by_field_with_its_remedy(tmp_path: Path) -> None:
    async with sandbox_server(tmp_path / "sii") as sandbox:
        before, posta = sandbox.sii.escena.escenario, _posta(sandbox, tmp_path)
        for flags, words in _WRONG:
            said = await posta("sandbox", "scenario", "set", *flags)
            assert said.status in (1, 2)
            assert words in said.error
        assert sandbox.sii.escena.escenario == before


async def test_a_sandbox_that_is_away_is_said_in_one_line(tmp_path: Path) -> None:
    said = await Posta(Settings(carpeta=tmp_path, sandbox_port=1))("sandbox", "scenario", "show")
    assert (said.status, "posta up" in said.error, "Traceback" in said.error) == (69, True, False)
