"""What somebody asks of the administration, as forms and JSON bring it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import File, Form, Path, Query
from pydantic import BaseModel, ConfigDict, Field, WrapValidator, model_validator

from services.monitor.administracion.mesa import MOTIVO_MAX
from services.monitor.numeros import Entero, Numero
from shared.administracion.alta import FichaEmpresa
from shared.administracion.correo import CambioCorreo
from shared.correo import Seguridad
from shared.dte.modelo.lectura import read_modelo

Rut = Annotated[str, Path(max_length=12, description="RUT de la empresa, como 76192083-9")]
RangoId = Annotated[str, Path(max_length=40, description="El rango, como 76192083-9-39-1")]
TerminalId = Annotated[str, Path(max_length=24, description="Identidad del terminal")]
Motivo = Annotated[str, Query(max_length=MOTIVO_MAX, description="Por qué: queda en la auditoría")]
MotivoForm = Annotated[str, Form(max_length=MOTIVO_MAX, description="Por qué: queda en la auditoría")]
Archivo = Annotated[bytes, File(description="El archivo, tal como lo entrega su prestador o el SII")]
Contrasena = Annotated[str, Form(max_length=200, description="Contraseña del archivo .p12")]
TiendaForm = Annotated[str, Form(max_length=40, description="Sólo para esta tienda")]
TerminalForm = Annotated[str, Form(max_length=24, description="Sólo para este terminal")]
EmpresaJson = Annotated[FichaEmpresa, WrapValidator(lambda datos, _: read_modelo(FichaEmpresa, datos))]
"""A company whose faults are told one by one, each with its path and remedy."""


class Pedido(BaseModel):
    """Fields of a form that nobody filled in come as empty texts: they count as not given."""

    model_config = ConfigDict(extra="forbid")

    motivo: str = Field(default="", max_length=MOTIVO_MAX, description="Por qué: queda en la auditoría")

    @model_validator(mode="before")
    @classmethod
    def _drop_empty(cls, given: Any) -> Any:
        return {name: value for name, value in given.items() if value != ""} if isinstance(given, Mapping) else given


class PedidoTerminal(Pedido):
    """Un terminal nuevo."""

    tienda: str = Field(default="", max_length=200)
    caja: str = Field(default="", max_length=200)
    por_segundo: Numero | None = Field(default=None, description="Ventas por segundo; nulo es el límite común")


class PedidoTramo(Pedido):
    """Folios que no se emitirán nunca."""

    desde: Entero
    hasta: Entero | None = Field(default=None, description="El último; nulo si es uno solo")


class PedidoReparto(Pedido):
    """Para quién son los folios que quedan; nadie en particular si no se dice."""

    tienda: str | None = Field(default=None, max_length=40)
    terminal: str | None = Field(default=None, max_length=24)


class PedidoDtebox(Pedido):
    """El DTEBox de una empresa."""

    url: str = Field(default="", max_length=300, description="Como https://box.ejemplo.cl/api/Core.svc/core")
    llave: str = Field(default="", max_length=300, description="Su AuthKey", repr=False)


class PedidoCorreo(Pedido):
    """Cómo la empresa envía la copia a sus clientes. Lo que no se da queda como está."""

    activo: bool | None = Field(default=None, description="Si los clientes reciben copia")
    servidor: str | None = Field(default=None, max_length=253)
    puerto: Entero | None = None
    seguridad: Seguridad | None = None
    usuario: str | None = Field(default=None, max_length=200)
    clave: str | None = Field(default=None, max_length=500, repr=False)
    remitente: str | None = Field(default=None, max_length=254)
    pdf: bool | None = Field(default=None, description="Si va también el PDF")

    @property
    def cambio(self) -> CambioCorreo:
        return CambioCorreo(
            activo=self.activo,
            host=self.servidor,
            puerto=self.puerto,
            seguridad=self.seguridad,
            usuario=self.usuario,
            clave=self.clave,
            remitente=self.remitente,
            pdf=self.pdf,
        )
