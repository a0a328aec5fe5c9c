"""Ports on loopback that are free now."""

from __future__ import annotations

import random
import socket

from shared.errors import Misconfigured

LOOPBACK = "127.0.0.1"
_RANGE = range(20_000, 32_000)
"""Below the ports that the kernel hands to outgoing connections: none of those can take ours before we listen."""


def is_free(port: int) -> bool:
    """Whether a server could listen on this port of loopback now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def require_free(setting: str, port: int) -> None:
    """Misconfigured, with the name of the setting, if somebody else listens on this port."""
    if not is_free(port):
        raise Misconfigured(
            f"POSTA_{setting.upper()}: el puerto {port} está ocupado; elija otro, o quite la variable "
            "y se usará uno libre"
        )


def free_ports(count: int) -> list[int]:
    """`count` different free ports, picked at random so that stacks that start at one time do not meet."""
    luck, found = random.SystemRandom(), set[int]()
    while len(found) < count:
        port = luck.choice(_RANGE)
        if port not in found and is_free(port):
            found.add(port)
    return list(found)
