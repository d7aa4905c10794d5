"""A message of a page about the classes of the project in; the classes after it, and what to say, out."""

from __future__ import annotations

from s2m.session.classes import Classes, with_changed_class, with_class, without_class
from s2m.web.messages_from_page import AddClass, ChangeClass, RemoveClass


def classes_after(classes: Classes, message: AddClass | ChangeClass | RemoveClass) -> tuple[Classes, str]:
    """The classes after a change, and a sentence about it for the status line.

    Raises:
        ConfigError: a name that is taken, or of no class.
    """
    match message:
        case AddClass():
            return with_class(classes, message.name, message.colour), f"Added class {message.name}"
        case ChangeClass():
            changed = with_changed_class(classes, message.name, message.new_name, message.colour)
            renamed = f"Renamed class {message.name} to {message.new_name}"
            return changed, renamed if message.new_name else f"Changed the colour of class {message.name}"
        case RemoveClass():
            return without_class(classes, message.name), f"Removed class {message.name}; objects that have it keep it"
