"""Chooses the device and the precision for tensors."""

import gc
from dataclasses import dataclass

import torch

_DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}


@dataclass(frozen=True, slots=True)
class Compute:
    """A device and the precision that models run in on it."""

    device: torch.device
    dtype: torch.dtype

    @property
    def dtype_name(self) -> str:
        """`float32`, `bfloat16` or `float16`."""
        return str(self.dtype).removeprefix("torch.")


def choose_compute(device: str = "auto", dtype: str = "auto") -> Compute:
    """The best device there is, and its precision; anything but "auto" is taken as given."""
    chosen = torch.device(_best_device() if device == "auto" else device)
    return Compute(chosen, _best_dtype(chosen) if dtype == "auto" else _DTYPES[dtype])


def is_memory_short(error: BaseException) -> bool:
    """Whether the device had no room for a tensor. Only CUDA has a class of its own for this."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    said = str(error).lower()
    return any(words in said for words in _NO_MEMORY)


# Of the CPU's allocator on Linux and elsewhere, of MPS, and of cuBLAS and cuDNN.
_NO_MEMORY = ("can't allocate memory", "not enough memory", "out of memory", "status_alloc_failed")


def release(error: BaseException) -> None:
    """Let go of the tensors that an error still shows in its frames, and of what is cached."""
    error.with_traceback(None)
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def _best_device() -> str:
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def _best_dtype(device: torch.device) -> torch.dtype:
    if device.type == "cuda":
        native = torch.cuda.is_bf16_supported(including_emulation=False)
        return torch.bfloat16 if native else torch.float16
    if device.type == "mps":
        return torch.float16
    # Where the processor multiplies bfloat16 itself it takes half the time of float32, and an image
    # is still the same alone and in a batch.
    return torch.bfloat16 if _cpu_multiplies_bf16() else torch.float32


def _cpu_multiplies_bf16() -> bool:
    probes = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
    return any(getattr(torch.cpu, probe, lambda: False)() for probe in probes)
