"""BrandStudio: on-brand A/B image variants, from a form to an ad-ready asset pack."""

__version__ = "0.2.0"
