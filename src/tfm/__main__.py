"""``python -m tfm``: as the command ``tfm``."""

import sys

from tfm.cli import main

sys.exit(main())
