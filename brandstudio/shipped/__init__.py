"""The presets, brand LoRAs and examples that come with the studio.

A wheel holds them in this folder; in a checkout they lie at the top.
"""

from pathlib import Path

_HERE = Path(__file__).resolve().parent
_ROOT = _HERE if (_HERE / "presets").is_dir() else _HERE.parent.parent

PRESETS = _ROOT / "presets"
LORA_WEIGHTS = _ROOT / "lora_weights"
EXAMPLES = _ROOT / "examples"
