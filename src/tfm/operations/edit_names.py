"""Edit names in the user's editor: a line each."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence

from tfm.core.errors import StorageError, UnsupportedOperation
from tfm.core.settings import Settings
from tfm.operations.external import Invocation, Run, editor_command, editor_origin, filled
from tfm.operations.rename_rule import lines_of_names, names_of_lines

__all__ = ["edit_names"]


def edit_names(names: Sequence[str], settings: Settings, environment: Mapping[str, str], run: Run) -> list[str]:
    """The names as they were edited, one for each of ``names``. ``run`` starts a program.

    What no line can hold is written as :func:`lines_of_names` does. Raises RuleError where there are not as many lines
    any more, UnsupportedOperation where the editor cannot be started or ends with a failure, StorageError where the
    file cannot be written or read.
    """
    directory = tempfile.mkdtemp(prefix="tfm-names-")  # 0700
    try:
        path = os.path.join(directory, "names.txt")
        text = "".join(f"{line}\n" for line in lines_of_names(names))
        with open(path, "w", encoding="utf-8", newline="") as file:
            file.write(text)
        arguments = filled(editor_command(settings, environment), file=path, environment=environment)
        exit_code = run(Invocation(arguments, directory, environment, editor_origin(settings, environment)))
        if exit_code != 0:
            raise UnsupportedOperation(
                f"The editor ended with {exit_code}: no name was taken from it.", operation="rename"
            )
        with open(path, encoding="utf-8", newline="") as file:
            edited = file.read()
    except UnsupportedOperation:
        raise
    except (OSError, UnicodeDecodeError) as error:
        raise StorageError(f"The list of names cannot be edited: {error}.", operation="rename") from error
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    # Split at what ends a line in an editor, and at nothing else: a name may hold what Python takes for an end.
    lines = edited.replace("\r\n", "\n").removesuffix("\n").split("\n")
    return names_of_lines(lines, len(names))
