"""Training of the original network, as published: its recipe, samples, stream and trainer."""
