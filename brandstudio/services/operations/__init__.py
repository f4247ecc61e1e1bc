"""Running a studio: upkeep, backup and restore, health, checks, what it is set up as."""
