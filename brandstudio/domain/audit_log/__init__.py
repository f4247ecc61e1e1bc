"""The audit log: the events it records, and how they read together with decisions."""
