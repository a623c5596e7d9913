# TensorFlow ships no types. The stubs that come with pyright are of an older release and refuse
# what is legal (`tensor[..., 0]`, axes as tuples), so its names are taken without types instead.
from typing import Any

def __getattr__(name: str) -> Any: ...
