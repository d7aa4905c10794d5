"""Tools for the makers of weights; no part of the package that is installed."""
