"""Run the fuzzing by hand: ``python -m tests.fuzz --minutes 60 --seed 1``.

Each case is read in a worker process with limits of time and memory. What escapes the project's
errors, runs out of time or ends its worker is kept under ``--keep`` by its hash and printed.
"""

from __future__ import annotations

import argparse
import hashlib
import random
import tempfile
import time
from collections import Counter
from concurrent.futures import TimeoutError as LateError
from pathlib import Path

from loky.backend import get_context
from pebble import ProcessExpired, ProcessPool

from oscb_nlp.reading.limits import limit_memory
from tests.fuzz.mutate import mutated
from tests.fuzz.seeds import KINDS, seeds
from tests.fuzz.targets import case

_AT_ONCE = 40
_SECONDS = 30.0


def main() -> None:
    """Fuzz until the time is over, then print how many cases of each kind were read."""
    options = argparse.ArgumentParser()
    options.add_argument("--minutes", type=float, default=60.0)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--keep", type=Path, default=Path("fuzz-found"))
    options.add_argument("--kinds", nargs="*", default=list(KINDS))
    given = options.parse_args()
    given.keep.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        valid = {kind: seeds(kind, Path(folder)) for kind in given.kinds}
    chance = random.Random(given.seed)
    done: Counter[str] = Counter()
    known: set[str] = set()
    start = time.monotonic()
    context = get_context("loky")
    with ProcessPool(1, max_tasks=2_000, initializer=limit_memory, initargs=[1_024], context=context) as pool:  # fmt: skip
        while time.monotonic() - start < given.minutes * 60:
            round_of = [(kind, mutated(chance.choice(valid[kind]), chance))
                        for kind in chance.choices(given.kinds, k=_AT_ONCE)]  # fmt: skip
            futures = [pool.schedule(case, args=list(one), timeout=_SECONDS) for one in round_of]
            for (kind, content), future in zip(round_of, futures, strict=True):
                done[kind] += 1
                try:
                    said = future.result()
                except LateError:
                    said = "TimeOut"
                except ProcessExpired as error:
                    said = f"ProcessExpired {error.exitcode}"
                except Exception as error:
                    said = f"{type(error).__name__}: {error}"[:300]
                if said:
                    place = f"{kind} {said.split(': ')[0]}"
                    if place not in known:
                        known.add(place)
                        name = hashlib.sha256(content).hexdigest()[:12]
                        (given.keep / f"{kind}-{name}").write_bytes(content)
                        print(f"{kind}-{name}: {said}", flush=True)
    print(f"{(time.monotonic() - start) / 60:.1f} minutes, seed {given.seed}: {dict(done)}, {sum(done.values())} cases")  # fmt: skip


if __name__ == "__main__":
    main()
