"""The stage `words`: a CLIP tokenizer of 2,048 entries, made from captions and common ad words."""

import json
import random
from pathlib import Path

from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, trainers
from tokenizers.pre_tokenizers import ByteLevel
from transformers import CLIPTokenizer

from house_model.scenes.captions import caption
from house_model.scenes.looks import BRAND_LOOKS, NATURAL
from house_model.scenes.scene import sample_scene

VOCABULARY = 2048
CONTEXT = 32
_END_OF_WORD = "</w>"
_SPLIT = (
    r"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d"
    r"|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"
)
# Words a brief may hold that no scene does, so that they are not spelt out letter by letter.
_AD_WORDS = """\
premium fresh natural organic summer winter spring autumn sale discount new launch campaign brand
product advertising poster social media lifestyle modern elegant luxury minimalist bold playful
vibrant bright dark soft clean simple beautiful delicious refreshing healthy skincare cosmetics
perfume shampoo coffee tea juice water chocolate fashion sport running shoes gift holiday festive
birthday party offer photo studio lighting close up wide shot background foreground empty space
copy text logo quality detailed sharp focus professional realistic illustration vector flat design
golden silver turquoise brown beige violet magenta lime navy pastel colorful neon tropical ocean
sea sky lake river tree garden kitchen street night day morning evening rain moon star cloud light
shadow glass metal wood marble stone fabric plastic paper ceramic leather blurry ugly noisy
"""


def make_tokenizer(folder: Path, *, captions: int = 40_000, seed: int = 7) -> Path:
    """Write a folder that both transformers' CLIPTokenizer and open_clip read."""
    merges = _learn_merges(captions, seed)
    vocabulary = _vocabulary(merges)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "vocab.json").write_text(json.dumps(vocabulary, ensure_ascii=False))
    (folder / "merges.txt").write_text("#version: 0.2\n" + "\n".join(merges) + "\n")
    (folder / "tokenizer_config.json").write_text(
        json.dumps(
            {
                "tokenizer_class": "CLIPTokenizer",
                "model_max_length": CONTEXT,
                "bos_token": "<|startoftext|>",
                "eos_token": "<|endoftext|>",
                "pad_token": "<|endoftext|>",
                "unk_token": "<|endoftext|>",
            }
        )
    )
    CLIPTokenizer.from_pretrained(folder).save_pretrained(folder)
    return folder


def _learn_merges(captions: int, seed: int) -> list[str]:
    rng, ad_words = random.Random(seed), _AD_WORDS.split()
    looks = (NATURAL, NATURAL, NATURAL, *BRAND_LOOKS.values())
    texts = [caption(sample_scene(rng, look=rng.choice(looks)), rng) for _ in range(captions)]
    texts += [" ".join(rng.sample(ad_words, 12)) for _ in range(captions // 7)]
    tokenizer = Tokenizer(models.BPE(continuing_subword_prefix="", end_of_word_suffix=_END_OF_WORD))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase()]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_SPLIT), behavior="removed", invert=True),
            ByteLevel(add_prefix_space=False),
        ]
    )
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY - 150,
        end_of_word_suffix=_END_OF_WORD,
        initial_alphabet=ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    merges = json.loads(tokenizer.to_str())["model"]["merges"]
    return [merge if isinstance(merge, str) else " ".join(merge) for merge in merges]


def _vocabulary(merges: list[str]) -> dict[str, int]:
    """CLIP's order: letters, letters that end words, merges, then the two special tokens last.

    The end token has the highest id, because CLIP finds the end of a text by the largest id.
    """
    letters = sorted(ByteLevel.alphabet())
    words = [*letters, *(letter + _END_OF_WORD for letter in letters)]
    words += [merge.replace(" ", "") for merge in merges]
    unique = list(dict.fromkeys(words))[: VOCABULARY - 2]
    unique += [f"<|extra{index}|>" for index in range(len(unique), VOCABULARY - 2)]
    unique += ["<|startoftext|>", "<|endoftext|>"]
    return {word: index for index, word in enumerate(unique)}
