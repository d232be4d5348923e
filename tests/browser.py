"""Finding Chromium: the system's own, or the one QUANQING_CHROMIUM names."""

import os
import shutil

PATIENCE_MS = 30_000
"""How long what must come may take on a busy machine: no measure of how fast it is."""

FLAGS = (
    "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
MISSING = "no Chromium: apt-get install chromium, or set QUANQING_CHROMIUM=/path/to/it"


def chromium() -> str | None:
    names = (os.environ.get("QUANQING_CHROMIUM"), "chromium", "chromium-browser", "google-chrome")
    return next((found for name in names if name and (found := shutil.which(name))), None)


def flags() -> list[str]:
    """Chromium's sandbox refuses root; for everybody else it stays on."""
    return [*FLAGS, "--no-sandbox"] if os.geteuid() == 0 else list(FLAGS)
