"""The page for the programmers of tills: everything on it runs, says what the page says it says, and is complete."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from deploy.local.environment import child_environment
from shared.settings import Settings
from tests.emitter_world import World, create_world, open_store, running_emitter
from tests.invariants import check_folios

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "integracion.md"
_BLOCK = re.compile(r"(?:<!-- archivo: (\S+) -->\n)?```(\w+)\n(.*?)```\n", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Trozo:
    """One fenced block: a file, or a program, or what the program before it says."""

    archivo: str
    lenguaje: str
    texto: str


def _read_page() -> Iterator[Trozo]:
    for archivo, lenguaje, texto in _BLOCK.findall(PAGE.read_text(encoding="utf-8")):
        yield Trozo(archivo, lenguaje, texto)


def _here(texto: str, settings: Settings) -> str:
    """The page's addresses, replaced by those of this test."""
    assert settings.rabbit_password_file is not None
    password = settings.rabbit_password_file.read_text(encoding="ascii").strip()
    broker = f"{settings.rabbit_user}:{password}@{settings.rabbit_host}:{settings.rabbit_port}/{settings.rabbit_vhost}"
    return texto.replace("http://127.0.0.1:8001", f"http://127.0.0.1:{settings.emitter_port}").replace(
        "guest:guest@127.0.0.1/", broker
    )


async def _run(trozo: Trozo, world: World) -> str:
    command = [sys.executable, "-c"] if trozo.lenguaje == "python" else ["bash", "-euo", "pipefail", "-c"]
    carpeta = world.settings.carpeta
    process = await asyncio.create_subprocess_exec(
        *command,
        _here(trozo.texto, world.settings),
        cwd=carpeta,
        env=child_environment(world.settings) | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    salida, error = await process.communicate()
    assert process.returncode == 0, f"{trozo.texto}\n{error.decode()}"
    return salida.decode()


async def test_every_snippet_runs_and_says_what_the_page_says(settings: Settings) -> None:
    world = await create_world(settings, boletas=2000)
    (settings.carpeta / "llave.txt").write_text(world.llave, encoding="ascii")
    said, ran = "", 0
    async with running_emitter(world):
        for trozo in _read_page():
            if trozo.archivo:
                (settings.carpeta / trozo.archivo).write_text(trozo.texto, encoding="utf-8")
            elif trozo.lenguaje == "text":
                assert said == trozo.texto
            else:
                assert trozo.lenguaje in ("python", "bash"), trozo
                said, ran = await _run(trozo, world), ran + 1
    assert ran >= 10
    async with open_store(world.settings) as store:
        assert (await check_folios(store)).usados == 1009, "1,000 of the afternoon, and nine one by one"


def test_every_problem_that_a_till_can_meet_is_explained() -> None:
    sources = "".join(
        archivo.read_text(encoding="utf-8")
        for archivo in (ROOT / "services" / "emitter").glob("*.py")
        if not archivo.name.startswith(("admin", "caf", "web_caf"))
    )
    raised = set(re.findall(r'ProblemError\(\s*\d+, "([a-z-]+)"', sources))
    raised |= set(re.findall(r'kind = \d+, "([a-z-]+)"', sources))
    raised |= {"json-invalido", "documento-invalido", "limite", "metodo", "peticion"}
    administration = {clase for clase in raised if clase.startswith(("administracion", "caf"))}
    explained = set(re.findall(r"^\| `([a-z-]+)` \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE))
    assert explained == raised - administration


def test_both_readmes_lead_to_the_page() -> None:
    for readme in ("README.md", "README.es.md"):
        assert "(docs/integracion.md)" in (ROOT / readme).read_text(encoding="utf-8")
