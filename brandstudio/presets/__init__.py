"""presets/ and lora_weights/ become the catalogue."""

from brandstudio.presets.loading import Presets, load_presets
from brandstudio.presets.locking import lock_base_model, lock_brand, lora_paths
from brandstudio.presets.strict_yaml import read_yaml

__all__ = [
    "Presets",
    "load_presets",
    "lock_base_model",
    "lock_brand",
    "lora_paths",
    "read_yaml",
]
