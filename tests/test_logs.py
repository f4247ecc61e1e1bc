import io
import json
import logging

import pytest

from brandstudio.logs import JsonLines, TextLines, about

HOSTILE = "Zoë\r\n2026-01-01 ERROR forged: all is lost\x1b[31m\x00\x85\u2028\u202eevil"


@pytest.fixture(params=[JsonLines, TextLines])
def journal(request):
    """A logger, and what it wrote."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(request.param())
    log = logging.Logger("brandstudio.test")
    log.addHandler(handler)
    return log, written.getvalue


def test_each_event_is_one_line_whatever_a_name_holds(journal):
    log, written = journal
    log.warning("run of %s failed", HOSTILE)
    [line, end] = written().split("\n")
    assert end == ""
    assert not any(ord(c) < 32 or 127 <= ord(c) < 160 or c in "\u2028\u202e" for c in line)
    assert "Zoë" in line
    assert r"\u001b" in line


def test_json_says_when_how_bad_who_and_what_it_is_about():
    record = logging.LogRecord("brandstudio.x", logging.INFO, "", 0, "drew %d", (3,), None)
    with about(request="ab12"), about(run=7):
        event = json.loads(JsonLines().format(record))
    assert event.pop("time").endswith("+00:00")
    assert event == {
        "level": "INFO",
        "logger": "brandstudio.x",
        "message": "drew 3",
        "request": "ab12",
        "run": "7",
    }
    assert "run" not in json.loads(JsonLines().format(record))


@pytest.mark.parametrize(
    ("said", "secret"),
    [
        ("open /welcome?token=s3cr3t-value", "s3cr3t-value"),
        ("Authorization: Bearer bs_abcdef", "bs_abcdef"),
        ("sent Bearer bs_abcdef", "bs_abcdef"),
        ("postgresql://studio:hunter2@db/studio", "hunter2"),
        ("password=hunter2", "hunter2"),
        ("{'password': 'hunter2'}", "hunter2"),
        ('{"password": "hunter2 with a blank"}', "with a blank"),
        ("BRANDSTUDIO_PASSWORD=hunter2", "hunter2"),
        ("Authorization: Basic YWRhOmh1bnRlcjI=", "YWRhOmh1bnRlcjI="),
        ("Cookie: theme=dark; bs_session=s3cr3t", "s3cr3t"),
        ("the API token bst_s3cr3t-value was refused", "s3cr3t"),
    ],
)
def test_what_looks_like_a_secret_is_blotted_out(journal, said, secret):
    log, written = journal
    log.error("%s", said)
    assert secret not in written()


def test_a_traceback_cannot_forge_a_line(journal):
    log, written = journal
    try:
        int(HOSTILE)
    except ValueError as error:
        error.args = (HOSTILE,)
        log.exception("it failed")
    lines = written().rstrip("\n").split("\n")
    assert all(line.startswith("  | ") for line in lines[1:])
    assert "Traceback" in written()
