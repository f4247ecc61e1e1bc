"""Gradio's pages: what they show (views), what they do (pages), how their events are held in."""
