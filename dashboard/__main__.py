"""`python -m dashboard` is `quanqing`."""

import sys

from dashboard.cli import main

sys.exit(main())
