"""Tests of the REST API, files and health."""
