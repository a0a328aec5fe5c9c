"""A service as the operating system sees it: started, stopped and killed like in production."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import httpx

from deploy.local.environment import child_environment
from deploy.local.ports import LOOPBACK
from shared.settings import Settings
from tests.conditions import eventually

START = 90.0
"""Seconds that a service may take to serve on a busy machine."""


class ServiceProcess:
    """`posta run NAME`; what it says goes to a file."""

    def __init__(self, settings: Settings, nombre: str, log: Path) -> None:
        self._settings = settings
        self.nombre = nombre
        self.log = log
        self.url = f"http://{LOOPBACK}:{getattr(settings, f'{nombre}_port')}"
        self._process: subprocess.Popen[bytes] | None = None

    def launch(self) -> None:
        """Start it and do not wait."""
        command = [sys.executable, "-m", "services.cli", "run", self.nombre]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(command, env=child_environment(self._settings), stdout=log, stderr=log)

    async def until_ready(self) -> None:
        await eventually(self._is_ready, within=START)

    def kill(self) -> None:
        """SIGKILL, in the middle of whatever it is doing."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def _end(self, number: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.send_signal(number)
            process.wait(timeout=60)

    async def _is_ready(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, f"{self.nombre} ended: {self.log.read_text(encoding='utf-8')[-2000:]}"
        path = "/health/live" if self.nombre == "sandbox" else "/health/ready"
        async with httpx.AsyncClient(trust_env=False) as http:
            try:
                return (await http.get(f"{self.url}{path}")).status_code == 200
            except httpx.TransportError:
                return False
