"""What holds for the repository as a whole: the lock, the import contracts, the size of files, what is shipped."""

import inspect
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from dashboard.settings import read_settings

ROOT = Path(__file__).parents[1]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PACKAGES = tuple(PYPROJECT["tool"]["importlinter"]["root_packages"])
LOCKS = ("requirements.lock", "requirements-dev.lock")
LONGEST = 250
LONGER = {
    "domain/campaign.py": "one class a table of the campaign file, and what must hold between them",
    "domain/readings.py": "one value a tile",
}
ELSEWHERE = re.compile(
    r"(?<![\w.])/(work|root|home|opt|Users)/\w|\b(pypi\.org|pythonhosted\.org|npmjs\.org)|file://|localhost:\d+/simple"
)


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_holds_releases_and_hashes_and_no_address(lock: str):
    text = (ROOT / lock).read_text(encoding="utf-8")
    assert not re.search(r"://|^\s*-(?!-hash=sha256:)|(^|\s)[./]\S*/", text, re.MULTILINE)
    for entry in re.split(r"\n(?=\S)", re.sub(r"^#.*\n", "", text, flags=re.MULTILINE).strip()):
        assert re.match(r"[a-z0-9.-]+==\S+ ", entry), entry
        assert "--hash=sha256:" in entry


def test_the_lock_meets_what_the_project_asks_for():
    locked = _locked("requirements.lock")
    for wanted in map(Requirement, PYPROJECT["project"]["dependencies"]):
        assert any(wanted.specifier.contains(version) for version in locked[_canonical(wanted.name)]), wanted


def test_the_development_lock_holds_the_very_releases_of_the_other():
    development = _locked("requirements-dev.lock")
    assert {name: development.get(name) for name in _locked("requirements.lock")} == _locked(
        "requirements.lock"
    )
    for wanted in map(Requirement, PYPROJECT["dependency-groups"]["dev"]):
        assert any(wanted.specifier.contains(version) for version in development[_canonical(wanted.name)]), (
            wanted
        )


def test_the_import_contracts_hold():
    command = [Path(sys.executable).with_name("lint-imports"), "--no-logo", "--no-cache"]
    linted = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert linted.returncode == 0, linted.stdout + linted.stderr
    assert "0 broken" in linted.stdout


def test_no_file_grows_beyond_what_one_reading_takes():
    lines = {path: len((ROOT / path).read_text(encoding="utf-8").splitlines()) for path in _modules()}
    assert {path: n for path, n in lines.items() if n > LONGEST and path not in LONGER} == {}


def test_what_may_be_longer_still_is():
    assert [path for path in LONGER if len((ROOT / path).read_text().splitlines()) <= LONGEST] == []


def test_nothing_names_a_machine_or_a_registry():
    found = {
        str(path.relative_to(ROOT)): match[0]
        for path in _texts()
        if path != Path(__file__) and (match := ELSEWHERE.search(path.read_text(encoding="utf-8")))
    }
    assert found == {}


def test_every_setting_of_the_example_is_known_and_taken(tmp_path: Path):
    example = re.sub(
        r"^#(?=[A-Z_]+=)", "", (ROOT / ".env.example").read_text(encoding="utf-8"), flags=re.MULTILINE
    )
    (tmp_path / ".env").write_text(example, encoding="utf-8")
    settings = read_settings({}, folder=tmp_path)
    assert settings.is_https
    assert settings.allow_private == ("10.20.0.0/16",)
    assert settings.database_url.startswith("postgresql://")
    known = re.findall(r'"([A-Z_]+)"', inspect.getsource(sys.modules[read_settings.__module__]))
    named = {
        name.removeprefix("QUANQING_") for name in re.findall(r"^(QUANQING_\w+)=", example, re.MULTILINE)
    }
    assert named <= set(known)


@pytest.mark.slow
def test_the_wheel_holds_what_it_needs_and_migrates_by_itself(tmp_path: Path):
    source, unpacked = tmp_path / "source", tmp_path / "unpacked"
    source.mkdir()
    for name in (*PACKAGES, "assets", "pyproject.toml", "README.md", "LICENSE"):
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, source / name)
    build = "import setuptools.build_meta as b, sys; b.build_wheel(sys.argv[1])"
    subprocess.run([sys.executable, "-c", build, tmp_path], cwd=source, check=True, capture_output=True)
    with zipfile.ZipFile(next(tmp_path.glob("quanqing-*.whl"))) as wheel:
        wheel.extractall(unpacked)
    for path in _shipped():
        assert (unpacked / path).exists(), f"{path} is not in the wheel: see package-data in pyproject.toml"
    program = (
        "from store.engine import open_store; from store.migrations import current, migrate; import store; "
        "engine = open_store('sqlite:///store.sqlite3'); migrate(engine); print(store.__file__, current(engine))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=unpacked, check=True, capture_output=True, text=True
    )
    assert ran.stdout.startswith(str(unpacked))


def _modules() -> list[str]:
    """Every module of ours but the revisions, which are written once by a program."""
    paths = [path.relative_to(ROOT) for package in PACKAGES for path in (ROOT / package).rglob("*.py")]
    return sorted(str(path) for path in paths if path.parent.name != "versions")


def _texts() -> list[Path]:
    folders = [*PACKAGES, "tests", "tools", "benchmarks", ".ci", "docs", "assets"]
    kinds = {".py", ".toml", ".md", ".sh", ".js", ".css", ".yaml", ".mako", ""}
    paths = [path for folder in folders for path in (ROOT / folder).rglob("*")] + list(ROOT.iterdir())
    return [path for path in paths if path.is_file() and path.suffix in kinds and path.name != ".env"]


def _shipped() -> list[Path]:
    """Files of the packages that are no modules, and the revisions."""
    paths = [path for package in PACKAGES for path in (ROOT / package).rglob("*") if path.is_file()]
    return [
        path.relative_to(ROOT)
        for path in paths
        if "__pycache__" not in path.parts and (path.suffix != ".py" or path.parent.name == "versions")
    ]


def _locked(lock: str) -> dict[str, set[str]]:
    """Package -> releases: more than one where Python's version decides."""
    found: dict[str, set[str]] = {}
    for name, release in re.findall(r"^([a-z0-9.-]+)==(\S+)", (ROOT / lock).read_text(), re.MULTILINE):
        found.setdefault(name, set()).add(release)
    return found


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
