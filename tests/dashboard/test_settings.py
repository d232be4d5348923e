"""The environment becomes settings once, and whatever is wrong is named."""

import stat
from pathlib import Path

import pytest

from dashboard.settings import read_settings
from domain.errors import ConfigError
from domain.links import author_hash

KEY = "0123456789abcdef0123456789abcdef"


def test_an_empty_environment_is_enough(tmp_path: Path):
    settings = read_settings({}, folder=tmp_path)
    assert settings.data_dir == tmp_path / "var"
    assert settings.database_url == f"sqlite:///{tmp_path / 'var' / 'quanqing.db'}"
    assert settings.campaign == tmp_path / "campaign.toml"
    assert settings.clock.is_real
    assert not settings.is_https


def test_the_environment_wins_over_the_file_and_empty_means_absent(tmp_path: Path):
    (tmp_path / ".env").write_text("QUANQING_DATA_DIR=from-file\nQUANQING_CAMPAIGN=from-file.toml\n")
    environ = {"QUANQING_DATA_DIR": "from-environment", "QUANQING_CAMPAIGN": ""}
    settings = read_settings(environ, folder=tmp_path)
    assert settings.data_dir == tmp_path / "from-environment"
    assert settings.campaign == tmp_path / "from-file.toml"


def test_a_setting_may_stand_in_a_file_of_its_own(tmp_path: Path):
    (tmp_path / "key").write_text(KEY + "\n")
    assert read_settings({"QUANQING_SECRET_KEY_FILE": "key"}, folder=tmp_path).secret_key == KEY


def test_once_the_key_is_destroyed_another_is_made_and_old_hashes_are_nobodys(tmp_path: Path):
    before = read_settings({}, folder=tmp_path).author_key
    (tmp_path / "var" / "secret.key").unlink()
    after = read_settings({}, folder=tmp_path).author_key
    assert author_hash("weibo", "1000000001", before) != author_hash("weibo", "1000000001", after)


def test_a_key_is_made_once_and_readable_by_its_owner_alone(tmp_path: Path):
    first, second = (read_settings({}, folder=tmp_path).secret_key for _ in range(2))
    assert first == second
    assert len(first) >= 32
    assert stat.S_IMODE((tmp_path / "var" / "secret.key").stat().st_mode) == 0o600
    assert [path.name for path in (tmp_path / "var").iterdir()] == ["secret.key"]


def test_secrets_are_not_printed(tmp_path: Path):
    environ = {"QUANQING_SECRET_KEY": KEY, "QUANQING_DATABASE_URL": "postgresql://q:hunter2@db/q"}
    printed = repr(read_settings(environ, folder=tmp_path))
    assert KEY not in printed
    assert "hunter2" not in printed


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("QUANQING_SECRET_KEY", "short"),
        ("QUANQING_SECOND_FACTOR", "maybe"),
        ("QUANQING_PASSWORD_DAYS", "-1"),
        ("QUANQING_PASSWORD_DAYS", "a quarter"),
        ("QUANQING_DATABASE_URL", "mysql://q:hunter2@db/q"),
        ("QUANQING_DATABASE_URL", "hunter2"),
        ("QUANQING_BASE_URL", "127.0.0.1:8050"),
        ("QUANQING_BASE_URL", "https://city.example/wall"),
        ("QUANQING_CLOCK", "yesterday"),
        ("QUANQING_CLOCK", "2022-10-28T08:58:00@60 since 1700000000"),
        ("QUANQING_SECRET_KEY_FILE", "missing"),
        ("DASH_DEBUG", "1"),
    ],
)
def test_a_wrong_setting_is_named_and_its_secret_is_not(tmp_path: Path, name: str, value: str):
    with pytest.raises(ConfigError, match=rf"\b{name}\b") as caught:
        read_settings({name: value}, folder=tmp_path)
    assert "hunter2" not in str(caught.value)


def test_a_setting_given_twice_is_refused(tmp_path: Path):
    (tmp_path / "key").write_text(KEY)
    with pytest.raises(ConfigError, match="given twice"):
        read_settings({"QUANQING_SECRET_KEY": KEY, "QUANQING_SECRET_KEY_FILE": "key"}, folder=tmp_path)


def test_secrets_of_sources_stand_in_the_environment_or_in_the_data_folders_own_settings(tmp_path: Path):
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "settings.env").write_text("CITY_TOKEN='from the folder'\nAPIV3='from the folder'\n")
    settings = read_settings({"CITY_TOKEN": "from the environment"}, folder=tmp_path)
    assert settings.environ == {"CITY_TOKEN": "from the environment", "APIV3": "from the folder"}
    assert "from the" not in repr(settings)


def _beside_a_deployment(folder: Path, own: str) -> None:
    (folder / ".env").write_text(
        "QUANQING_DATABASE_URL=postgresql://q:hunter2@db/city\nQUANQING_BACKUP_DIR=/backup\n"
        "QUANQING_DATA_DIR=rehearsed\n"
    )
    (folder / "rehearsed").mkdir()
    (folder / "rehearsed" / "settings.env").write_text(own)


def test_a_data_folder_that_names_its_database_goes_by_nothing_of_the_dotenv_file(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    _beside_a_deployment(tmp_path, "QUANQING_DATABASE_URL='sqlite:///rehearsed/quanqing.db'\n")
    settings = read_settings({}, folder=tmp_path)
    assert settings.database_url == "sqlite:///rehearsed/quanqing.db"
    assert settings.backups is None
    assert "of .env is not read: BACKUP_DIR DATABASE_URL" in caplog.text
    assert "hunter2" not in caplog.text


def test_a_data_folders_other_settings_are_stronger_than_the_dotenv_file_and_weaker_than_the_environment(
    tmp_path: Path,
):
    _beside_a_deployment(tmp_path, "QUANQING_CAMPAIGN=own.toml\nQUANQING_SOURCES=own.toml\n")
    with (tmp_path / ".env").open("a") as dotenv:
        dotenv.write("QUANQING_CAMPAIGN=city.toml\n")
    settings = read_settings({"QUANQING_SOURCES": "told.toml"}, folder=tmp_path)
    assert settings.campaign == tmp_path / "own.toml"
    assert settings.sources == tmp_path / "told.toml"
    assert settings.database_url == "postgresql://q:hunter2@db/city"
    assert settings.backups is not None


def test_a_database_of_the_environment_is_refused_where_the_data_folder_names_another(tmp_path: Path):
    _beside_a_deployment(tmp_path, "QUANQING_DATABASE_URL='sqlite:///rehearsed/quanqing.db'\n")
    with pytest.raises(ConfigError, match="names another database") as caught:
        read_settings({"QUANQING_DATABASE_URL": "postgresql://q:hunter2@db/city"}, folder=tmp_path)
    assert "hunter2" not in str(caught.value)
    same = {"QUANQING_DATABASE_URL": "sqlite:///rehearsed/quanqing.db"}
    assert read_settings(same, folder=tmp_path).database_url == same["QUANQING_DATABASE_URL"]
