"""Ask for known vulnerabilities of every release that a lock file pins: ``audit.py requirements-dev.lock``.

Exit code 0: every one was asked about and none has a finding that is not explained. 1: a finding, each
printed. 2: no answer for some or all of them, which is not the same as none found.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

EXPLAINED: dict[str, str] = {}
"""Findings that stay, by their id, each with the reason; SECURITY.md lists them too."""


def main(lock: Path) -> int:
    """Print what pip-audit found, or that it could not ask."""
    pinned = re.findall(r"^([\w.-]+)==", lock.read_text(encoding="utf-8"), re.M)
    command = [sys.executable, "-m", "pip_audit", "--requirement", str(lock), "--disable-pip",
               "--no-deps", "--format", "json", "--progress-spinner", "off"]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True)
    try:
        asked = [one for one in json.loads(done.stdout)["dependencies"] if "vulns" in one]
    except (ValueError, KeyError):
        said = done.stderr.strip().splitlines() or ["it printed nothing"]
        print(f"NOT AUDITED: pip-audit gave no answer: {said[-1][:300]}")
        return 2
    found = [
        (one["name"], one["version"], finding["id"])
        for one in asked
        for finding in one["vulns"]
        if finding["id"] not in EXPLAINED
    ]
    for name, version, finding in found:
        print(f"{name} {version}: {finding}")
    if found:
        return 1
    if len(asked) < len(pinned):
        print(f"NOT AUDITED: the service knew {len(asked)} of {len(pinned)} releases")
        return 2
    print(f"{len(asked)} releases, no finding without an explanation ({len(EXPLAINED)} explained)")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
