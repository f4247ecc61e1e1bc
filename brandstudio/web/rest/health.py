"""What monitors read: /healthz for anyone, /readyz and /metrics for who may see the inside.

Those two are for administrators. A monitor gets an API token of one that has the scope `monitor`
and no other: with it nothing else can be seen or done.
"""

from collections.abc import Iterable, Mapping
from typing import Annotated

from fastapi import APIRouter, Depends
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector
from starlette.responses import JSONResponse, Response

from brandstudio.domain.access import STUDIO, Action, Beyond, needs, require
from brandstudio.domain.people import Person
from brandstudio.services.operations import health
from brandstudio.services.operations.health import Gauges
from brandstudio.services.studio import Studio
from brandstudio.web.gate.middleware import person_of

TEXT = "text/plain; version=0.0.4; charset=utf-8"
Metric = GaugeMetricFamily | CounterMetricFamily


def monitor(person: Annotated[Person, Depends(person_of)]) -> Person:
    """Whoever may see how the studio fares, or ForbiddenError."""
    require(person, Action.MONITOR, STUDIO)
    return person


def router(studio: Studio) -> APIRouter:
    """The three addresses."""
    routes = APIRouter(include_in_schema=False)

    @routes.api_route("/healthz", methods=["GET", "HEAD"])
    @needs(Beyond.NO_SIGN_IN)
    def healthz() -> Response:
        """That the server answers; nothing about what it holds, and nothing in the log."""
        return JSONResponse({"status": "ok"})

    @routes.get("/readyz", dependencies=[Depends(monitor)])
    @needs(Action.MONITOR)
    def readyz() -> Response:
        """Five lights; 503 as long as one is red."""
        lights = health.lights(studio)
        is_ready = all(light.is_green for light in lights)
        states = {
            light.name: {"light": "green" if light.is_green else "red", "said": light.said}
            for light in lights
        }
        status = 200 if is_ready else 503
        return JSONResponse({"ready": is_ready, "lights": states}, status_code=status)

    @routes.get("/metrics", dependencies=[Depends(monitor)])
    @needs(Action.MONITOR)
    def metrics() -> Response:
        registry = CollectorRegistry(auto_describe=False)
        registry.register(_Metrics(health.gauges(studio)))
        return Response(generate_latest(registry), headers={"Content-Type": TEXT})

    return routes


class _Metrics(Collector):
    """Figures of one moment, as Prometheus wants them."""

    def __init__(self, gauges: Gauges) -> None:
        self.gauges = gauges

    def collect(self) -> Iterable[Metric]:
        """Every metric with its meaning."""
        gauges, figures = self.gauges, self.gauges.figures
        for name, meaning, value in (
            ("queue_length", "Images that wait to be drawn", figures.queue_length),
            ("queue_oldest_seconds", "How long the oldest has waited", figures.queue_oldest_s),
            ("images_per_minute", "Images drawn, over ten minutes", figures.images_per_minute),
            ("workers", "Workers heard within a minute", gauges.workers_heard),
            ("worker_restarts", "How often the known workers died", gauges.worker_restarts),
            ("disk_free_bytes", "Free where files are written", gauges.room.free_bytes),
            ("disk_reserve_bytes", "Below it drawing pauses", gauges.room.reserve_bytes),
            ("stored_files", "Stored files, as of the last upkeep", gauges.files),
            ("stored_bytes", "Their size", gauges.file_bytes),
            ("stored_files_lost", "Missing or damaged files", gauges.files_lost),
        ):
            yield GaugeMetricFamily(f"brandstudio_{name}", meaning, value=value)
        yield _by("variants", "Variants by what became of them", "status", figures.variants)
        yield _by("reviews", "Variants by where their review stands", "review", figures.reviews)
        yield _by("stage_seconds", "Mean seconds lately", "stage", figures.stage_s)
        yield _by("failures", "Runs and images that failed", "kind", figures.failures)
        decisions = CounterMetricFamily(
            "brandstudio_decisions", "Decisions ever made", labels=["verdict"]
        )
        for verdict, count in figures.decisions.items():
            decisions.add_metric([verdict], count)
        yield decisions
        if gauges.gpu_bytes:
            yield _cards("gpu_memory_used_bytes", [used for used, _ in gauges.gpu_bytes])
            yield _cards("gpu_memory_bytes", [total for _, total in gauges.gpu_bytes])


def _by(name: str, meaning: str, label: str, values: Mapping[str, float]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(f"brandstudio_{name}", meaning, labels=[label])
    for key, value in values.items():
        family.add_metric([key], value)
    return family


def _cards(name: str, values: list[int]) -> GaugeMetricFamily:
    cards = {str(number): float(value) for number, value in enumerate(values)}
    return _by(name, "Of each graphics card", "card", cards)
