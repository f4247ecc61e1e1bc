"""How much of a text a base model reads, in its own tokens."""

import gzip
import json
from collections.abc import Callable
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

from tokenizers import Regex, Tokenizer, normalizers, pre_tokenizers
from tokenizers.models import BPE

from brandstudio.domain.base_model import BaseModelProfile
from brandstudio.domain.prompt_length import CLIP_WINDOW, WINDOW, most_tokens
from brandstudio.weights import WEIGHTS

_MARKS = 2  # of the beginning and of the end
_MERGES = 49_152 - 256 - 2
_WORDS = r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"


def room(profile: BaseModelProfile) -> int:
    """How many tokens of a prompt the base model reads; shipped tokenizers say it themselves."""
    tokens = WINDOW[profile.family]
    if profile.checkpoint.source == "shipped":
        config = _tokenizer_of(profile) / "tokenizer_config.json"
        declared = json.loads(config.read_text(encoding="utf-8"))["model_max_length"]
        tokens = min(tokens, int(declared) - _MARKS)
    return tokens


def counter(profile: BaseModelProfile) -> Callable[[str], int]:
    """Counts the tokens of a text as the encoder with the least room does.

    Every family with a window of 77 has it from CLIP, whose words are known; of the others only the
    most that a text can take is.
    """
    if profile.checkpoint.source == "shipped":
        return _counting(Tokenizer.from_file(str(_tokenizer_of(profile) / "tokenizer.json")))
    clip = _clip() if WINDOW[profile.family] == CLIP_WINDOW else None
    return _counting(clip) if clip else most_tokens


def _tokenizer_of(profile: BaseModelProfile) -> Path:
    return WEIGHTS / profile.checkpoint.id / "tokenizer"


def _counting(tokenizer: Tokenizer) -> Callable[[str], int]:
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return lambda text: len(tokenizer.encode(text, add_special_tokens=False).ids)


@lru_cache(1)
def _clip() -> Tokenizer | None:
    """CLIP's tokenizer, from the vocabulary that open_clip brings along; importing that is slow."""
    spec = find_spec("open_clip")
    if spec is None or spec.origin is None:
        return None
    vocabulary = Path(spec.origin).parent / "bpe_simple_vocab_16e6.txt.gz"
    lines = gzip.decompress(vocabulary.read_bytes()).decode("utf-8").split("\n")
    merges = [(first, second) for first, second in map(str.split, lines[1 : _MERGES + 1])]
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    pieces = [*letters, *(f"{letter}</w>" for letter in letters), *map("".join, merges)]
    vocab = {piece: number for number, piece in enumerate(dict.fromkeys(pieces))}
    tokenizer = Tokenizer(BPE(vocab, merges, end_of_word_suffix="</w>"))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase()]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_WORDS), behavior="removed", invert=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False),
        ]
    )
    return tokenizer
