"""``python -m tfm``: as the command ``tfm``."""

import sys

from tfm.cli.main import main

sys.exit(main())
