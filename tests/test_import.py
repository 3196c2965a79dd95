"""What importing tfm costs and needs, and the session that a script gets without asking for one."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path as PurePath

import pytest

import tfm
import tfm.core.errors as core_errors
import tfm.s3
from tests.memory_world import memory_world
from tfm.path.sessions import current_session, use_session
from tfm.storage.session import Session

HEAVY = ["awscrt", "boto3", "botocore", "flask", "lxml", "moto", "numpy", "platformdirs", "rich", "textual"]


def run(code: str, **environment: str) -> str:
    """What a fresh interpreter prints; its standard error must stay empty."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(code)],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, **environment},
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize(
    "code",
    [
        "import tfm",
        "from tfm import *",
        "import tfm.s3; tfm.s3.get_s3_cache_stats()",
        "import tfm; tfm.Path('s3://bucket/x').parent",
        "import tfm; list(tfm.Path('.').iterdir()); tfm.Path('.').stat(); list(tfm.Path('.').glob('*'))",
        "import tfm; tfm.cache_policy, tfm.count_requests; tfm.Path('.').is_dir()",
        "import tfm.storage.content_check, tfm.transfer.checksum",
    ],
)
def test_importing_tfm_loads_no_sdk_and_no_ui(code: str, tmp_path: PurePath) -> None:
    checked = f"{code}\nimport sys; print([name for name in {HEAVY!r} if name in sys.modules])"
    os.makedirs(tmp_path / "empty")
    assert run(f"import os; os.chdir({str(tmp_path)!r})\n{checked}") == "[]"


BLOCKED = """
    import sys

    class Without:
        # Finds what another finder finds, save what is blocked.

        def __init__(self, inner):
            self.inner = inner

        def __getattr__(self, name):
            return getattr(self.inner, name)

        def find_spec(self, name, path=None, target=None):
            if name.split(".")[0] in {"botocore", "boto3", "textual", "rich", "lxml"}:
                return None
            return self.inner.find_spec(name, path, target)

    sys.meta_path[:] = [Without(finder) for finder in sys.meta_path]
"""


def test_without_botocore_local_work_goes_on_and_s3_names_its_extra(tmp_path: PurePath) -> None:
    (tmp_path / "x").write_bytes(b"content")
    said = run(
        textwrap.dedent(BLOCKED)
        + textwrap.dedent(f"""
        import tfm, tfm.s3
        base = tfm.Path({str(tmp_path)!r})
        print([child.name for child in base.iterdir()], (base / "x").read_bytes())
        print(tfm.Path("s3://bucket/a/b").parent, tfm.s3.get_s3_cache_stats()["total_entries"])
        for ask in ("exists", "iterdir", "read_bytes", "stat"):
            try:
                getattr(tfm.Path("s3://bucket/x"), ask)()
            except tfm.MissingDependencyError as error:
                assert isinstance(error, ImportError)
                print(error)
        """)
    ).splitlines()
    assert said[:2] == ["['x'] b'content'", "s3://bucket/a/ 0"]
    assert len(said) == 6
    assert all("tfm[s3]" in line for line in said[2:])


def test_the_public_names_are_sorted_and_there() -> None:
    for module in (tfm, tfm.s3):
        assert list(module.__all__) == sorted(module.__all__)
        assert len(set(module.__all__)) == len(module.__all__)
        for name in module.__all__:
            assert getattr(module, name) is not None
    modules = {name for name, value in vars(tfm).items() if type(value).__name__ == "module"}
    public = {name for name in vars(tfm) if not name.startswith("_")} - modules
    assert public | {"__version__"} == set(tfm.__all__)
    errors = {name for name in dir(core_errors) if name.endswith("Error") or name == "UnsupportedOperation"}
    assert errors - {"StorageError"} <= set(tfm.__all__)
    assert tfm.UnsupportedOperation.__mro__[1] is tfm.StorageError


SNIPPETS = {
    "memory": """
        # Reduce cache size
        configure_s3_cache(max_entries=500)
        # Or clear cache periodically
        clear_s3_cache()
        """,
    "stale": """
        # Reduce TTL for frequently changing data
        configure_s3_cache(ttl=30)
        # Or manually invalidate
        cache = get_s3_cache()
        cache.invalidate_bucket('frequently-changing-bucket')
        """,
    "performance": """
        # Check cache statistics
        stats = get_s3_cache_stats()
        if stats['expired_entries'] > stats['total_entries'] * 0.5:
            clear_s3_cache()  # Too many expired entries
        """,
    "debug": """
        # Check cache statistics
        stats = get_s3_cache_stats()
        print(f"Cache entries: {stats['total_entries']}")

        # Enable debug logging
        import logging
        logging.basicConfig(level=logging.DEBUG)

        # Clear cache if needed
        clear_s3_cache()
        """,
}


@pytest.mark.parametrize("name", SNIPPETS)
def test_the_references_snippets_run_as_written(name: str) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", "from tfm.s3 import *\n" + textwrap.dedent(SNIPPETS[name])],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    if name == "debug":
        assert done.stdout == "Cache entries: 0\n"


def test_the_snippets_do_what_they_say() -> None:
    with memory_world() as world:
        world.session.registry.add("s3", world)
        world.put("d/x")
        list(tfm.Path("s3://bucket/d").iterdir())
        scope: dict[str, object] = {}
        exec("from tfm.s3 import *", scope)
        exec(textwrap.dedent(SNIPPETS["memory"]), scope)
        statistics = tfm.s3.get_s3_cache_stats()
        assert (statistics["max_entries"], statistics["total_entries"]) == (500, 0)
        exec(textwrap.dedent(SNIPPETS["stale"]), scope)
        assert tfm.s3.get_s3_cache_stats()["default_ttl"] == 30
        list(tfm.Path("s3://bucket/d").iterdir())
        world.clock.now += 31
        exec(textwrap.dedent(SNIPPETS["performance"]), scope)
        assert tfm.s3.get_s3_cache_stats()["total_entries"] == 0


# The session of a script


def test_a_scripts_session_reads_the_environment_and_executes_no_configuration(tmp_path: PurePath) -> None:
    directory = tmp_path / "tfm"
    directory.mkdir(mode=0o700)
    marker = tmp_path / "executed"
    for place in (directory, tmp_path, tmp_path / ".tfm", tmp_path / ".config" / "tfm"):
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        (place / "config.py").write_text(
            f"open({str(marker)!r}, 'w')\nclass Config:\n    S3_CACHE_TTL = 5\n", encoding="utf-8"
        )
    code = f"""
        import os
        os.chdir({str(tmp_path)!r})
        from tfm.s3 import *
        from tfm import Path
        list(Path('.').iterdir())
        print(get_s3_cache_stats()['default_ttl'])
    """
    home = {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}
    assert run(code, **home) == "60"
    assert run(code, TFM_S3_CACHE_TTL="17", **home) == "17.0"
    assert not marker.exists()


def test_a_wrong_variable_is_named_when_the_session_is_first_needed() -> None:
    said = run(
        """
        import tfm
        path = tfm.Path('s3://bucket/x')
        try:
            path.exists()
        except tfm.SettingsError as error:
            print(error)
        """,
        TFM_S3_CACHE_TTL="soon",
    )
    assert re.fullmatch(r"TFM_S3_CACHE_TTL must be a number, not 'soon'\.", said)


def test_a_scripts_session_is_made_once() -> None:
    assert run("from tfm.path.sessions import current_session as now; print(now() is now())") == "True"


def test_a_block_has_its_own_session() -> None:
    outer, inner = Session(), Session()
    with use_session(outer):
        with use_session(inner):
            assert current_session() is inner
        assert current_session() is outer


def test_a_fork_gives_a_new_session() -> None:
    code = """
        import os, threading
        from tfm.path import sessions
        parent = sessions.current_session()
        sessions._lock.acquire()  # as another thread may hold it at the fork
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.write(writing, b"new" if sessions.current_session() is not parent else b"same")
            os._exit(0)
        os.waitpid(child, 0)
        sessions._lock.release()
        print(os.read(reading, 10).decode(), sessions.current_session() is parent)
    """
    assert run(code) == "new True"


def test_an_unknown_scheme_is_named_with_those_that_are_known() -> None:
    with use_session(Session()), pytest.raises(tfm.InvalidPathError) as caught:
        tfm.Path("gopher://host/x").exists()
    assert "gopher://" in str(caught.value)
    assert "s3://" in str(caught.value)
    with use_session(Session()), pytest.raises(tfm.InvalidPathError, match="bad bucket!"):
        tfm.Path("s3://bad bucket!/x").exists()
