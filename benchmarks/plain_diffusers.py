"""The script a user would write instead: the same eight images, one pipeline call for each."""

import tempfile
from itertools import groupby
from pathlib import Path

import torch
from diffusers import ControlNetModel, StableDiffusionControlNetPipeline

from brandstudio.domain.brief import check_brief, read_form
from brandstudio.domain.plan import plan_brief
from brandstudio.imaging.compute import choose_compute
from brandstudio.imaging.control import draw_control_map
from brandstudio.presets import load_presets, read_yaml
from brandstudio.settings import read_settings
from brandstudio.weights import WEIGHTS

BRIEF = Path(__file__).parent.parent / "examples" / "voltra-summer-hero.yaml"


def main() -> None:
    """Draw every variant of the example brief, as the diffusers documentation shows it."""
    settings = read_settings()
    presets = load_presets(settings.presets_dir, settings.lora_dir)
    catalogue = presets.catalogue
    brief = check_brief(read_form(read_yaml(BRIEF)), catalogue, max_variants=64, seed=0)
    plan = plan_brief(brief, catalogue, catalogue.base_model("house"))
    dtype = choose_compute().dtype
    controlnet = ControlNetModel.from_pretrained(WEIGHTS / "controlnet", dtype=dtype)
    pipe = StableDiffusionControlNetPipeline.from_pretrained(
        WEIGHTS / "base", controlnet=controlnet, dtype=dtype
    )
    pipe.set_progress_bar_config(disable=True)
    with tempfile.TemporaryDirectory() as folder:
        for _, arm in groupby(plan.variants, key=lambda variant: variant.arm):
            variants = list(arm)
            lora = variants[0].params.loras[0]
            file = presets.lora_files[lora.sha256]
            pipe.load_lora_weights(str(file.parent), weight_name=file.name, adapter_name=lora.name)
            pipe.set_adapters([lora.name], [lora.scale])
            for variant in variants:
                _draw(pipe, variant.params, catalogue, Path(folder) / f"{variant.index}.png")
            pipe.unload_lora_weights()


def _draw(pipe, params, catalogue, target: Path) -> None:
    drawing = params.control.drawing
    svg = catalogue.outline(drawing.outline).svg
    control_map = draw_control_map(drawing, svg, params.width_px, params.height_px)
    image = pipe(
        params.prompt,
        negative_prompt=params.negative_prompt,
        image=control_map,
        width=params.width_px,
        height=params.height_px,
        num_inference_steps=params.steps,
        guidance_scale=params.guidance_scale,
        controlnet_conditioning_scale=params.control.scale,
        generator=torch.Generator("cpu").manual_seed(params.seed),
    ).images[0]
    image.save(target)


if __name__ == "__main__":
    main()
