"""What an operator has paused, as it was last read: nothing of it may leave."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.dte.tipos import Canal
from shared.log import get_logger
from shared.messages import ClasePausa

if TYPE_CHECKING:
    from shared.adapters.mongo import Pausas

log = get_logger("posta.sender")


class EnPausa:
    """Half a second old at most, or as old as the silence of MongoDB is long."""

    def __init__(self, pausas: Pausas) -> None:
        self._pausas = pausas
        self._objetos: dict[ClasePausa, frozenset[str]] = dict.fromkeys(ClasePausa, frozenset())

    async def refresh(self) -> bool:
        """Read again; gives False: no more until the next time."""
        pausas = await self._pausas.all()
        objetos = {clase: frozenset(p.objeto for p in pausas if p.clase is clase) for clase in ClasePausa}
        if objetos != self._objetos:
            log.warning("pausas", **{clase.value: sorted(cuales) for clase, cuales in objetos.items()})
            self._objetos = objetos
        return False

    @property
    def emisores(self) -> frozenset[str]:
        """The companies that are paused."""
        return self._objetos[ClasePausa.EMISOR]

    def has_canal(self, canal: Canal) -> bool:
        """Whether a channel is paused."""
        return canal in self._objetos[ClasePausa.CANAL]

    def covers(self, canal: Canal, emisor: str) -> bool:
        """Whether documents of this company must not leave through this channel."""
        return self.has_canal(canal) or emisor in self.emisores
