"""What hostile or careless people send, by the thousand, and what must be true of the answers."""
