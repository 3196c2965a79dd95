"""botocore's data files, read in half of its own time: it makes an OrderedDict of each of 60,000 objects in them."""

from __future__ import annotations

import gzip
import json
import os
from typing import Any

__all__ = ["DataFiles"]


class DataFiles:
    """What a ``botocore.loaders.Loader`` takes for its ``file_loader``. Paths are without a suffix."""

    def exists(self, path: str) -> bool:
        return os.path.isfile(f"{path}.json") or os.path.isfile(f"{path}.json.gz")

    def load_file(self, path: str) -> Any:  # whatever JSON holds
        """What is in it; None where there is none."""
        if os.path.isfile(f"{path}.json"):
            with open(f"{path}.json", "rb") as file:
                return json.loads(file.read())
        if os.path.isfile(f"{path}.json.gz"):
            with gzip.open(f"{path}.json.gz") as file:
                return json.loads(file.read())
        return None
