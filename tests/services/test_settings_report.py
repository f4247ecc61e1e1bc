"""What an administrator sees of the installation, and what nobody does."""

from dataclasses import replace

import pytest
from pydantic import SecretStr

from brandstudio.errors import ForbiddenError
from brandstudio.services.operations import settings_report
from brandstudio.services.operations.settings_report import Setting, SettingOrigin
from brandstudio.services.studio import Studio
from brandstudio.settings import Settings
from tests.conftest import People


def told(studio: Studio, people: People) -> dict[str, Setting]:
    return {one.variable: one for one in settings_report.settings(studio, person=people.ada)}


def test_every_setting_is_shown_with_what_it_means(studio: Studio, people: People):
    shown = told(studio, people)
    assert set(shown) == {f"BRANDSTUDIO_{name.upper()}" for name in Settings.model_fields}
    assert [one.variable for one in shown.values() if not one.meaning] == []


def test_a_setting_says_where_its_value_came_from(
    studio: Studio, people: People, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("BRANDSTUDIO_PORT", "8080")
    monkeypatch.setenv("BRANDSTUDIO_HOST", "0.0.0.0")
    chosen = studio.settings.model_copy(update={"port": 8080, "host": "127.0.0.1"})
    shown = told(replace(studio, settings=chosen), people)
    assert shown["BRANDSTUDIO_PORT"].origin is SettingOrigin.ENVIRONMENT
    assert shown["BRANDSTUDIO_HOST"].origin is SettingOrigin.COMMAND_LINE
    assert shown["BRANDSTUDIO_DEVICE"].origin is SettingOrigin.DEFAULT
    assert (shown["BRANDSTUDIO_PORT"].value, shown["BRANDSTUDIO_DEVICE"].value) == ("8080", "auto")


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://studio:hunter2@db.example/studio",
        "postgresql+psycopg://studio:p/hunter2@db.example:5432/studio",
        "postgresql://studio:p@hunter2@db.example/studio",
        "postgresql://db.example/studio?password=hunter2&sslmode=require",
        "s3://id:hunter2@bucket/prefix",
        "simplecache::s3://hunter2@bucket/prefix",
        "postgresql://studio:hun\nter2@db.example/studio",
    ],
)
@pytest.mark.parametrize("name", ["database_url", "blobs"])
def test_a_password_inside_an_address_is_never_shown(
    studio: Studio, people: People, name: str, url: str
):
    chosen = studio.settings.model_copy(update={name: url})
    shown = told(replace(studio, settings=chosen), people)[f"BRANDSTUDIO_{name.upper()}"].value
    assert "ter2" not in shown
    assert "db.example" in shown or "bucket" in shown


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("oidc_client_secret", "hunter2", "set"),
        ("ray_token", "hunter2", "set"),
        ("smtp_password", "", ""),
        ("api_key", "hunter2", "set"),
        ("anything", SecretStr("hunter2"), "set"),
        ("anything", SecretStr(""), ""),
        ("keep_rejected_days", 30, "30"),
        ("daily_quota", 0, "0"),
        ("database_url", "", ""),
    ],
)
def test_of_a_secret_only_whether_it_is_set_is_shown(name: str, value: object, shown: str):
    assert settings_report.shown(name, value) == shown


def test_versions_name_the_release_the_database_and_what_draws(studio: Studio, people: People):
    found = {one.name: one.version for one in settings_report.versions(studio, person=people.ada)}
    assert {"BrandStudio", "Python", "torch", "gradio"} <= set(found)
    assert found.keys() & {"SQLite", "PostgreSQL"}
    assert all(found[name] for name in ("BrandStudio", "Python", "torch"))


def test_only_administrators_see_it(studio: Studio, people: People):
    for person in (people.carla, people.rita):
        for look in (settings_report.settings, settings_report.versions):
            with pytest.raises(ForbiddenError, match="may not see the settings"):
                look(studio, person=person)
