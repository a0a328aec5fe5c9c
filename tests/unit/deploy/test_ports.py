from __future__ import annotations

import socket
import subprocess
import sys

import pytest

from deploy.local import ports
from deploy.local.ports import LOOPBACK, free_ports, is_free, require_free
from shared.errors import Misconfigured


def test_free_ports_are_different_and_can_be_listened_on() -> None:
    found = free_ports(20)
    assert len(set(found)) == 20
    assert all(is_free(port) for port in found)


def test_a_port_is_not_given_twice_though_nobody_listens_on_it_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "_RANGE", range(33_000, 33_400))
    ours = free_ports(100)
    other_process = (
        "from deploy.local import ports; ports._RANGE = range(33_000, 33_400); print(*ports.free_ports(100))"
    )
    done = subprocess.run([sys.executable, "-c", other_process], check=True, capture_output=True, text=True)
    assert len({*ours, *map(int, done.stdout.split())}) == 200


def test_a_port_that_somebody_listens_on_is_not_free() -> None:
    with socket.create_server((LOOPBACK, 0)) as server:
        assert not is_free(server.getsockname()[1])


def test_a_taken_port_is_named_by_its_setting() -> None:
    with socket.create_server((LOOPBACK, 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(Misconfigured, match=rf"POSTA_EMITTER_PORT: el puerto {port} está ocupado"):
            require_free("emitter_port", port)
    require_free("emitter_port", port)
