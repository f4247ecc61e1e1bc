"""Rows of people, their sessions, tokens, links and sign-in attempts."""
