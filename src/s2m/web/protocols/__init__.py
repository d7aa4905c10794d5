"""Protocols of other annotation programs, a module each: their requests in, masks as they want them out."""
