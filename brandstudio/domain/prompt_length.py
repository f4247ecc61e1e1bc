"""How much of a prompt a base model reads: its text encoders cut off what is too long for them."""

from brandstudio.domain.base_model import Family

CLIP_WINDOW = 75
WINDOW: dict[Family, int] = {
    "sd15": CLIP_WINDOW,
    "sdxl": CLIP_WINDOW,
    "sd3": CLIP_WINDOW,
    "flux": CLIP_WINDOW,
    "qwen-image": 512,
    "z-image": 512,
}
"""Tokens that the shortest window among a family's encoders has room for, its own marks apart."""


def most_tokens(text: str) -> int:
    """No tokenizer of these families makes more tokens of a text than this.

    Each token stands for at least one byte, and each word may begin with one for the space.
    """
    words = text.split()
    # A tokenizer may fold the case first, and some small letters take more bytes.
    return len(words) + sum(max(len(w.encode()), len(w.lower().encode())) for w in words)
