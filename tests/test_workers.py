"""Worker processes end when they are told to."""

import hashlib
import time

import pytest

from oscb_nlp.workers import processes


def test_workers_deep_in_c_code_end_at_once() -> None:
    # No Python runs in them meanwhile, and so no handler of a signal.
    with pytest.raises(KeyboardInterrupt), processes(2) as pool:
        pool.schedule(time.sleep, args=[0]).result()
        for _ in range(2):
            pool.schedule(hashlib.pbkdf2_hmac, args=["sha256", b"", b"", 60_000_000])
        time.sleep(1)
        told = time.monotonic()
        raise KeyboardInterrupt
    assert time.monotonic() - told < 2
