"""Models and labelled images in; figures, reports and comparisons out."""
