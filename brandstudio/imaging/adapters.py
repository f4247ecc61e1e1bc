"""LoRAs put on a pipeline and taken off it exactly."""

import hashlib
import logging
import warnings
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load as parse_safetensors

from brandstudio.domain.plan import LoraUse
from brandstudio.errors import LockError, WeightsError, count_of
from brandstudio.imaging.compute import is_memory_short

log = logging.getLogger(__name__)

_RESIDENT = 4
_MAX_BYTES = 4 * 2**30  # several times the largest LoRA there is

# Training tools of one family disagree about names, and diffusers converts by the first name it
# sees: of a file that mixes them it silently drops one kind. So all are brought to one kind first.
_PEFT_NAMES = {
    ".lora.down.weight": ".lora_A.weight",
    ".lora.up.weight": ".lora_B.weight",
    ".lora_linear_layer.down.weight": ".lora_A.weight",
    ".lora_linear_layer.up.weight": ".lora_B.weight",
}


@dataclass(frozen=True, slots=True)
class LoraFile:
    """A LoRA as read: tensors by name, and the short hash that image tools print."""

    tensors: Mapping[str, torch.Tensor]
    short_hash: str

    @property
    def layers(self) -> int:
        """How many layers of the model it changes."""
        return sum(name.endswith((".lora_A.weight", ".lora_down.weight")) for name in self.tensors)


def read_lora(path: Path, sha256: str) -> LoraFile:
    """Read a LoRA once, check those very bytes against the hash, and parse those very bytes.

    Raises LockError when the file is another, WeightsError when it is missing, damaged or holds
    anything but numbers.
    """
    content = _content(path)
    actual = hashlib.sha256(content).hexdigest()
    if actual != sha256:
        raise LockError(path.name, locked=sha256, actual=actual)
    try:
        tensors = _one_kind_of_names(parse_safetensors(content))
    except (SafetensorError, ValueError, KeyError) as error:
        raise WeightsError(
            f"{path.name} is not a whole safetensors file ({error}); "
            "copy it again from where it was trained and lock it anew"
        ) from error
    fault = _fault(tensors)
    if fault:
        raise WeightsError(f"{path.name} {fault}; export it anew from where it was trained")
    return LoraFile(tensors, _short_hash(content))


def _content(path: Path) -> bytes:
    try:
        size_bytes = path.stat().st_size
        if size_bytes > _MAX_BYTES:
            raise WeightsError(f"{path.name} is larger than any LoRA: {size_bytes / 2**30:.1f} GiB")
        return path.read_bytes()
    except OSError as error:
        raise WeightsError(f"The LoRA file {path.name} cannot be read: {error.strerror}") from error


def _fault(tensors: Mapping[str, torch.Tensor]) -> str:
    """Why the tensors are no LoRA for any model; empty when they are one."""
    if not tensors:
        return "holds no weights"
    for name, tensor in tensors.items():
        if not tensor.is_floating_point():
            return f"holds {tensor.dtype} instead of weights in '{name}'"
        if not bool(torch.isfinite(tensor.float()).all()):
            return f"holds values that are not numbers in '{name}'"
    alone = _layers_with(tensors, ".lora_A.weight") ^ _layers_with(tensors, ".lora_B.weight")
    return f"holds only half of the layer '{min(alone)}'" if alone else ""


def _layers_with(tensors: Mapping[str, torch.Tensor], half: str) -> set[str]:
    return {name.removesuffix(half) for name in tensors if name.endswith(half)}


def _one_kind_of_names(tensors: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {_peft_name(name): tensor for name, tensor in tensors.items()}


def _peft_name(name: str) -> str:
    for ending, peft_ending in _PEFT_NAMES.items():
        if name.endswith(ending):
            return name.removesuffix(ending) + peft_ending
    return name


def _short_hash(content: bytes) -> str:
    """The first twelve digits of the sha256 of the tensors alone, without length and header."""
    header_bytes = int.from_bytes(content[:8], "little")
    return hashlib.sha256(content[8 + header_bytes :]).hexdigest()[:12]


class Wardrobe:
    """The LoRAs of one pipeline: a few stay loaded, and each acts only inside `worn`."""

    def __init__(self, pipeline: Any, base_model: str, lora_files: Mapping[str, Path]) -> None:
        self._pipeline = pipeline
        self._base_model = base_model
        self._lora_files = lora_files
        self._resident: dict[str, LoraFile] = {}

    @contextmanager
    def worn(self, loras: Sequence[LoraUse]) -> Generator[None]:
        """Let exactly these LoRAs act at their scales; afterwards the pipeline is the bare base.

        Raises LockError or WeightsError, and then nothing acts either.
        """
        try:
            for lora in loras:
                self._load(lora)
            if loras:
                self._activate(loras)
            yield
        finally:
            self._take_off()
            self._forget_oldest()

    def clear(self) -> None:
        """Let go of every LoRA."""
        for name in list(self._resident):
            self._forget(name)

    def short_hash(self, lora: LoraUse) -> str:
        """The hash image tools print for this LoRA's file."""
        return self._read(lora).short_hash

    def _load(self, lora: LoraUse) -> None:
        name = _adapter_name(lora)
        if name in self._resident:
            self._resident[name] = self._resident.pop(name)  # now the most recently worn
            return
        file = self._read(lora)
        try:
            self._inject(name, file)
        except (*_MISFITS, MemoryError) as error:
            self._drop(name)
            if is_memory_short(error):
                raise
            raise WeightsError(self._misfit(lora)) from error
        self._resident[name] = file
        self._check_whole(name, lora, file)
        log.info("LoRA %s loaded for base model %s", name, self._base_model)

    def _inject(self, name: str, file: LoraFile) -> None:
        with _hiding_guesses():
            self._pipeline.load_lora_weights(dict(file.tensors), adapter_name=name)

    def _check_whole(self, name: str, lora: LoraUse, file: LoraFile) -> None:
        parameters = [
            (parameter_name, parameter)
            for module in self._modules()
            for parameter_name, parameter in module.named_parameters()
            if f".{name}." in parameter_name
        ]
        placed = sum(key.endswith(f".lora_A.{name}.weight") for key, _ in parameters)
        # What diffusers found no value for it leaves without one, on the "meta" device.
        is_filled = not any(parameter.is_meta for _, parameter in parameters)
        if is_filled and 0 < placed >= file.layers:
            return
        self._forget(name)
        fitting = f"{placed} of {count_of(file.layers, 'layer')} fit"
        raise WeightsError(f"{self._misfit(lora)} ({fitting})")

    def _misfit(self, lora: LoraUse) -> str:
        return (
            f"The LoRA '{lora.name}' was not made for the base model '{self._base_model}'; "
            "lock one that was trained on it"
        )

    def _activate(self, loras: Sequence[LoraUse]) -> None:
        names = [_adapter_name(lora) for lora in loras]
        self._pipeline.set_adapters(names, [lora.scale for lora in loras])
        self._pipeline.enable_lora()

    def _take_off(self) -> None:
        if self._resident:
            self._pipeline.disable_lora()

    def _forget_oldest(self) -> None:
        for name in list(self._resident)[:-_RESIDENT]:
            self._forget(name)

    def _forget(self, name: str) -> None:
        del self._resident[name]
        self._drop(name)

    def _drop(self, name: str) -> None:
        with _hiding_guesses():
            if self._resident:
                self._pipeline.delete_adapters(name)
            else:
                self._pipeline.unload_lora_weights()

    def _read(self, lora: LoraUse) -> LoraFile:
        name = _adapter_name(lora)
        if name in self._resident:
            return self._resident[name]
        if lora.sha256 not in self._lora_files:
            raise WeightsError(f"The file of the LoRA '{lora.name}' is missing from lora_weights")
        return read_lora(self._lora_files[lora.sha256], lora.sha256)

    def _modules(self) -> list[torch.nn.Module]:
        return [
            part for part in self._pipeline.components.values() if isinstance(part, torch.nn.Module)
        ]


# What diffusers and peft raise when names or shapes do not fit; peft's NoMatchingPeftModuleError
# and diffusers' complaints about names are ValueErrors, shapes are RuntimeErrors.
_MISFITS = (ValueError, RuntimeError, KeyError, IndexError, AttributeError)

# peft guesses from the names which modules are meant, and says so when the guess is too wide or too
# narrow; _check_whole looks at what counts: that every layer of the file found its place. Several
# adapters in one model are what a wardrobe is for.
_GUESSES = (
    ("While injecting the PEFT adapters", RuntimeWarning),
    ("The following (rank|alpha)_pattern keys did not match", RuntimeWarning),
    ("Already found a `peft_config`", UserWarning),
    ("Adapter lora_.* was active which is now deleted", UserWarning),
)


@contextmanager
def _hiding_guesses() -> Generator[None]:
    with warnings.catch_warnings():
        for start, category in _GUESSES:
            warnings.filterwarnings("ignore", start, category)
        yield


def _adapter_name(lora: LoraUse) -> str:
    """Named by content, so that a renamed LoRA is the same and an exchanged file is another."""
    return f"lora_{lora.sha256[:16]}"
