"""`python -m deploy.manage`."""

import sys

from deploy.manage import main

sys.exit(main())
