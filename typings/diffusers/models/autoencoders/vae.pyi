from collections.abc import Sequence
from typing import Any

from torch import nn

class AutoencoderTinyBlock(nn.Module):
    conv: Sequence[Any]
