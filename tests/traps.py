"""What must never be unpickled."""


class Trap:
    """Notes when somebody unpickles it."""

    sprung = False

    def __reduce__(self):
        return setattr, (Trap, "sprung", True)
