"""The POS's table, with the columns that its sender read and wrote."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class DocumentoTributarioElectronico(models.Model):  # type: ignore[misc]  # Django has no types
    empresa_id = models.IntegerField()
    tipo_dte = models.CharField(max_length=10)
    folio = models.IntegerField()
    xml_dte = models.TextField(blank=True)
    xml_firmado = models.TextField(blank=True)
    timbre_electronico = models.TextField(blank=True)
    estado_sii = models.CharField(max_length=20, default="generado")
    fecha_envio_sii = models.DateTimeField(null=True)
    error_envio = models.TextField(blank=True)

    class Meta:
        app_label = "facturacion_electronica"
        unique_together: ClassVar[list[list[str]]] = [["empresa_id", "tipo_dte", "folio"]]

    def __str__(self) -> str:
        return f"{self.tipo_dte} {self.folio}"
