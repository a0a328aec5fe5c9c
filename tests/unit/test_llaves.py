"""What a till's key gives away of itself."""

from __future__ import annotations

import pytest

from shared.llaves import create_llave, create_terminal_id, find_terminal_id


def test_a_key_names_its_till_and_no_part_of_its_secret_whatever_that_looks_like() -> None:
    id_ = create_terminal_id()
    assert {find_terminal_id(create_llave(id_)) for _ in range(200)} == {id_}  # half of them have underscores in it


@pytest.mark.parametrize(
    "llave", ["", "posta_", "posta_abc_secreto", "secreto_de_otro_programa", "posta_" + "g" * 24 + "_x"]
)
def test_of_what_is_no_key_of_ours_nothing_is_shown(llave: str) -> None:
    assert find_terminal_id(llave) == ""
