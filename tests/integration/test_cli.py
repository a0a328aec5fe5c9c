"""`posta` as a person types it: each command as a process, its words and its exit status."""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import dataclass
from typing import Any

import pytest

from deploy.local.environment import child_environment
from services.sandbox.main import llaves_file
from shared.clock import now
from shared.errors import Misconfigured
from shared.settings import Settings
from tests.dte_data import EMISOR_RUT
from tests.emitter_world import World, create_world, open_store, running_emitter

EMPRESA = {
    "rut": "76.192.083-9",
    "razon_social": "Comercial Ñuñoa SpA",
    "giro": "Venta al por menor",
    "acteco": 471990,
    "direccion": "Irarrázaval 1234",
    "limite_por_minuto": 600,
    "comuna": "Ñuñoa",
    "resoluciones": {"boleta": {"fecha": "2026-01-15", "numero": 0}},
}
VENTA = {"Encabezado": {"IdDoc": {"TipoDTE": 39}}, "Detalle": [{"NmbItem": "Té", "QtyItem": 2, "PrcItem": 1190}]}


@dataclass(frozen=True, slots=True)
class Dicho:
    """What a command said, and how it ended."""

    status: int
    salida: str
    error: str

    @property
    def json(self) -> Any:
        return json.loads(self.salida)


class Posta:
    """Runs commands against one installation, in its folder."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.carpeta = settings.carpeta

    async def __call__(self, *arguments: str) -> Dicho:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "services.cli", *arguments),
            cwd=self.carpeta,
            env=child_environment(self.settings) | {"COLUMNS": "300", "NO_COLOR": "1"},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        salida, error = await process.communicate()
        return Dicho(process.returncode or 0, salida.decode(), error.decode())

    def write(self, nombre: str, contenido: object) -> str:
        archivo = self.carpeta / nombre
        archivo.write_text(contenido if isinstance(contenido, str) else json.dumps(contenido), encoding="utf-8")
        return str(archivo)


@pytest.fixture
def posta(settings: Settings) -> Posta:
    return Posta(settings.model_copy(update={"caf_llaves_file": llaves_file(settings.carpeta)}))


async def test_a_company_is_set_up_and_sells_from_the_command_line(posta: Posta) -> None:
    clave, empresa = posta.write("clave.txt", "secreta\n"), posta.write("empresa.json", EMPRESA)
    p12, caf = str(posta.carpeta / "p.p12"), str(posta.carpeta / "caf.xml")
    for command in (
        ("sandbox", "cert", "--rut", "11.111.111-1", "--password-file", clave, "-o", p12),
        ("sandbox", "caf", "--rut", "76192083-9", "--tipo", "39", "--desde", "5", "--hasta", "9", "-o", caf),
        ("emisor", "create", empresa),
        ("cert", "set", "76192083-9", p12, "--password-file", clave),
        ("caf", "import", caf),
    ):
        said = await posta(*command)
        assert said.status == 0, said.error
    [emisor] = (await posta("emisor", "list", "--json")).json
    assert emisor.pop("vence") > now().date().isoformat()
    assert emisor == {
        "rut": "76192083-9",
        "razon_social": "Comercial Ñuñoa SpA",
        "canales": "boleta",
        "proveedor": "sii",
        "dtebox": None,
        "limite_por_minuto": 600,
        "certificado": "sí",
    }
    creado = (await posta("terminal", "create", "76192083-9", "Centro", "1", "--json")).json
    llave = posta.write("llave.txt", creado["llave"])
    async with running_emitter(World(posta.settings, creado["llave"], creado["id"])):
        first = await posta("emit", posta.write("venta.json", VENTA), "--llave-file", llave)
        again = await posta("emit", posta.write("venta.json", VENTA), "--llave-file", llave)
        assert (first.json["folio"], first.json["monto"], first.json["repetido"]) == (5, 2380, False)
        assert (again.json["folio"], again.json["repetido"]) == (5, True)
        assert (await posta("dte", "show", "76192083-9-39-5")).json["estado"] == "generado"
        wrong = await posta("emit", posta.write("mala.json", "{"), "--llave-file", llave)
        assert wrong.status == 1
        assert "línea 1" in wrong.error
    [caf_row] = (await posta("caf", "list", "--json")).json
    assert (caf_row["desde"], caf_row["disponibles"], caf_row["reservados"]) == (5, 4, 0)


async def test_the_master_key_is_rotated_and_a_certificate_retired_from_the_command_line(settings: Settings) -> None:
    posta = Posta((await create_world(settings, boletas=5, facturas=0)).settings)
    rotated = await posta("llave", "rotate", "--motivo", "cambio anual")
    assert "3 secretos cifrados con la llave nueva" in rotated.salida
    assert "0 secretos tenían otra llave" in (await posta("llave", "reencrypt")).salida
    assert (await posta("cert", "retire", EMISOR_RUT, "--motivo", "la persona se fue")).status == 0
    assert (await posta("emisor", "list", "--json")).json[0]["certificado"] == "falta"
    assert "no tiene certificado" in (await posta("cert", "retire", EMISOR_RUT)).error


async def test_a_revoked_till_is_in_the_audit_and_a_changed_entry_is_found(settings: Settings) -> None:
    world = await create_world(settings, boletas=5, facturas=0)
    posta = Posta(world.settings)
    assert (await posta("terminal", "revoke", world.terminal, "--motivo", "caja robada")).status == 0
    [terminal] = (await posta("terminal", "list", "--json")).json
    assert terminal["revocado"] is True
    assert "hash" not in terminal
    *_, intento, hecho = (await posta("auditoria", "list", "--json")).json
    assert (intento["accion"], intento["objeto"]) == ("terminal.revoke", world.terminal)
    assert (intento["motivo"], hecho["fase"], hecho["intento"]) == ("caja robada", "hecho", intento["n"])
    whole = await posta("auditoria", "verify")
    assert (whole.status, hecho["hash"] in whole.salida) == (0, True)
    async with open_store(posta.settings) as store:
        await store._mongo.database.auditoria.update_one({"_id": intento["n"]}, {"$set": {"motivo": "ninguno"}})
    broken = await posta("auditoria", "verify", "--json")
    assert (broken.status, broken.json["n"]) == (1, intento["n"])
    assert f"el asiento {intento['n']} fue cambiado" in broken.error


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (("dlq", "replay"), "--todo"),
        (("dlq", "replay", "--todo", "--causa", "esquema"), "--todo"),
        (("dlq", "replay", "--todo", "--ritmo", "0"), "ritmo"),
        (("dlq", "replay", "76-39-1"), "no esperan a una persona: 76-39-1"),
        (("dlq", "list", "--tipo", "40"), "--tipo 40"),
        (("dlq", "show", "76-39-1"), "no hay un documento"),
        (("dlq", "operaciones", "nada"), "no hay una operación"),
        (("dlq", "stop", "nada"), "posta dlq operaciones"),
        (("dte", "show", "76192083-9-39-1"), "no hay un documento"),
        (("cert", "set", "76192083-9", "{empresa}", "--password-file", "{empresa}"), "posta emisor create"),
        (("caf", "import", "{empresa}"), "XML"),
        (("terminal", "create", "76192083-0", "Centro", "1"), "dígito verificador"),
        (("terminal", "revoke", "nadie"), "posta terminal list"),
        (("emisor", "create", "{roto}"), "no es JSON"),
        (("emisor", "create", "{dtebox}"), "«proveedor» debe ser uno de"),
        (("sandbox", "caf", "--rut", "76192083-9", "--tipo", "39", "--desde", "9", "--hasta", "1", "-o", "x"), "hasta"),
    ],
)
async def test_a_wrong_command_says_what_to_do(posta: Posta, command: tuple[str, ...], words: str) -> None:
    files = {
        "empresa": posta.write("empresa.json", EMPRESA),
        "dtebox": posta.write("dtebox.json", EMPRESA | {"proveedor": "otro"}),
        "roto": posta.write("roto.json", "{"),
    }
    said = await posta(*(argument.format_map(files) for argument in command))
    assert said.status in (1, 2)
    assert words in said.error
    assert "Traceback" not in said.error


async def test_a_wrong_setting_is_named_and_ends_with_78(settings: Settings) -> None:
    env = child_environment(settings) | {"POSTA_MAX_WORKERS": "cero"}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "services.cli", "emisor", "list"), env=env, stderr=asyncio.subprocess.PIPE
    )
    _, error = await process.communicate()
    assert process.returncode == Misconfigured.EXIT_STATUS
    assert "POSTA_MAX_WORKERS" in error.decode()


async def test_a_database_that_is_away_is_said_in_one_line(settings: Settings) -> None:
    away = settings.model_copy(
        update={"mongo_url": "mongodb://127.0.0.1:1/?replicaSet=posta", "mongo_timeout": settings.mongo_timeout / 4}
    )
    said = await Posta(away)("dlq", "list")
    assert said.status == 69
    assert said.error.startswith("posta: MongoDB no responde ahora: no se llegó a su primario a tiempo\n")
    assert not said.salida
    assert "Traceback" not in said.error


async def test_every_service_runs_from_the_command_line_and_ends_on_sigterm(posta: Posta) -> None:
    for service in ("sandbox", "monitor", "emitter", "sender"):
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "services.cli", "run", service),
            cwd=posta.carpeta,
            env=child_environment(posta.settings),
            stderr=asyncio.subprocess.PIPE,
        )
        assert process.stderr is not None
        async with asyncio.timeout(60):
            line = await process.stderr.readline()  # its first words: it is past its wiring
            assert line, await process.wait()
            process.terminate()
            await process.communicate()
        assert process.returncode == 0, service
