from typing import Any

# Untyped, and installed for rendering alone.
def __getattr__(name: str) -> Any: ...
