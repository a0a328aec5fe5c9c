"""A sandbox for each test; the keys are made once for all of them."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.sandbox.authority import open_authority
from tests.contract.sandbox.cliente import Cliente
from tests.sandbox_data import Empresa, Reloj
from tests.sandbox_server import SandboxServer, sandbox_server


@pytest.fixture
def reloj() -> Reloj:
    return Reloj()


@pytest.fixture(scope="session")
def plantilla(tmp_path_factory: pytest.TempPathFactory) -> Empresa:
    """A company before an authority whose keys every test's sandbox shares."""
    authority = open_authority(tmp_path_factory.mktemp("sandbox") / "autoridad", Reloj())
    return Empresa(authority, Reloj())


@pytest.fixture
def carpeta(tmp_path: Path, plantilla: Empresa) -> Path:
    """A sandbox's folder with its authority and nothing else."""
    shutil.copytree(plantilla.authority.carpeta, tmp_path / "sii" / "autoridad")
    return tmp_path / "sii"


@pytest.fixture
async def sandbox(carpeta: Path, reloj: Reloj) -> AsyncIterator[SandboxServer]:
    async with sandbox_server(carpeta, reloj) as server:
        yield server


@pytest.fixture
def empresa(plantilla: Empresa, reloj: Reloj) -> Empresa:
    """The company with its usual certificate and CAFs, at the hour of the test."""
    plantilla.reloj.ahora = reloj.ahora
    return plantilla


@pytest.fixture
async def cliente(sandbox: SandboxServer, empresa: Empresa) -> AsyncIterator[Cliente]:
    async with Cliente.connect(sandbox.url, empresa) as cliente:
        yield cliente
