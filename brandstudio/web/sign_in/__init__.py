"""Signing in and out: by password or link, or at an OpenID Connect provider."""
