"""Attention heads that look, at every place of a picture, for the word that names the place.

A head's queries are set to read from a place's features how far to the left, in the middle or to
the right it lies, its keys to tell the position words from all others, both by least squares. Its
values say that such a word was met, and what the network makes of that it learns: at first the
head's answer is not used, so that everything is drawn as before.

Only heads of which nothing was heard are taken: without any one of these the error of v on 24
scenes stayed the same to a thousandth. From the middle of the network on, its features know where
they are; before it, hardly (a linear reading explains a tenth, towards the end two thirds).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import torch
from torch import Tensor, nn

from house_model.training.family import Family
from house_model.training.noise import noised
from house_model.training.shards import Batch

HEADS: Mapping[str, int] = {
    "mid_block.attentions.0": 0,
    "up_blocks.0.attentions.0": 1,
    "up_blocks.0.attentions.1": 0,
    "up_blocks.0.attentions.2": 0,
    "up_blocks.1.attentions.0": 0,
    "up_blocks.1.attentions.1": 2,
}
# What one of the words for a position is read by, and where on the width its products stand.
_WORDS = (("left",), ("center", "centered"), ("right",))
_CENTRES, _REACH = (0.31, 0.5, 0.69), 0.15
_SHARP, _QUIET, _LEAN = 6.0, 0.1, 0.3
_RIDGE_PLACES, _RIDGE_WORDS = 1e-2, 1e-3
# A caption has one word for the position among 32: it counts as much as all others together.
_WORD_WORTH = 20.0


@dataclass
class _Fit:
    """Least squares over many batches, kept as sums."""

    ridge: float
    inner: Any = field(default=0.0)
    outer: Any = field(default=0.0)

    def add(self, seen: Tensor, wanted: Tensor, worth: Tensor | float = 1.0) -> None:
        """seen: (N, channels); wanted: (N, 3); worth: (N, 1) or a number."""
        self.inner = self.inner + (seen * worth).T @ seen
        self.outer = self.outer + (seen * worth).T @ wanted

    def solved(self) -> Tensor:
        """(channels, 3)."""
        damped = self.ridge * self.inner.diagonal().mean() * torch.eye(len(self.inner))
        # A function that torch makes at run time, and that no stub describes.
        solve = torch.linalg.solve  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
        return cast(Tensor, solve(self.inner + damped, self.outer))


@torch.no_grad()
def point_heads(family: Family, batch: Batch, *, seed: int = 0) -> None:
    """Set the chosen heads' queries, keys and values; their share of the output becomes zero."""
    chance = torch.Generator().manual_seed(seed)
    words, keys = _fitted_keys(family, batch.captions)
    queries = _fitted_queries(family, batch, words, chance)
    for name, head in HEADS.items():
        _set_head(_attention(family, name), head, queries[name], keys, chance)


def places(height: int, width: int) -> Tensor:
    """How much each cell lies on the left, in the middle, on the right: (height * width, 3)."""
    across = (torch.arange(width) + 0.5) / width
    apart = across[:, None] - torch.tensor(_CENTRES)
    return torch.exp(-((apart / _REACH) ** 2)).repeat(height, 1)


def _attention(family: Family, name: str) -> Any:
    return family.unet.get_submodule(f"{name}.transformer_blocks.0.attn2")


def _fitted_keys(family: Family, captions: list[str]) -> tuple[Tensor, Tensor]:
    """The encoded captions, and what tells the three kinds of position words apart in them."""
    ids = family.ids(captions)
    words = family.text(ids).last_hidden_state
    known = [
        torch.tensor([family.tokenizer.convert_tokens_to_ids(f"{word}</w>") for word in group])
        for group in _WORDS
    ]
    wanted = torch.stack([torch.isin(ids, group) for group in known], -1).float().flatten(0, 1)
    fit = _Fit(_RIDGE_WORDS)
    fit.add(words.flatten(0, 1), wanted, 1 + _WORD_WORTH * wanted.sum(1, keepdim=True))
    return words, fit.solved()


def _fitted_queries(
    family: Family, batch: Batch, words: Tensor, chance: torch.Generator
) -> dict[str, Tensor]:
    """For every chosen layer what reads the place from its features, much noise and little."""
    fits = {name: _Fit(_RIDGE_PLACES) for name in HEADS}
    seen: dict[str, Tensor] = {}

    def keep(name: str) -> Callable[[nn.Module, tuple[Tensor, ...]], None]:
        def hook(_: nn.Module, given: tuple[Tensor, ...]) -> None:
            seen[name] = given[0].float()

        return hook

    hooks = [_attention(family, n).register_forward_pre_hook(keep(n)) for n in HEADS]
    height, width = batch.latents.shape[2:]
    for _ in range(4):
        noisy = noised(batch.latents, chance, lean=_LEAN)
        family.v(noisy.latents, noisy.times, words, None)
        for name, features in seen.items():
            shrunk = round((height * width / features.shape[1]) ** 0.5)
            wanted = places(height // shrunk, width // shrunk).repeat(len(features), 1)
            fits[name].add(features.flatten(0, 1), wanted)
    for hook in hooks:
        hook.remove()
    return {name: fit.solved() for name, fit in fits.items()}


def _set_head(
    attention: Any, head: int, query: Tensor, key: Tensor, chance: torch.Generator
) -> None:
    wide = attention.to_q.weight.shape[0] // attention.heads
    rows = slice(head * wide, (head + 1) * wide)
    for layer in (attention.to_q, attention.to_k, attention.to_v):
        layer.weight[rows] *= _QUIET
    first = slice(head * wide, head * wide + key.shape[1])
    attention.to_q.weight[first] = _SHARP * query.T
    attention.to_k.weight[first] = wide**0.5 * key.T
    attention.to_v.weight[rows] += torch.randn((wide, 1), generator=chance) * key.sum(1)
    attention.to_out[0].weight[:, rows] = 0
