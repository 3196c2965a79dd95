"""The conformance suite that every backend passes, tfm's own and others'.

A third party installs pytest and hypothesis and writes one test file::

    from tfm.testing import BackendConformance

    class TestMyBackend(BackendConformance):
        def make_backend(self):
            return MyBackendFactory(self.context).open(StorageAddress("my", "place"))

        def populate(self, files):
            ...  # make the place hold exactly these files, content by key; drop what was there before

``pytest`` runs it; cases for a capability that the backend does not declare are skipped. :class:`BackendConformance`
tells of the other hooks: where the keys begin (``root``), which keys the storage can hold (``can_hold``), a place that
does not exist (``make_missing_backend``), secrets that must not be told (``secrets``), what the storage itself says of
a written object and of unfinished uploads (``read_facts``, ``uploads_under_way``), symbolic links (``make_link``).
"""

try:
    import hypothesis  # noqa: F401 - asked for here, so that its lack is told in one clear line
    import pytest
except ImportError as error:
    from tfm.core.errors import MissingDependencyError

    raise MissingDependencyError(
        f"tfm.testing needs {error.name}, which is not installed.",
        next_step="Install it: pip install pytest hypothesis",
        operation="import",
    ) from error

# Before the cases are imported: pytest then shows the values in their assertions, as it does in test files.
pytest.register_assert_rewrite(
    *(
        f"{__name__}.{name}"
        for name in (
            "hooks",
            "trees",
            "listing",
            "flat_keys",
            "hierarchy",
            "reading",
            "writing",
            "uploads",
            "deleting",
            "copying",
            "copied_parts",
            "describing",
            "renaming",
            "sharing",
        )
    )
)

from tfm.testing.conformance import BackendConformance  # noqa: E402 - after the line above

__all__ = ["BackendConformance"]
