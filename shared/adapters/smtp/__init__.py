"""Mail going out: the only home of aiosmtplib."""

from __future__ import annotations

from shared.adapters.smtp.client import Smtp

__all__ = ["Smtp"]
