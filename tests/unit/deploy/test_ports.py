from __future__ import annotations

import socket

import pytest

from deploy.local.ports import LOOPBACK, free_ports, is_free, require_free
from shared.errors import Misconfigured


def test_free_ports_are_different_and_can_be_listened_on() -> None:
    ports = free_ports(20)
    assert len(set(ports)) == 20
    assert all(is_free(port) for port in ports)


def test_a_port_that_somebody_listens_on_is_not_free() -> None:
    with socket.create_server((LOOPBACK, 0)) as server:
        assert not is_free(server.getsockname()[1])


def test_a_taken_port_is_named_by_its_setting() -> None:
    with socket.create_server((LOOPBACK, 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(Misconfigured, match=rf"POSTA_EMITTER_PORT: el puerto {port} está ocupado"):
            require_free("emitter_port", port)
    require_free("emitter_port", port)
