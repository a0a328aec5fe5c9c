"""One authority for all tests of the sandbox: making keys is slow, and they never change."""

from __future__ import annotations

import pytest

from services.sandbox.authority import Authority, open_authority
from tests.sandbox_data import Empresa, Reloj


@pytest.fixture(scope="session")
def reloj() -> Reloj:
    return Reloj()


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory, reloj: Reloj) -> Authority:
    return open_authority(tmp_path_factory.mktemp("sandbox") / "autoridad", reloj)


@pytest.fixture(scope="session")
def empresa(authority: Authority, reloj: Reloj) -> Empresa:
    return Empresa(authority, reloj)
