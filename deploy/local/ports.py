"""Ports on loopback that are free now."""

from __future__ import annotations

import os
import random
import socket
from collections import deque

from shared.errors import Misconfigured

LOOPBACK = "127.0.0.1"
_RANGE = range(20_000, 32_000)
"""Below the ports that the kernel hands to outgoing connections: none of those can take ours before we listen."""

_PROMISED: deque[int] = deque()
_PROMISES = 500
"""A promise is kept until this process ends, or has made so many more."""


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
    """`count` different free ports. Whoever gets one may listen late: no process of ours is given it meanwhile."""
    luck, found = random.SystemRandom(), list[int]()
    while len(found) < count:
        port = luck.choice(_RANGE)
        if is_free(port) and _promise(port):
            found.append(port)
    return found


def _promise(port: int) -> bool:
    """Whether the port is ours now, and nobody else's. The sign is a socket with a name that ends with its process."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sign:
        try:
            sign.bind(f"\0posta-puerto-{port}")
        except OSError:
            return False
        if len(_PROMISED) == _PROMISES:
            os.close(_PROMISED.popleft())
        _PROMISED.append(sign.detach())
    return True
