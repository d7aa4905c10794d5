"""Classes of a project: added, renamed, recoloured, taken from the list."""

from __future__ import annotations

import pytest

from s2m.errors import ConfigError
from s2m.session.classes import ObjectClass, present_name, with_changed_class, with_class, without_class

CAT, DOG = ObjectClass(name="cat", colour="#ff0000"), ObjectClass(name="dog")


def names(classes: tuple[ObjectClass, ...]) -> list[str]:
    return [one.name for one in classes]


def test_a_class_is_added_once_at_the_end() -> None:
    classes = with_class((CAT,), " dog ")
    assert classes == (CAT, DOG)
    assert with_class(classes, "cat", "#00ff00") == classes


def test_a_renamed_class_is_found_under_the_names_it_had() -> None:
    classes = with_changed_class(with_changed_class((CAT, DOG), "cat", "lynx"), "lynx", "tiger")
    assert names(classes) == ["tiger", "dog"]
    assert [present_name(classes, name) for name in ("cat", "lynx", "tiger", "dog", "bird")] == [
        "tiger", "tiger", "tiger", "dog", "bird",
    ]  # fmt: skip
    assert classes[0].colour == "#ff0000"


def test_renaming_back_leaves_one_name_each() -> None:
    (back,) = with_changed_class(with_changed_class((CAT,), "cat", "lynx"), "lynx", "cat")
    assert (back.name, back.former_names) == ("cat", ("lynx",))


def test_a_change_that_arrives_again_changes_nothing_more() -> None:
    once = with_changed_class((CAT,), "cat", "lynx")
    assert with_changed_class(once, "cat", "lynx") == once


def test_a_colour_alone_can_be_changed() -> None:
    (changed,) = with_changed_class((CAT,), "cat", colour="#0000ff")
    assert changed == ObjectClass(name="cat", colour="#0000ff")


def test_a_class_taken_from_the_list_is_gone_and_may_come_back() -> None:
    assert without_class((CAT, DOG), "cat") == (DOG,)
    assert without_class((DOG,), "cat") == (DOG,)


@pytest.mark.parametrize(
    ("name", "new_name", "reason"),
    [
        ("bird", "owl", "there is no class"),
        ("cat", "dog", "already"),
        ("cat", "puppy", 'was called "puppy"'),
        ("cat", " ", "needs a name"),
        ("cat", "x" * 201, "needs a name"),
    ],
)
def test_names_stay_unmistakable(name: str, new_name: str, reason: str) -> None:
    classes = (CAT, ObjectClass(name="dog", former_names=("puppy",)))
    with pytest.raises(ConfigError, match=reason):
        with_changed_class(classes, name, new_name)
    if name == "cat" and new_name != "dog":
        with pytest.raises(ConfigError, match=reason):
            with_class(classes, new_name)
