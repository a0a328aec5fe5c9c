"""How a stack stands at one moment of a long run: what was sold and delivered, what waits, memory and disk."""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from deploy.local.demo.fetch import fetch_json
from deploy.local.stack import Stack
from shared.adapters.rabbit import COLAS, Depths

_PROCESOS = {
    "run emitter": "emitter",
    "run sender": "sender",
    "run sandbox": "sandbox",
    "mongod": "mongod",
    "beam.smp": "rabbitmq",
}
_GUARDIA = "guard.py"
_MB = 1_000_000


@dataclass(frozen=True, slots=True)
class Muestra:
    """Seconds since the first sale; documents; messages that wait in RabbitMQ; megabytes."""

    segundos: float
    vendidos: int
    recibidos: int
    """By the SII."""
    envios: int
    en_cola: int
    memoria: Mapping[str, int]
    disco: int

    def to_json(self) -> dict[str, Any]:
        return {
            "segundos": round(self.segundos, 1),
            "vendidos": self.vendidos,
            "recibidos": self.recibidos,
            "envios": self.envios,
            "en_cola": self.en_cola,
            "memoria_mb": dict(self.memoria),
            "disco_mb": self.disco,
        }


class Muestreo:
    """Takes samples of one stack. `vendidos` is kept by whoever sells. `close()` when done."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._depths = Depths(stack.settings, "bench")
        self._began = time.monotonic()
        self.vendidos = 0
        self.muestras: list[Muestra] = []
        self.resumen: dict[str, Any] = {}
        """What the sandbox said at the last sample."""

    async def take(self) -> Muestra:
        """The stack as it stands now; remembered."""
        resumen = self.resumen = await fetch_json(f"{self._stack.addresses['sandbox']}/sandbox/resumen")
        depths = await self._depths.measure([cola.nombre for cola in COLAS])
        muestra = Muestra(
            segundos=time.monotonic() - self._began,
            vendidos=self.vendidos,
            recibidos=resumen["documentos"],
            envios=resumen["envios"],
            en_cola=sum(depth.mensajes for depth in depths.values()),
            memoria=await asyncio.to_thread(measure_memoria),
            disco=await asyncio.to_thread(measure_disco, self._stack.settings.carpeta),
        )
        self.muestras.append(muestra)
        return muestra

    async def close(self) -> None:
        await self._depths.close()


def make_tramos(muestras: Sequence[Muestra], cuantos: int = 10) -> list[dict[str, Any]]:
    """The run in at most `cuantos` pieces: each one's rates a second, and how things stood at its end."""
    paso = max(1, -(-(len(muestras) - 1) // cuantos))
    cortes = [*muestras[::paso], *([muestras[-1]] if (len(muestras) - 1) % paso else [])]
    return [
        {**b.to_json(), "vendidos_ps": _rate(a, b, "vendidos"), "recibidos_ps": _rate(a, b, "recibidos")}
        for a, b in pairwise(cortes)
    ]


def measure_memoria() -> dict[str, int]:
    """Resident megabytes of each process that runs below this one, by its usual name."""
    found: dict[str, int] = {}
    for pid in _descendants(os.getpid()):
        with contextlib.suppress(OSError):  # it has just ended
            command = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").replace("\0", " ")
            name = next((name for sign, name in _PROCESOS.items() if sign in command), None)
            if name is not None and _GUARDIA not in command:
                pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
                found[name] = found.get(name, 0) + pages * os.sysconf("SC_PAGE_SIZE") // _MB
    return found


def measure_disco(carpeta: Path) -> int:
    """Megabytes that lie in a folder in which files come and go."""
    return sum(_sizes(carpeta)) // _MB


def _sizes(carpeta: Path) -> Iterator[int]:
    for folder, _, files in os.walk(carpeta):
        for name in files:
            with contextlib.suppress(OSError):
                yield (Path(folder) / name).stat().st_blocks * 512


def _descendants(pid: int) -> Iterator[int]:
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text(encoding="ascii").split():
                yield int(child)
                yield from _descendants(int(child))


def _rate(a: Muestra, b: Muestra, campo: str) -> float:
    hechos: int = getattr(b, campo) - getattr(a, campo)
    return round(hechos / (b.segundos - a.segundos), 1)
