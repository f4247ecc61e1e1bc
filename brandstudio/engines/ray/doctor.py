"""What a doctor looks at on a Ray cluster: every node, in its own environment. Loads ray."""

from collections.abc import Iterator

import ray
from ray.exceptions import GetTimeoutError, RayError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from brandstudio.engines.ray.actor import Introduction, Job, WorkerActor
from brandstudio.engines.ray.node import joined
from brandstudio.errors import StudioError, count_of
from brandstudio.services.operations.doctor import Finding
from brandstudio.services.operations.same_setup import require_same, setup_of
from brandstudio.services.studio import Studio

_ANSWER_S = 90.0


def of_cluster(studio: Studio, job: Job) -> Iterator[Finding]:
    """Whether there is room for the workers, and whether each node would draw for this studio."""
    with joined(studio):
        yield from findings(studio, job)


def findings(studio: Studio, job: Job) -> Iterator[Finding]:
    """The same, for whoever takes part in the cluster already."""
    yield _room(studio)
    nodes = [node for node in ray.nodes() if node["Alive"] and node["Resources"].get("CPU")]
    asked = {_named(node): _asked(job, node["NodeID"]) for node in nodes}
    for name, reference in asked.items():
        yield _seen(studio, name, reference)


def _room(studio: Studio) -> Finding:
    settings, there = studio.settings, ray.cluster_resources()
    workers = count_of(settings.ray_workers, "worker")
    cards = settings.ray_workers * (1.0 if settings.ray_gpus is None else settings.ray_gpus)
    here = f"the cluster has {there.get('CPU', 0):g} CPUs and {there.get('GPU', 0):g} GPUs"
    if there.get("CPU", 0) < settings.ray_workers or there.get("GPU", 0) < cards:
        advice = (
            f"{workers} need {settings.ray_workers} CPUs and {cards:g} GPUs, but {here}. Add nodes,"
            " or lower BRANDSTUDIO_RAY_WORKERS or BRANDSTUDIO_RAY_GPUS."
        )
        return Finding("warning", "ray", advice)
    return Finding("ok", "ray", f"{workers}; {here}")


def _asked(job: Job, node: str) -> ray.ObjectRef:
    there = NodeAffinitySchedulingStrategy(node, soft=False)
    return ray.remote(_introduced).options(num_cpus=0, scheduling_strategy=there).remote(job)


def _introduced(job: Job) -> Introduction:
    return WorkerActor(job, 0, "").introduce()


def _seen(studio: Studio, name: str, reference: ray.ObjectRef) -> Finding:
    try:
        introduction: Introduction = ray.get(reference, timeout=_ANSWER_S)
        if introduction.setup is None:
            return Finding("stop", "ray node", f"{name}: {introduction.problem}")
        require_same(setup_of(studio), introduction.setup)
    except StudioError as error:
        return Finding("stop", "ray node", f"{name}: {error}. {error.hint}")
    except GetTimeoutError:
        return Finding("stop", "ray node", f"{name} does not answer. Start Ray there again.")
    except RayError as error:
        reason = str(error).strip().splitlines()[0]
        return Finding("stop", "ray node", f"{name}: {reason} Look into Ray's logs there.")
    return Finding("ok", "ray node", f"{name} has the web server's database, files and presets")


def _named(node: dict[str, str]) -> str:
    return f"{node['NodeManagerHostname']} ({node['NodeID'][:6]})"
