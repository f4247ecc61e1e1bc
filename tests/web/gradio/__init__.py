"""Tests of the pages and their events, without a browser."""
