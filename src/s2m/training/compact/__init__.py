"""Training of the compact network: its recipe, samples, stream and trainer."""
