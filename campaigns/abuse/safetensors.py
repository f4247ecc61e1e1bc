"""LoRA files that somebody damaged, disguised or exchanged: refused in words, or the very bytes."""

# ruff: noqa: E501 (tables of odd values read best in long lines)
import hashlib
import json
import pickle
import struct
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any

import torch
from safetensors.torch import load, save

from brandstudio.domain.plan import LoraUse
from brandstudio.errors import LockError, WeightsError
from brandstudio.imaging.adapters import Wardrobe, read_lora
from brandstudio.imaging.compute import choose_compute
from brandstudio.imaging.pipelines import load_pipeline
from brandstudio.presets import load_presets
from brandstudio.settings import Settings
from campaigns.abuse.server import spread
from campaigns.report import Options

COUNT = 1_000
RACES = 1_000

Tensors = dict[str, torch.Tensor]


def measure(options: Options) -> dict[str, object]:
    """Each file once off its hash and once locked as it is; then files exchanged while read."""
    torch.set_num_threads(1)
    dice = Random(options.seed)
    original = shipped_lora().read_bytes()
    wardrobe = Fitting()
    tally: Counter[str] = Counter()
    unexpected, times = list[str](), list[float]()
    with tempfile.TemporaryDirectory() as folder:
        for kind, content in mutants(dice, original, options.count or COUNT):
            path = Path(folder) / "mutant.safetensors"
            path.write_bytes(content)
            try:
                times.append(read_ms(path))
                tally[f"off its hash: {off_its_hash(path, original)}"] += 1
                tally[f"locked: {wardrobe.tried_on(path)}"] += 1
            except Exception as error:
                unexpected.append(f"{kind}: {type(error).__name__}: {error}"[:200])
        races = raced(Path(folder), original, options.count or RACES, dice)
    return {
        "files": options.count or COUNT,
        **tally,
        "read": spread(times),
        "races": races,
        "unexpected": unexpected,
    }


def shipped_lora() -> Path:
    """A brand's LoRA as it ships."""
    return Settings().lora_dir / "voltra" / "voltra.safetensors"


def read_ms(path: Path) -> float:
    """How long it takes until a file that somebody locked is read, or refused."""
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    started = time.perf_counter()
    with suppress(WeightsError):
        read_lora(path, sha256)
    return (time.perf_counter() - started) * 1000


def off_its_hash(path: Path, original: bytes) -> str:
    """What becomes of a changed file under the hash of the original: `LockError`, always."""
    locked = hashlib.sha256(original).hexdigest()
    try:
        read_lora(path, locked)
    except LockError:
        return "LockError"
    assert path.read_bytes() == original, "a changed file was read as the locked one"
    return "the original itself"


class Fitting:
    """The shipped model, in which a file that somebody locked by mistake is tried on."""

    def __init__(self) -> None:
        settings = Settings()
        profile = load_presets(settings.presets_dir, settings.lora_dir).catalogue.base_model(
            "house"
        )
        self.pipeline = load_pipeline(profile, choose_compute("cpu", "float32"))
        self._files: dict[str, Path] = {}
        self._wardrobe = Wardrobe(self.pipeline, profile.title, self._files)
        self._bare = self._state()

    def tried_on(self, path: Path) -> str:
        """`worn`, or the name of the error; the model must be the bare one again in any case."""
        sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
        self._files[sha256] = path
        use = LoraUse(name="mutant", sha256=sha256, scale=0.7)
        try:
            with self._wardrobe.worn([use]):
                self._check_worn(use, path)
            said = "worn"
        except (LockError, WeightsError) as error:
            said = type(error).__name__
            str(error).encode()
        self._wardrobe.clear()
        assert self._state() == self._bare, "the model is not the bare one any more"
        return said

    def _check_worn(self, use: LoraUse, path: Path) -> None:
        """Every weight the model carries is one of the file's own, and all of them are numbers."""
        own = {digest_of(tensor) for tensor in load(path.read_bytes()).values()}
        worn = [
            parameter
            for module in self._modules()
            for name, parameter in module.named_parameters()
            if ".lora_" in name
        ]
        assert worn, "worn, yet nothing of it is in the model"
        assert all(bool(torch.isfinite(p).all()) for p in worn), "weights that are not numbers"
        assert {digest_of(p) for p in worn} <= own, "weights that are not the file's"
        scales = {
            scale for module in self._modules() for layer in module.modules()
            if hasattr(layer, "scaling") for scale in layer.scaling.values()
        }  # fmt: skip
        assert all(0 <= scale < 1e6 for scale in scales), scales

    def _modules(self) -> list[torch.nn.Module]:
        parts = self.pipeline.components.values()
        return [part for part in parts if isinstance(part, torch.nn.Module)]

    def _state(self) -> str:
        digest = hashlib.sha256()
        for module in self._modules():
            for name, parameter in sorted(module.state_dict().items()):
                digest.update(name.encode() + digest_of(parameter))
        return digest.hexdigest()


def digest_of(tensor: torch.Tensor) -> bytes:
    """Of a tensor's values, in whatever precision they are kept."""
    return hashlib.sha256(tensor.detach().float().contiguous().numpy().tobytes()).digest()


def mutants(dice: Random, original: bytes, count: int) -> Iterator[tuple[str, bytes]]:
    """The original with something wrong about it, and what that is called."""
    tensors = load(original)
    for number in range(count):
        make = _MUTATIONS[number % len(_MUTATIONS)]
        yield make.__name__.strip("_"), make(dice, original, dict(tensors))


def raced(folder: Path, original: bytes, count: int, dice: Random) -> dict[str, int]:
    """Read through a link that a thread turns to another file and back all the time."""
    good, evil, link = folder / "good", folder / "evil", folder / "link.safetensors"
    good.write_bytes(original)
    evil.write_bytes(save({name: -tensor for name, tensor in load(original).items()}))
    link.symlink_to(good)
    locked = hashlib.sha256(original).hexdigest()
    expected = {name: digest_of(tensor) for name, tensor in load(original).items()}
    over, tally = threading.Event(), Counter[str]()

    def turn() -> None:
        while not over.is_set():
            for target in (evil, good):
                new = folder / "new"
                new.symlink_to(target)
                new.replace(link)
                over.wait(dice.random() / 500)

    thread = threading.Thread(target=turn)
    thread.start()
    try:
        for _ in range(count):
            try:
                found = {n: digest_of(t) for n, t in read_lora(link, locked).tensors.items()}
                tally["right" if found == expected else "wrong"] += 1
            except LockError:
                tally["refused"] += 1
    finally:
        over.set()
        thread.join()
    return {"right": tally["right"], "refused": tally["refused"], "wrong": tally["wrong"]}


def _flip_header(dice: Random, original: bytes, _: Tensors) -> bytes:
    return _flipped(dice, original, 8, _data_starts(original))


def _flip_length(dice: Random, original: bytes, _: Tensors) -> bytes:
    return _flipped(dice, original, 0, 8)


def _flip_data(dice: Random, original: bytes, _: Tensors) -> bytes:
    return _flipped(dice, original, _data_starts(original), len(original))


def _set_length(dice: Random, original: bytes, _: Tensors) -> bytes:
    lengths = (0, 1, len(original), 2**31, 2**32, 2**63 - 1, 2**64 - 1, 100_000_001)
    return struct.pack("<Q", dice.choice(lengths)) + original[8:]


def _truncate(dice: Random, original: bytes, _: Tensors) -> bytes:
    return original[: dice.choice((0, 7, 8, 9, dice.randrange(len(original)), len(original) - 1))]


def _append(dice: Random, original: bytes, _: Tensors) -> bytes:
    return original + dice.randbytes(dice.randint(1, 100))


def _pickle(dice: Random, _: bytes, tensors: Tensors) -> bytes:
    few = {name: tensors[name].tolist() for name in list(tensors)[: dice.randint(1, 3)]}
    return pickle.dumps(few) if dice.random() < 0.5 else b"PK\x03\x04" + dice.randbytes(200)


def _not_numbers(dice: Random, _: bytes, tensors: Tensors) -> bytes:
    name = dice.choice(sorted(tensors))
    tensors[name] = tensors[name].clone().float()
    tensors[name].view(-1)[0] = dice.choice((float("nan"), float("inf"), float("-inf")))
    return save(tensors)


def _wrong_rank(dice: Random, _: bytes, tensors: Tensors) -> bytes:
    name = dice.choice(sorted(n for n in tensors if tensors[n].dim() > 1))
    kept = dice.choice((0, 1, 2, 3))
    tensors[name] = tensors[name].narrow(dice.choice((0, 1)), 0, kept).contiguous()
    return save(tensors)


def _wrong_shape(dice: Random, _: bytes, tensors: Tensors) -> bytes:
    name = dice.choice(sorted(tensors))
    shape = dice.choice(((), (1,), (0,), (3, 5), (2, 2, 2), (1, 1, 1, 1, 1), (7, 4), (4, 1, 1)))
    tensors[name] = torch.ones(shape)
    return save(tensors)


def _wrong_keys(dice: Random, _: bytes, tensors: Tensors) -> bytes:
    for name in dice.sample(sorted(tensors), dice.choice((1, 2, 50, len(tensors)))):
        tensors[_renamed(dice, name)] = tensors.pop(name)
    return save(tensors)


def _missing_half(dice: Random, _: bytes, tensors: Tensors) -> bytes:
    ending = dice.choice(("lora_A.weight", "lora_B.weight"))
    gone = [n for n in tensors if n.endswith(ending)][: dice.choice((1, 3, 10_000))]
    return save({n: t for n, t in tensors.items() if n not in gone})


def _few_or_none(dice: Random, _: bytes, tensors: Tensors) -> bytes:
    return save({name: tensors[name] for name in sorted(tensors)[: dice.choice((0, 0, 1, 2, 3))]})


def _wrong_type(dice: Random, _: bytes, tensors: Tensors) -> bytes:
    kind = dice.choice((torch.int64, torch.uint8, torch.bool, torch.float64, torch.float8_e4m3fn,
                        torch.bfloat16, torch.float16, torch.complex64))  # fmt: skip
    chosen = dice.choice((1, len(tensors)))
    return save({n: t.to(kind) if i < chosen else t for i, (n, t) in enumerate(tensors.items())})


def _huge_weights(dice: Random, _: bytes, tensors: Tensors) -> bytes:
    name = dice.choice(sorted(tensors))
    tensors[name] = torch.full_like(tensors[name].float(), dice.choice((3e38, 65504.0, 1e30)))
    return save(tensors)


def _add_keys(dice: Random, _: bytes, tensors: Tensors) -> bytes:
    layer = dice.choice(sorted(tensors)).rsplit(".lora", 1)[0]
    tensors[f"{layer}{dice.choice(_ENDINGS)}"] = dice.choice(
        (torch.tensor(1e30), torch.tensor(float("nan")), torch.ones(4), torch.tensor(0.0))
    )
    return save(tensors)


def _odd_header(dice: Random, original: bytes, _: Tensors) -> bytes:
    start = _data_starts(original)
    header: dict[str, Any] = json.loads(original[8:start])
    name = dice.choice(sorted(header.keys() - {"__metadata__"}))
    dice.choice(_HEADER_CHANGES)(header, name)
    return _with_header(json.dumps(header).encode(), original[start:])


def _no_json(dice: Random, original: bytes, _: Tensors) -> bytes:
    header = dice.choice(
        (b"", b"{", b"[]", b"null", b'"x"', b"{" * 50_000, b'{"a":1}', b"\xff\xfe", b"{}", b"[" * 9000,
         b'{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],'
         b'"data_offsets":[0,4]}}')
    )  # fmt: skip
    return _with_header(header, dice.choice((b"", b"\0" * 4, original[-64:])))


def _flipped(dice: Random, content: bytes, start: int, end: int) -> bytes:
    changed = bytearray(content)
    for _ in range(dice.choice((1, 1, 2, 16))):
        changed[dice.randrange(start, end)] ^= 1 << dice.randrange(8)
    return bytes(changed)


def _data_starts(content: bytes) -> int:
    return 8 + int.from_bytes(content[:8], "little")


def _with_header(header: bytes, data: bytes) -> bytes:
    return struct.pack("<Q", len(header)) + header + data


def _renamed(dice: Random, name: str) -> str:
    return dice.choice(
        (f"transformer.{name}", f"text_encoder.{name}", name.replace("unet.", ""), f"x{name}",
         "lora_unet_" + name.replace(".", "_"), name.replace("lora_A", "lora_C"), name.upper(),
         name.replace(".lora_A.weight", ".lora_down.weight"), name + ".weight", f"diffusion_model.{name}",
         "../../" + name, "__class__.__init__", name[::-1], "lora_te_" + name, name.replace(".", ""),
         name.replace("lora_A.weight", "lora_A.default.weight"), "unet." * 40 + name, "é" + name,
         name.replace("attn1", "attn9"), f"unet.{name}.bias", "base_model.model." + name)
    )  # fmt: skip


def _widen(header: dict[str, Any], name: str) -> None:
    header[name]["shape"] = [2**40, 2**40]


def _overlap(header: dict[str, Any], name: str) -> None:
    other = next(key for key in header if key not in {name, "__metadata__"})
    header[name]["data_offsets"] = header[other]["data_offsets"]


def _turn_round(header: dict[str, Any], name: str) -> None:
    header[name]["data_offsets"].reverse()


def _below_zero(header: dict[str, Any], name: str) -> None:
    header[name]["shape"] = [-1, 4]


def _unknown_type(header: dict[str, Any], name: str) -> None:
    header[name]["dtype"] = "PICKLE"


def _no_entry(header: dict[str, Any], name: str) -> None:
    header[name] = {}


def _odd_notes(header: dict[str, Any], _name: str) -> None:
    header["__metadata__"] = {"x": [1, {"y": None}]}


def _no_shape(header: dict[str, Any], name: str) -> None:
    del header[name]["shape"]


_HEADER_CHANGES: tuple[Callable[[dict[str, Any], str], None], ...] = (
    _widen, _overlap, _turn_round, _below_zero, _unknown_type, _no_entry, _odd_notes, _no_shape,
)  # fmt: skip
_ENDINGS = (
    ".alpha", ".lora_A.weight", ".dora_scale", ".lora_magnitude_vector", ".lora_A.bias", ".lora.up.weight",
    ".diff", ".diff_b", ".hada_w1_a", ".lokr_w1", ".network_alpha", ".processor.alpha",
)  # fmt: skip
_MUTATIONS: tuple[Callable[[Random, bytes, Tensors], bytes], ...] = (
    _flip_header, _flip_length, _flip_data, _set_length, _truncate, _append, _pickle, _not_numbers, _wrong_rank,
    _wrong_shape, _wrong_keys, _wrong_keys, _missing_half, _few_or_none, _wrong_type, _huge_weights, _add_keys,
    _odd_header, _no_json,
)  # fmt: skip
