"""All cases in one class."""

from __future__ import annotations

from tfm.testing.changing import ChangingCases
from tfm.testing.copied_parts import CopiedPartCases
from tfm.testing.copying import CopyCases
from tfm.testing.deleting import DeletingCases
from tfm.testing.describing import DescriptionCases
from tfm.testing.flat_keys import FlatKeyCases
from tfm.testing.hierarchy import HierarchyCases
from tfm.testing.listing import ListingCases
from tfm.testing.reading import ReadingCases
from tfm.testing.renaming import ConfinedCases, RenameCases
from tfm.testing.sharing import SharingCases
from tfm.testing.uploads import UploadCases
from tfm.testing.writing import WritingCases

__all__ = ["BackendConformance"]


class BackendConformance(
    ListingCases,
    FlatKeyCases,
    HierarchyCases,
    ReadingCases,
    WritingCases,
    UploadCases,
    DeletingCases,
    CopyCases,
    CopiedPartCases,
    DescriptionCases,
    ChangingCases,
    RenameCases,
    ConfinedCases,
    SharingCases,
):
    """Every case of the contract (:mod:`tfm.storage.contract`). Subclass it, name the subclass ``Test...``.

    The two hooks to write are :meth:`make_backend` and :meth:`populate`; the others have defaults that
    :class:`tfm.testing.hooks.Hooks` explains.
    """
