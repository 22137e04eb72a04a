"""The contract tests drive the same running API as the unit tests."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "unit" / "tidepool" / "api"))
