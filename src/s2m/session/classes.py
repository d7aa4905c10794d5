"""The classes of a project and a change in; the classes after it out.

Journals keep the name that a class had when an object got it.  A class remembers the names it had before, so renaming
it changes no journal and still holds for all images.
"""

from __future__ import annotations

from pydantic import Field

from s2m.errors import ConfigError
from s2m.types import Frozen

MAX_CLASS_NAME = 200
"""The most characters of the name of a class."""


class ObjectClass(Frozen):
    """A class of objects.

    Attributes:
        name: as it is offered and exported.
        colour: of the objects that get the class from now on; an empty one leaves them theirs.
        former_names: under which objects were given it before it was renamed.
    """

    name: str = Field(min_length=1, max_length=MAX_CLASS_NAME)
    colour: str = Field(default="", pattern=r"^(#[0-9a-fA-F]{6})?$")
    former_names: tuple[str, ...] = ()


Classes = tuple[ObjectClass, ...]


def present_name(classes: Classes, name: str) -> str:
    """What a class is called now that was called ``name`` when an object got it."""
    return next((one.name for one in classes if name == one.name or name in one.former_names), name)


def with_class(classes: Classes, name: str, colour: str = "") -> Classes:
    """One class more, at the end; the same classes where it is there already.

    Raises:
        ConfigError: no name, or one that another class has had.
    """
    name = _checked(name)
    if any(one.name == name for one in classes):
        return classes
    _check_free(classes, name)
    return (*classes, ObjectClass(name=name, colour=colour))


def with_changed_class(classes: Classes, name: str, new_name: str | None = None, colour: str | None = None) -> Classes:
    """A class renamed or given another colour: what is not None changes.

    Raises:
        ConfigError: there is no class ``name``, no new name is left, or another class has or had it.
    """
    name = present_name(classes, name)
    others = tuple(one for one in classes if one.name != name)
    if len(others) == len(classes):
        raise ConfigError(f'there is no class "{name}"; add it')
    if new_name is not None:
        new_name = _checked(new_name)
        _check_free(others, new_name)
    return tuple(_changed(one, new_name, colour) if one.name == name else one for one in classes)


def without_class(classes: Classes, name: str) -> Classes:
    """A class is offered no longer; objects that have it keep it, under the name they got it by."""
    return tuple(one for one in classes if one.name != name)


def _changed(one: ObjectClass, new_name: str | None, colour: str | None) -> ObjectClass:
    name = one.name if new_name is None else new_name
    former = tuple(each for each in dict.fromkeys((*one.former_names, one.name)) if each != name)
    return ObjectClass(name=name, colour=one.colour if colour is None else colour, former_names=former)


def _checked(name: str) -> str:
    name = name.strip()
    if not name or len(name) > 200:
        raise ConfigError(f"a class needs a name of 1 to 200 characters, got {len(name)}; give it another")
    return name


def _check_free(classes: Classes, name: str) -> None:
    for one in classes:
        if one.name == name:
            raise ConfigError(f'there is a class "{name}" already; choose another name')
        if name in one.former_names:
            raise ConfigError(
                f'"{one.name}" was called "{name}" before, and objects may have it by that name; choose another name'
            )
