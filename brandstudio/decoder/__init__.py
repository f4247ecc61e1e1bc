"""Pictures from outside are opened in a process of their own, which can do nothing but that.

`helper.py` is the studio's side: it starts `python -m brandstudio.decoder` for each picture, hands
it the bytes and reads pixels back. Everything else here runs in that process: it imports neither
the studio nor anything heavy, ties its own hands (`confinement.py`), and only then looks at what it
was given (`pictures.py`).
"""
