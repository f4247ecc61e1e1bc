import os
from dataclasses import replace
from datetime import timedelta

import pytest

from brandstudio.services.operations import doctor
from brandstudio.services.work import workers
from brandstudio.settings import Settings
from brandstudio.storage.blobs import LocalBlobs
from brandstudio.storage.engine import sqlite
from tests.conftest import NOON
from tests.storage.disks import Small

NAME = "elsewhere:1"


@pytest.fixture
def settings(tmp_path):
    return Settings(data_dir=tmp_path / "data")


def states(findings):
    return {finding.subject: finding.state for finding in findings}


def said(findings, subject):
    return next(finding.message for finding in findings if finding.subject == subject)


def test_a_new_data_folder_is_fine_and_private(settings):
    findings = list(doctor.of_folder(settings))
    assert set(states(findings).values()) == {"ok"}
    assert settings.data_dir.stat().st_mode & 0o077 == 0


def test_other_accounts_that_may_look_in_are_told_with_the_fix(settings):
    settings.data_dir.mkdir(mode=0o755)
    assert f"chmod 700 {settings.data_dir}" in said(doctor.of_folder(settings), "permissions")


def test_a_data_folder_that_cannot_be_made_stops_the_studio(settings, tmp_path):
    (tmp_path / "file").write_text("")
    closed = settings.model_copy(update={"data_dir": tmp_path / "file" / "data"})
    assert states(doctor.of_folder(closed)) == {"data folder": "stop"}


def test_a_network_file_system_is_a_warning(settings, monkeypatch):
    monkeypatch.setattr(sqlite, "file_system_of", lambda _file: "nfs4")
    found = list(doctor.of_folder(settings))
    assert states(found)["file system"] == "warning"
    assert "rollback journal, because" in said(found, "sqlite")


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({"host": "127.0.0.1"}, "ok"),
        ({"host": "0.0.0.0"}, "stop"),
        ({"host": "0.0.0.0", "public_url": "http://studio.example"}, "stop"),
        ({"host": "0.0.0.0", "public_url": "http://localhost:8080"}, "ok"),
        ({"host": "0.0.0.0", "public_url": "https://studio.example"}, "ok"),
    ],
)
def test_listening_to_the_network_without_tls_stops_the_studio(settings, changes, state):
    found = doctor.of_folder(settings.model_copy(update=changes))
    assert states(found)["address"] == state


@pytest.mark.usefixtures("drawn_run")
def test_a_studio_that_is_well_has_nothing_but_oks(studio):
    assert set(states(doctor.of_studio(studio)).values()) == {"ok"}


@pytest.mark.usefixtures("drawn_run")
def test_lost_files_and_stale_parts_and_links_are_named_with_the_fix(studio, tmp_path):
    images = sorted(studio.blobs.folder.rglob("*.png"))
    images[0].unlink()
    stale = studio.blobs.folder / "x.png.part"
    stale.write_bytes(b"half")
    os.utime(stale, (0, 0))
    (studio.blobs.folder / "link").symlink_to(tmp_path)
    found = list(doctor.of_studio(studio))
    warned = {finding.subject for finding in found if finding.state == "warning"}
    assert warned == {"files", "parts", "store"}
    assert "is missing. Draw them again" in said(found, "files")


def test_a_disk_below_the_reserve_is_a_warning(studio):
    small = replace(studio, blobs=LocalBlobs(studio.blobs.folder, disk=Small(1_000_000)))
    assert states(doctor.of_studio(small))["room"] == "warning"


def test_a_worker_that_is_not_heard_is_a_warning_and_none_at_all_is_none(studio):
    assert "worker" not in states(doctor.of_studio(studio))
    with workers.present(studio, NAME):
        assert states(doctor.of_studio(studio))["worker"] == "ok"


@pytest.mark.parametrize("moment", [NOON - timedelta(days=9), NOON - timedelta(days=9999)])
@pytest.mark.usefixtures("drawn_run")
def test_a_clock_that_was_set_back_is_a_warning(studio, moment):
    wrong = replace(studio, now=lambda: moment)
    assert states(doctor.of_studio(wrong))["clock"] == "warning"
