"""The metrics by their names: those that are documented, and those that there are."""

from __future__ import annotations

import re
from pathlib import Path

from shared.metrics import REGISTRY

DOCS = Path(__file__).parents[2] / "docs" / "metricas.md"


def test_every_metric_is_documented_under_its_name() -> None:
    documented = re.findall(r"^\| `(posta_\w+)` \|", DOCS.read_text(encoding="utf-8"), re.MULTILINE)
    existing = [metric.name for metric in REGISTRY.collect() if metric.name.startswith("posta_")]
    assert sorted(documented) == sorted(existing)
