"""Prompts as the pipelines take them: encoded once per text where the family makes that simple."""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any, cast

import torch
from torch import Tensor

from brandstudio.domain.base_model import Family
from brandstudio.domain.plan import GenerationParams

_REMEMBERED_TEXTS = 512


class PromptBook:
    """Turns the prompts of a batch into call arguments, encoding each distinct text only once.

    A LoRA may act on the text encoder, so texts are remembered together with the LoRAs worn.
    """

    def __init__(self, pipeline: Any, family: Family) -> None:
        self._pipeline = pipeline
        self._encode = _ENCODERS.get(family)
        self._texts: OrderedDict[tuple[object, ...], tuple[Tensor, ...]] = OrderedDict()
        self.encoded = 0

    def arguments(self, batch: Sequence[GenerationParams]) -> dict[str, Any]:
        """The prompts and negative prompts of the batch, under the names the pipeline knows."""
        if self._encode is None:
            return {
                "prompt": [params.prompt for params in batch],
                "negative_prompt": [params.negative_prompt for params in batch],
            }
        wanted = [self._remember(params.prompt, params, params.clip_skip) for params in batch]
        # diffusers skips layers for the prompt alone.
        unwanted = [self._remember(params.negative_prompt, params, None) for params in batch]
        names = ("prompt_embeds", "pooled_prompt_embeds")
        return _stacked(names, wanted) | _stacked([f"negative_{name}" for name in names], unwanted)

    def _remember(
        self, text: str, params: GenerationParams, clip_skip: int | None
    ) -> tuple[Tensor, ...]:
        worn = tuple((lora.sha256, lora.scale) for lora in params.loras)
        key = (text, clip_skip, worn)
        if key not in self._texts:
            assert self._encode is not None
            self._texts[key] = self._encode(self._pipeline, text, clip_skip)
            self.encoded += 1
            if len(self._texts) > _REMEMBERED_TEXTS:
                self._texts.popitem(last=False)
        self._texts.move_to_end(key)
        return self._texts[key]


def _stacked(names: Sequence[str], texts: Sequence[tuple[Tensor, ...]]) -> dict[str, Tensor]:
    columns = zip(*texts, strict=True)
    return {name: torch.cat(column) for name, column in zip(names, columns, strict=False)}


@torch.no_grad()
def _encode_sd15(pipeline: Any, text: str, clip_skip: int | None) -> tuple[Tensor, ...]:
    """Token embeddings (1, tokens, channels) of the model's dtype, on its device."""
    if clip_skip is not None:
        return (_encode_skipping(pipeline, text, clip_skip),)
    embeddings, _ = pipeline.encode_prompt(text, pipeline.device, 1, False)
    return (embeddings,)


def _encode_skipping(pipeline: Any, text: str, clip_skip: int) -> Tensor:
    """The output of an earlier layer, through the last norm.

    diffusers looks for that norm where transformers kept it before version 5, and fails.
    """
    tokenizer, encoder = pipeline.tokenizer, pipeline.text_encoder
    window = {"padding": "max_length", "max_length": tokenizer.model_max_length}
    tokens = tokenizer(text, truncation=True, return_tensors="pt", **window).input_ids
    layers = encoder(tokens.to(pipeline.device), output_hidden_states=True).hidden_states
    norm = getattr(encoder, "text_model", encoder).final_layer_norm
    return cast(Tensor, norm(layers[-(clip_skip + 1)]))


@torch.no_grad()
def _encode_sdxl(pipeline: Any, text: str, clip_skip: int | None) -> tuple[Tensor, ...]:
    """Token embeddings (1, tokens, channels) and pooled (1, channels), on the model's device.

    An empty text is all zeros where the checkpoint was trained that way.
    """
    embeddings, _, pooled, _ = pipeline.encode_prompt(
        text, device=pipeline.device, do_classifier_free_guidance=False, clip_skip=clip_skip
    )
    if not text and pipeline.config.force_zeros_for_empty_prompt:
        return torch.zeros_like(embeddings), torch.zeros_like(pooled)
    return embeddings, pooled


_Encoder = Callable[[Any, str, int | None], tuple[Tensor, ...]]
_ENCODERS: dict[Family, _Encoder] = {"sd15": _encode_sd15, "sdxl": _encode_sdxl}
