"""What every test may use."""

import os

from hypothesis import settings

# Deadlines measure the machine. The "thorough" profile is for a long run by hand: HYPOTHESIS_PROFILE=thorough.
settings.register_profile("default", deadline=None)
settings.register_profile("thorough", deadline=None, max_examples=5000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))
