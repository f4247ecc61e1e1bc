from collections.abc import Iterable, Mapping

from torch import Tensor, nn

__version__: str

class LoraConfig:
    r: int
    lora_alpha: int
    target_modules: Iterable[str]
    def __init__(
        self, *, r: int, lora_alpha: int, init_lora_weights: str, target_modules: list[str]
    ) -> None: ...

def set_peft_model_state_dict(
    model: nn.Module, peft_model_state_dict: Mapping[str, Tensor]
) -> object: ...
