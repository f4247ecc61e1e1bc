from os import PathLike
from typing import Any, Generic, Self, TypeVar

import torch
from torch import Tensor, nn

_Module = TypeVar("_Module", bound=nn.Module, covariant=True)

class UnsupportedModelError(Exception): ...

class _Architecture:
    name: str

class ModelDescriptor(Generic[_Module]):
    scale: int
    input_channels: int
    output_channels: int
    architecture: _Architecture
    @property
    def model(self) -> _Module: ...
    @property
    def device(self) -> torch.device: ...
    def to(self, device: torch.device, dtype: torch.dtype) -> Self: ...
    def eval(self) -> Self: ...

class ImageModelDescriptor(ModelDescriptor[_Module]):
    def __call__(self, image: Tensor) -> Tensor: ...

class ModelLoader:
    def load_from_file(self, path: str | PathLike[str]) -> ModelDescriptor[nn.Module]: ...
    def load_from_state_dict(self, state_dict: dict[str, Any]) -> ModelDescriptor[nn.Module]: ...
