from collections.abc import Sequence
from os import PathLike
from typing import Any, Self

from torch import Tensor, dtype, nn

class CLIPTextConfig:
    hidden_size: int
    def __init__(self, **shape: Any) -> None: ...

class _Encoded:
    last_hidden_state: Tensor

class CLIPTextModel(nn.Module):
    config: CLIPTextConfig
    def __init__(self, config: CLIPTextConfig) -> None: ...
    @classmethod
    def from_pretrained(
        cls,
        pretrained_model_name_or_path: str | PathLike[str],
        *,
        torch_dtype: dtype = ...,
        use_safetensors: bool = ...,
    ) -> Self: ...
    def __call__(self, input_ids: Tensor) -> _Encoded: ...
    def save_pretrained(self, save_directory: str | PathLike[str]) -> None: ...

class _Tokens:
    input_ids: Tensor

class CLIPTokenizer:
    model_max_length: int
    @classmethod
    def from_pretrained(
        cls, pretrained_model_name_or_path: str | PathLike[str]
    ) -> CLIPTokenizer: ...
    def save_pretrained(self, save_directory: str | PathLike[str]) -> None: ...
    def convert_tokens_to_ids(self, tokens: str) -> int: ...
    def tokenize(self, text: str) -> list[str]: ...
    def __call__(
        self,
        text: Sequence[str],
        *,
        padding: str,
        max_length: int,
        truncation: bool,
        return_tensors: str,
    ) -> _Tokens: ...
