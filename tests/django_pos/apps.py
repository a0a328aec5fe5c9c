"""The POS's application, under the name that the sender looks for."""

from __future__ import annotations

from django.apps import AppConfig


class FacturacionElectronica(AppConfig):  # type: ignore[misc]  # Django has no types
    name = "tests.django_pos"
    label = "facturacion_electronica"
    default_auto_field = "django.db.models.BigAutoField"
