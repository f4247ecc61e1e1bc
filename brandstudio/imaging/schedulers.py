"""Schedulers by their names in profiles, each built from the checkpoint's configuration."""

from typing import Any, cast

from diffusers.schedulers.scheduling_ddim import DDIMScheduler
from diffusers.schedulers.scheduling_dpmsolver_multistep import DPMSolverMultistepScheduler
from diffusers.schedulers.scheduling_euler_ancestral_discrete import (
    EulerAncestralDiscreteScheduler,
)
from diffusers.schedulers.scheduling_euler_discrete import EulerDiscreteScheduler
from diffusers.schedulers.scheduling_flow_match_euler_discrete import (
    FlowMatchEulerDiscreteScheduler,
)
from diffusers.schedulers.scheduling_lcm import LCMScheduler
from diffusers.schedulers.scheduling_unipc_multistep import UniPCMultistepScheduler

from brandstudio.domain.base_model import Scheduler
from brandstudio.errors import WeightsError

_DPMPP_2M = {"algorithm_type": "dpmsolver++", "solver_order": 2, "use_lu_lambdas": False}
# Of what a checkpoint's configuration may not name, DDIM's own defaults do not fit latents, and no
# more do those of LCM, which derives from it.
_LATENT_DDIM = {"clip_sample": False, "set_alpha_to_one": False}

SCHEDULERS: dict[Scheduler, tuple[type[Any], dict[str, Any]]] = {
    "dpmpp-2m": (DPMSolverMultistepScheduler, _DPMPP_2M | {"use_karras_sigmas": False}),
    "dpmpp-2m-karras": (DPMSolverMultistepScheduler, _DPMPP_2M | {"use_karras_sigmas": True}),
    "euler": (EulerDiscreteScheduler, {"use_karras_sigmas": False}),
    "euler-a": (EulerAncestralDiscreteScheduler, {}),
    "ddim": (DDIMScheduler, _LATENT_DDIM),
    "lcm": (LCMScheduler, _LATENT_DDIM),
    "unipc": (UniPCMultistepScheduler, {"use_karras_sigmas": False}),
}


def build_scheduler(name: Scheduler, own: Any) -> Any:
    """A fresh scheduler of that name for a checkpoint whose own scheduler is `own`.

    Fresh each time, so that nothing of an earlier, perhaps cancelled, run remains in it.
    Raises WeightsError when a flow-matching checkpoint is asked for another sampler than its own.
    """
    if name == "checkpoint" or (name == "euler" and _is_flow(own)):
        own_class = cast(Any, type(own))
        return own_class.from_config(own.config)
    if _is_flow(own):
        raise WeightsError(f"The scheduler '{name}' cannot sample this flow-matching base model")
    scheduler_class, changes = SCHEDULERS[name]
    return scheduler_class.from_config(own.config, **changes)


def _is_flow(scheduler: Any) -> bool:
    return isinstance(scheduler, FlowMatchEulerDiscreteScheduler)
