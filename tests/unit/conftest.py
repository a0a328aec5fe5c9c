"""Property tests here have no time limit per example: the machine may be busy, and the laws are not about time."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("posta", deadline=None)
settings.load_profile("posta")
