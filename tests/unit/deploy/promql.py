"""What a PromQL expression asks for, held against the metrics that the services register."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import promql_parser as promql
from prometheus_client.metrics import MetricWrapperBase

from services.monitor.cortes import PAUSADO
from services.monitor.panel import Fuente
from services.sender.breaker import Position
from services.sender.gate import Operacion
from shared.adapters.rabbit.topology import COLAS
from shared.dte.causa import Causa
from shared.dte.estado import Estado
from shared.dte.tipos import Canal
from shared.metrics import REGISTRY

TARGET = frozenset({"job", "instance"})
"""Labels that Prometheus itself gives to whatever it scrapes."""
CORTES = {f"{canal}.{operacion}" for canal in Canal for operacion in Operacion} | {"correo", "caja"}
VALUES: Mapping[str, frozenset[str]] = {
    "canal": frozenset(Canal),
    "causa": frozenset(Causa),
    "cola": frozenset(cola.nombre for cola in COLAS),
    "corte": frozenset(CORTES),
    "estado": frozenset(Estado),
    "fuente": frozenset(Fuente),
    "posicion": frozenset({*Position, PAUSADO}),
}
"""The values that labels of closed sets can have."""
_KEEPING = ("topk", "bottomk")


def registered() -> dict[str, frozenset[str]]:
    """Every sample of `/metrics` by its name, with its labels."""
    known = {sample.name: frozenset(sample.labels) for metric in REGISTRY.collect() for sample in metric.samples}
    for collector in set(REGISTRY._names_to_collectors.values()):
        if isinstance(collector, MetricWrapperBase):
            known |= _samples_of(collector)
    return {**known, "up": frozenset()}


def _samples_of(metric: MetricWrapperBase) -> dict[str, frozenset[str]]:
    """A labelled metric has samples only once it was used, so they follow from its kind."""
    labels = frozenset(metric._labelnames)
    match metric._type:
        case "counter":
            return {f"{metric._name}_total": labels}
        case "histogram":
            plain = {f"{metric._name}_{what}": labels for what in ("sum", "count")}
            return {**plain, f"{metric._name}_bucket": labels | {"le"}}
        case "gauge":
            return {metric._name: labels}
        case other:
            raise AssertionError(f"{metric._name}: {other}")


@dataclass
class Survey:
    """A walk through one expression."""

    known: Mapping[str, frozenset[str]]
    problems: list[str] = field(default_factory=list)

    def labels(self, expr: promql.Expr) -> frozenset[str]:
        """The labels that its result can have."""
        match expr:
            case promql.VectorSelector():
                found = self._select(expr)
            case promql.MatrixSelector():
                found = self._select(expr.vector_selector)
            case promql.Call():
                found = self._call(expr)
            case promql.AggregateExpr():
                found = self._aggregate(expr)
            case promql.BinaryExpr():
                found = self._combine(expr)
            case promql.ParenExpr() | promql.UnaryExpr() | promql.SubqueryExpr():
                found = self.labels(expr.expr)
            case _:  # a number, a word
                found = frozenset()
        return found

    def _select(self, selector: promql.VectorSelector) -> frozenset[str]:
        name = selector.name
        if name is None or name not in self.known:
            self.problems.append(f"no hay una métrica {name}")
            return frozenset()
        labels = self.known[name] | TARGET
        for matcher in selector.matchers.matchers:
            self._need({matcher.name}, labels, name)
            values = VALUES.get(matcher.name)
            if values is not None and not any(re.fullmatch(matcher.value, value) for value in values):
                self.problems.append(f"{name}: nada tiene {matcher.name} {matcher.value}")
        return labels

    def _call(self, call: promql.Call) -> frozenset[str]:
        given = [self.labels(argument) for argument in call.args]
        found = frozenset[str]().union(*given)
        match call.func.name:
            case "histogram_quantile":
                self._need({"le"}, found, "histogram_quantile")
                return found - {"le"}
            case "label_replace":
                words = [argument.val for argument in call.args if isinstance(argument, promql.StringLiteral)]
                self._need({words[2]}, found, "label_replace")
                return found | {words[0]}
            case _:
                return found

    def _aggregate(self, aggregate: promql.AggregateExpr) -> frozenset[str]:
        found = self.labels(aggregate.expr)
        if str(aggregate.op) in _KEEPING:
            return found
        kept = frozenset(aggregate.modifier.labels) if aggregate.modifier else frozenset[str]()
        self._need(kept, found, str(aggregate.op))
        return kept

    def _combine(self, both: promql.BinaryExpr) -> frozenset[str]:
        left, right = self.labels(both.lhs), self.labels(both.rhs)
        matching = both.modifier.matching if both.modifier else None
        if matching is not None:
            self._need(matching.labels, left & right, str(both.op))
        elif left and right and left != right:
            self.problems.append(f"{both.op}: {sorted(left)} nunca se encuentra con {sorted(right)}")
        return left or right

    def _need(self, wanted: Iterable[str], there: frozenset[str], who: str) -> None:
        missing = sorted(set(wanted) - there)
        if missing:
            self.problems.append(f"{who} no tiene {missing}")


def survey(text: str) -> tuple[frozenset[str], list[str]]:
    """The labels of the result, and everything in it that no service exposes. ValueError if it is no PromQL."""
    seen = Survey(registered())
    labels = seen.labels(promql.parse(text.replace("$__rate_interval", "5m")))
    return labels, seen.problems
