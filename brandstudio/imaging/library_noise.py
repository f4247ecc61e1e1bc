"""Hides known, useless warnings of the model libraries; every other one is shown."""

import logging
import warnings
from collections.abc import Generator
from contextlib import contextmanager

import diffusers.utils.logging as diffusers_logging
import transformers.utils.logging as transformers_logging

# Logger and the start of the message. The house model's VAE is an AutoencoderTiny, which Stable
# Diffusion pipelines take but do not declare. A truncated prompt is logged with its text, and a
# prompt is a client's secret. Most LoRAs do not touch the text encoder.
_EXPECTED_LINES = (
    ("diffusers.pipelines.pipeline_loading_utils", "Expected types for vae: "),
    ("diffusers.pipelines.pipeline_utils", "Expected types for vae: "),
    ("diffusers.configuration_utils", "The config attributes {'block_out_channels'"),
    ("diffusers.loaders.peft", "No LoRA keys associated to "),
    ("diffusers.loaders.lora_base", "No LoRA keys associated to "),
    *(
        (f"diffusers.pipelines.{module}", "The following part of your input was truncated")
        for module in (
            "controlnet.pipeline_controlnet",
            "controlnet.pipeline_controlnet_sd_xl",
            "controlnet.pipeline_controlnet_union_sd_xl",
            "controlnet_sd3.pipeline_stable_diffusion_3_controlnet",
            "flux.pipeline_flux_controlnet",
        )
    ),
)

# NumPy 2 tells torch's __array__ that it should learn `copy`; diffusers' schedulers trigger it.
_EXPECTED_WARNINGS = (("__array__ implementation doesn't accept a copy", DeprecationWarning),)


class _Expected(logging.Filter):
    def __init__(self, start: str) -> None:
        super().__init__()
        self._start = start

    def filter(self, record: logging.LogRecord) -> bool:
        return not record.getMessage().startswith(self._start)


def _install() -> None:
    for name, start in _EXPECTED_LINES:
        logging.getLogger(name).addFilter(_Expected(start))
    diffusers_logging.disable_progress_bar()
    transformers_logging.disable_progress_bar()


_install()


@contextmanager
def expected_warnings_hidden() -> Generator[None]:
    """Hide the warnings listed above, and no others, while a library runs."""
    with warnings.catch_warnings():
        for start, category in _EXPECTED_WARNINGS:
            warnings.filterwarnings("ignore", message=start, category=category)
        yield
