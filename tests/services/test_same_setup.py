"""Whether two processes have the same studio around them, whatever their settings call it."""

from dataclasses import replace

import pytest
from sqlalchemy import make_url

from brandstudio.services.operations.same_setup import (
    OtherSetupError,
    require_same,
    setup_of,
)
from brandstudio.services.studio import build_studio
from brandstudio.settings import Settings
from brandstudio.storage.blobs import LocalBlobs
from tests.postgresql import on_sqlite


@pytest.fixture
def beside(studio):
    """Another process's studio, with other settings."""
    opened = []

    def build(**changes):
        settings = studio.settings.model_copy(update=changes)
        opened.append(build_studio(settings))
        return opened[-1]

    yield build
    for each in opened:
        each.database.close()


def test_the_same_data_folder_is_the_same_studio_by_any_path(studio, beside, tmp_path):
    (tmp_path / "link").symlink_to(studio.settings.data_dir)
    same = beside(data_dir=tmp_path / "link")
    assert setup_of(same) == setup_of(studio)
    require_same(setup_of(studio), setup_of(same))


@on_sqlite
def test_another_database_is_refused_with_the_way_out(studio, beside, tmp_path):
    other = replace(beside(data_dir=tmp_path / "other"), blobs=studio.blobs)
    with pytest.raises(OtherSetupError, match="It has another database than the") as refused:
        require_same(setup_of(studio), setup_of(other))
    assert "BRANDSTUDIO_DATABASE_URL" in refused.value.hint


def test_another_store_is_refused(studio, tmp_path):
    other = replace(studio, blobs=LocalBlobs(tmp_path / "blobs"))
    with pytest.raises(OtherSetupError, match="another store of files"):
        require_same(setup_of(studio), setup_of(other))


def test_other_presets_are_refused(studio):
    catalogue = replace(studio.catalogue, templates={})
    other = replace(studio, presets=replace(studio.presets, catalogue=catalogue))
    with pytest.raises(OtherSetupError, match="other presets"):
        require_same(setup_of(studio), setup_of(other))


def test_a_password_is_in_no_digest(studio):
    def at(url):
        settings = studio.settings.model_copy(update={"blobs": url})
        return setup_of(replace(studio, settings=settings, blobs=object()))

    assert at("s3://key:secret@bucket/prefix") == at("s3://bucket/prefix/")
    assert at("s3://bucket/prefix") != at("s3://bucket/other")


def test_a_database_server_is_known_by_itself_and_not_by_its_address(tmp_path, postgresql):
    url = postgresql.fresh()
    named = make_url(url).update_query_dict({"application_name": "far"})
    addresses = [url, named.render_as_string(hide_password=False), postgresql.fresh()]
    first, again, other = (
        build_studio(Settings(data_dir=tmp_path / "data", database_url=each)) for each in addresses
    )
    assert setup_of(first) == setup_of(again)
    assert setup_of(first).database != setup_of(other).database
    for studio, address in zip((first, again, other), addresses, strict=True):
        studio.database.close()
        if studio is not again:
            postgresql.drop(address)
