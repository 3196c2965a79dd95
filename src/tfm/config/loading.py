"""From ``config.py`` and the environment to settings. The values themselves are checked by :mod:`tfm.core.settings`."""

from __future__ import annotations

import os
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path

from tfm.config.trust import read_trusted
from tfm.core.errors import SettingsError
from tfm.core.settings import Settings, setting_names, settings_from_environment, with_settings
from tfm.operations.user_directories import user_config_directory

__all__ = ["default_config_file", "load_settings"]


def default_config_file() -> Path:
    """Where ``config.py`` is looked for: tfm's directory in the user's configuration directory.

    Raises SettingsError where that directory would depend on the working directory.
    """
    directory = Path(user_config_directory())
    if not directory.is_absolute():
        raise SettingsError(
            f"The configuration directory {directory} depends on the working directory; "
            "set HOME (or XDG_CONFIG_HOME) to an absolute path."
        )
    return directory / "config.py"


def load_settings(
    config_file: Path | None, environment: Mapping[str, str], *, complain: Callable[[str], None] | None = None
) -> Settings:
    """The defaults, changed by ``class Config`` in ``config_file``, changed by ``TFM_<SETTING>`` in ``environment``.

    ``None`` means the user's own ``config.py``, which need not exist; a file that is named must. The file is executed
    as Python. Raises SettingsError, in one line that names the file and the setting or line, for a file that cannot be
    trusted, read or executed, and for a wrong setting. With ``complain`` that hears those lines instead, and what is
    wrong is left at its default.
    """
    settings = Settings()
    try:
        path = default_config_file() if config_file is None else Path(os.path.abspath(config_file.expanduser()))
        source = read_trusted(path, must_exist=config_file is not None)
        if source is not None:
            values, lines = _config_values(path, source), _lines(source)
            settings = with_settings(settings, values, source=str(path), lines=lines, complain=complain)
    except SettingsError as error:
        if complain is None or config_file is not None:
            raise
        complain(str(error))
    return settings_from_environment(settings, environment, complain=complain)


def _lines(source: bytes) -> dict[str, int]:
    """The line of each setting in ``class Config``, and of each row of a table, by ``NAME`` and ``NAME row``."""
    import ast

    lines: dict[str, int] = {}
    for statement in ast.walk(ast.parse(source)):
        if isinstance(statement, ast.Assign):
            targets: list[ast.expr] = statement.targets
        elif isinstance(statement, ast.AnnAssign):
            targets = [statement.target]
        else:
            continue
        for name in [target.id for target in targets if isinstance(target, ast.Name)]:
            lines[name] = statement.lineno
            rows = statement.value.keys if isinstance(statement.value, ast.Dict) else []
            for row in rows:
                if isinstance(row, ast.Constant) and isinstance(row.value, str):
                    lines[f"{name} {row.value}"] = row.lineno
    return lines


def _config_values(path: Path, source: bytes) -> dict[str, object]:
    namespace = _executed(path, source)
    config = namespace.get("Config")
    if config is None:
        # Nothing but comments is a configuration that changes nothing; anything else was meant to do something.
        if all(name.startswith("__") for name in namespace):
            return {}
        raise SettingsError(f"{path}: there is no class Config; settings stand in it, as in {_EXAMPLE}.")
    if not isinstance(config, type):
        raise SettingsError(f"{path}: Config must be a class, as in {_EXAMPLE}.")
    known = setting_names()
    values: dict[str, object] = {}
    for name in dir(config):
        if name.startswith("_"):
            continue
        if name.isupper():
            values[name] = getattr(config, name)
        elif name.upper() in known:
            raise SettingsError(f"{path}: settings are written in capitals: {name.upper()}, not {name}.")
    return values


_EXAMPLE = "`class Config: S3_CACHE_TTL = 60`"


def _executed(path: Path, source: bytes) -> dict[str, object]:
    namespace: dict[str, object] = {"__name__": "tfm_config", "__file__": str(path)}
    try:
        exec(compile(source, str(path), "exec"), namespace)  # noqa: S102 - config.py is Python, of a checked owner
    except SyntaxError as error:
        where = f", line {error.lineno}" if error.lineno else ""
        raise SettingsError(f"{path}{where}: this is not Python: {_one_line(error.msg)}.") from error
    except (Exception, SystemExit) as error:  # the user's code may raise anything; it is shown
        line = _failing_line(path, error)
        where = f", line {line}" if line else ""
        raise SettingsError(f"{path}{where}: {type(error).__name__}: {_one_line(str(error))}") from error
    return namespace


def _failing_line(path: Path, error: BaseException) -> int | None:
    """The last line of ``path`` itself on the way to the error, which may lie in a module that it imports."""
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
    return lines[-1] if lines else None


def _one_line(text: str) -> str:
    return " ".join(text.split())
