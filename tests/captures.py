"""Where captures of real stations lie, where there are any: beside the project, or as CHARGEHAND_CAPTURES says."""

from __future__ import annotations

import os
from pathlib import Path

CAPTURES = Path(os.environ.get("CHARGEHAND_CAPTURES", Path(__file__).parents[2] / "shared" / "captures"))
