"""Read by every Python process whose clock is put off, before anything else.

libfaketime 0.9.10 refuses `clock_nanosleep` until a moment of a clock that it leaves alone, and `time.sleep` sleeps so.
"""

import select
import time


def _sleep(seconds: float) -> None:
    select.select([], [], [], seconds)


time.sleep = _sleep
