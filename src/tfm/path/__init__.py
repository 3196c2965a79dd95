"""Path, a face over storages, and the session that scripts use."""

from tfm.path.local import LocalPath
from tfm.path.path import Path
from tfm.path.sessions import current_session, use_session

__all__ = ["LocalPath", "Path", "current_session", "use_session"]
