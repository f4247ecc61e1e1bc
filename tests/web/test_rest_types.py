"""The scripts are checked against the bodies that the REST API has now."""

from fastapi import FastAPI

from tests.web.rest_types import FILE, first_line, schemas


def test_the_scripts_types_are_those_of_the_bodies(app: FastAPI):
    written = FILE.read_text(encoding="utf-8").partition("\n")[0]
    assert written == first_line(schemas(app)), "make types"
