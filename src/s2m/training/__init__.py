"""Configuration and labelled images in; weights and metrics out."""
