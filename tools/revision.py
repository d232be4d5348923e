"""Write a revision from the difference between store/schema/ and the revisions so far.

    .venv/bin/python tools/revision.py "posts know their reposts"

Read what it wrote before keeping it: Alembic sees no renames and no changed CHECK constraints.
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from alembic import command  # noqa: E402

from store.engine import open_store, write  # noqa: E402
from store.migrations import migrate, settings  # noqa: E402

VERSIONS = ROOT / "store" / "migrations" / "versions"


def main(message: str) -> None:
    number = f"{len(list(VERSIONS.glob('[0-9]*.py'))) + 1:04d}"
    with tempfile.TemporaryDirectory() as folder:
        engine = open_store(f"sqlite:///{folder}/empty.sqlite3")
        if number != "0001":
            migrate(engine)
        with write(engine) as conn:
            command.revision(settings(conn), message=message, autogenerate=True, rev_id=number)
        engine.dispose()
    written = next(VERSIONS.glob(f"{number}_*.py"))
    text = written.read_text(encoding="utf-8")
    written.write_text(re.sub(r" +# ### .* ###\n", "", text), encoding="utf-8")
    ruff = [sys.executable, "-m", "ruff"]
    subprocess.run([*ruff, "check", "--fix", "--quiet", written], check=True)
    subprocess.run([*ruff, "format", "--quiet", written], check=True)
    print(written.relative_to(ROOT))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
