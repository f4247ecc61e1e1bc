"""Pure values and decisions: no torch, Gradio, SQLAlchemy, files, clock or randomness."""
