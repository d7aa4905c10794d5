"""Data set folders of several layouts in; labelled images out."""
