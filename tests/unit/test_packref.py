from typing import Any, cast

import pytest

from qie_hub.errors import UsageError
from qie_hub.packref import PackRef, Version, check_channel, check_name


@pytest.mark.parametrize(
    ("text", "ref"),
    [
        ("pro", PackRef("pro")),
        ("acme/pro", PackRef("pro", "acme")),
        ("pro:512", PackRef("pro", None, 512)),
        ("pro@1.20.3", PackRef("pro", version=Version(1, 20, 3))),
        ("pro@beta", PackRef("pro", channel="beta")),
        ("acme/ultra-lite:1024@0.0.1", PackRef("ultra-lite", "acme", 1024, Version(0, 0, 1))),
        ("a/9:256@night-ly2", PackRef("9", "a", 256, channel="night-ly2")),
    ],
)
def test_a_ref_is_read_and_written_back(text: str, ref: PackRef) -> None:
    assert PackRef.parse(text) == ref
    assert str(ref) == text


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("", "BAD_REF"),
        ("Pro", "BAD_REF"),
        ("-pro", "BAD_REF"),
        ("pro-", "BAD_REF"),
        ("a/b/c", "BAD_REF"),
        ("/pro", "BAD_REF"),
        ("pro\n", "BAD_REF"),
        (" pro", "BAD_REF"),
        ("pro:", "BAD_REF"),
        ("pro@", "BAD_REF"),
        ("pro@a@b", "BAD_REF"),
        ("../pro", "BAD_REF"),
        ("p" * 65, "BAD_REF"),
        ("专业版", "BAD_REF"),
        ("pro:300", "BAD_RESOLUTION"),
        ("pro:0512", "BAD_RESOLUTION"),
        ("pro@1.2", "BAD_VERSION"),
        ("pro@1.2.3.4", "BAD_VERSION"),
        ("pro@01.2.3", "BAD_VERSION"),
        ("pro@1.2.1000000000", "BAD_VERSION"),
        ("pro@Beta", "BAD_CHANNEL"),
        ("pro@-beta", "BAD_CHANNEL"),
        ("pro@be.ta", "BAD_CHANNEL"),
    ],
)
def test_what_is_no_ref_is_refused_with_the_reason(text: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        PackRef.parse(text)
    assert caught.value.hint == hint


@pytest.mark.parametrize("value", [None, 5, b"pro", ["pro"]])
def test_what_is_no_text_is_refused_like_a_bad_text(value: object) -> None:
    for parse in (PackRef.parse, Version.parse, check_name, check_channel):
        with pytest.raises(UsageError):
            cast(Any, parse)(value)


def test_versions_are_ordered_by_number_not_by_text() -> None:
    texts = ["0.9.10", "0.10.0", "1.0.0", "0.9.9"]
    assert [str(version) for version in sorted(map(Version.parse, texts))] == ["0.9.9", "0.9.10", "0.10.0", "1.0.0"]


def test_the_slot_tells_resolutions_apart_and_forgets_the_version() -> None:
    ref = PackRef.parse("acme/pro:512@1.2.3")
    assert (ref.slot, ref.unversioned.slot, PackRef("pro").slot) == ("pro-512", "pro-512", "pro-any")
    assert str(ref.unversioned) == "acme/pro:512"
