"""A few strokes on a photograph become pixel-accurate masks of its objects; see ``docs/architecture.md``."""
