from typing import Any, cast

import pytest

from qie_hub.digest import Digest
from qie_hub.errors import FormatError

ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_a_digest_is_the_sha256_of_fips_180() -> None:
    assert str(Digest.of(b"abc")) == ABC
    assert Digest.of_stream([b"a", b"", b"bc"]) == Digest.of(memoryview(b"abc")) == Digest.of(bytearray(b"abc"))


def test_text_bytes_and_path_come_from_the_same_digits() -> None:
    digest = Digest.parse(ABC)
    assert digest.raw.hex() == ABC == digest.hex
    assert digest.fan_out == f"ba/{ABC}"


@pytest.mark.parametrize("text", ["", ABC[:-1], ABC + "0", ABC.upper(), ABC[:-1] + "g", ABC + "\n", " " + ABC[1:]])
def test_anything_but_64_lower_case_hex_digits_is_refused(text: str) -> None:
    with pytest.raises(FormatError):
        Digest.parse(text)


def test_what_is_no_text_is_refused() -> None:
    for value in (None, 12, b"ab", [ABC]):
        with pytest.raises(FormatError):
            cast(Any, Digest.parse)(value)
