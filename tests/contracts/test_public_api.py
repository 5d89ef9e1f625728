from __future__ import annotations

import catordog
from catordog import errors


def test_all_names_exist_and_are_sorted() -> None:
    assert all(hasattr(catordog, name) for name in catordog.__all__)
    assert len(set(catordog.__all__)) == len(catordog.__all__)  # ruff keeps them in order


def test_unknown_name_is_an_attribute_error() -> None:
    assert not hasattr(catordog, "Clasifier")


def test_every_error_is_drawn_in_the_tree_with_a_code_and_a_status() -> None:
    def below(cls: type[errors.CatOrDogError]) -> list[type[errors.CatOrDogError]]:
        return [cls, *(deeper for own in cls.__subclasses__() for deeper in below(own))]

    for error in below(errors.CatOrDogError):
        assert error.__name__ in (errors.__doc__ or "")
        assert error.exit_code in (1, 2, 3)
        assert 400 <= error.http_status < 600
