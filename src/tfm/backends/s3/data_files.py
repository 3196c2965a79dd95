"""botocore's data files, read in half of its own time, and once: it makes an OrderedDict of each of 60,000 objects in
them, for each client anew, and looks for two files of each of the 400 services that there are."""

from __future__ import annotations

import gzip
import json
import os
from functools import cache, partial
from typing import Any

__all__ = ["hasten"]


def hasten(loader: Any) -> None:  # a botocore.loaders.Loader, which has no types
    """Let it read by :class:`_DataFiles`, and believe that a service is known which has a directory."""
    loader.file_loader = _DataFiles()
    loader.list_available_services = partial(_services, loader)


def _services(loader: Any, _type_name: str) -> list[str]:
    return sorted({name for path in loader.search_paths if os.path.isdir(path) for name in os.listdir(path)})


class _DataFiles:
    """What a loader takes for its ``file_loader``. Paths are without a suffix."""

    def exists(self, path: str) -> bool:
        return os.path.isfile(f"{path}.json") or os.path.isfile(f"{path}.json.gz")

    def load_file(self, path: str) -> Any:  # whatever JSON holds
        """What is in it, or None where there is none. The same for all who ask, as for the clients of one loader."""
        return _read(path) if self.exists(path) else None


@cache
def _read(path: str) -> Any:  # as above
    if os.path.isfile(f"{path}.json"):
        with open(f"{path}.json", "rb") as file:
            return json.loads(file.read())
    with gzip.open(f"{path}.json.gz") as file:
        return json.loads(file.read())
