import json

import pytest

from qie_hub.errors import FormatError
from qie_hub.formats import canonical


def test_one_value_has_one_byte_string() -> None:
    value = {"b": [1, True, None], "a": '价"\n', "B": {"z": "\x7f/\u2028", "é": -(2**63)}}
    expected = '{"B":{"z":"\x7f/\u2028","é":-9223372036854775808},"a":"价\\"\\n","b":[1,true,null]}'
    assert canonical.dumps(value) == expected.encode()
    assert canonical.loads(expected.encode(), what="x") == value


def test_keys_are_sorted_by_code_point_not_by_utf16() -> None:
    assert canonical.dumps({"\U0001f600": 1, "\uff5e": 2}) == '{"\uff5e":2,"\U0001f600":1}'.encode()


@pytest.mark.parametrize(
    "value",
    [
        1.0,
        {"a": [0.5]},
        float("nan"),
        b"x",
        {1: 2},
        {"a": {2, 3}},
        2**63,
        -(2**63) - 1,
        object(),
        "\ud800",
        {"\udfff": 1},
    ],
)
def test_what_has_no_canonical_form_is_not_written(value: object) -> None:
    with pytest.raises(FormatError):
        canonical.dumps(value)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b'{"a":1,"a":1}',
        b'{"x":{"a":1,"a":2}}',
        b"1.0",
        b"1e3",
        b"NaN",
        b"-Infinity",
        b"9223372036854775808",
        b"9" * 5000,
        b'"\xff"',
        "{}".encode("utf-16"),
        b"\xef\xbb\xbf{}",
        b'"\\ud800"',
        b'{"\\udc00":1}',
        b"{} {}",
        b"[" * 40 + b"]" * 40,
        b"[" * 200_000,
        b"{'a':1}",
        b'"a\nb"',
    ],
)
def test_what_could_be_read_in_two_ways_is_not_read(data: bytes) -> None:
    with pytest.raises(FormatError) as caught:
        canonical.loads(data, what="thing")
    assert caught.value.data["what"] == "thing"
    assert caught.value.data["issues"]


def test_a_pair_of_surrogates_is_one_character() -> None:
    assert canonical.loads(b'"\\ud83d\\ude00"', what="x") == "\U0001f600"


def test_a_document_over_its_limit_is_not_even_parsed() -> None:
    data = json.dumps(["x" * 100]).encode()
    assert canonical.loads(data, what="x", limit=len(data)) == ["x" * 100]
    with pytest.raises(FormatError):
        canonical.loads(data, what="x", limit=len(data) - 1)


def test_depth_is_counted_from_the_document() -> None:
    levels = 1 + canonical.MAX_DEPTH
    deep = b"[" * levels + b"]" * levels
    assert canonical.dumps(canonical.loads(deep, what="x")) == deep
    with pytest.raises(FormatError):
        canonical.loads(b"[" + deep + b"]", what="x")
