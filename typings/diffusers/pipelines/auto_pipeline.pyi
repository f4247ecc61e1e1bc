from typing import Any

class AutoPipelineForText2Image:
    @classmethod
    def from_pretrained(cls, pretrained_model_or_path: str, **options: Any) -> Any: ...
