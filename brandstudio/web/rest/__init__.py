"""REST under /api/v1, files, health: the services for programs and for the pages' own elements."""
