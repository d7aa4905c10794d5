"""Many images on disk in, label maps on disk out."""
