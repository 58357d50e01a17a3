"""What a batch knows before the first edit: pictures, rows, filled sentences, outputs, journal, whole files."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qie_hub.batch import filling, plan
from qie_hub.batch.checking import TRANSPARENT
from qie_hub.batch.journal import Done, Journal
from qie_hub.batch.planning import with_outputs
from qie_hub.batch.sources import counted, expand
from qie_hub.batch.table import read
from qie_hub.batch.values import BatchRequest
from qie_hub.batch.watching import SETTLED, Settling
from qie_hub.edit.grammar.instruction import understand
from qie_hub.errors import Busy, UsageError

PRICES = "把‘{old}’改成‘{new}’"


def pictures(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"a picture, as far as names go")


def codes(made: object) -> list[str]:
    return [problem.code for problem in made.problems]  # type: ignore[attr-defined]  # a plan or a table


# -- which pictures -------------------------------------------------------------------------------------------------


def test_files_folders_and_patterns_give_each_picture_once_in_the_order_of_a_person(tmp_path: Path) -> None:
    pictures(
        tmp_path, "in/10.jpg", "in/2.jpg", "in/1.PNG", "in/.hidden.jpg", "in/._2.jpg", "in/notes.txt", "in/sub/3.jpg"
    )
    folder = tmp_path / "in"
    found = expand([str(folder), str(folder / "*.jpg"), str(folder / "2.jpg")], tmp_path / "out")
    assert [path.name for path in found.pictures] == ["1.PNG", "2.jpg", "10.jpg"]
    assert [path.name for path in found.ignored] == ["notes.txt"]
    deep = expand([str(folder / "**" / "*.jpg")], tmp_path / "out")
    assert [path.name for path in deep.pictures] == ["2.jpg", "10.jpg", "3.jpg"]


def test_a_name_with_brackets_is_a_file_before_it_is_a_pattern(tmp_path: Path) -> None:
    pictures(tmp_path, "a[1].jpg", "a1.jpg")
    found = expand([str(tmp_path / "a[1].jpg")], tmp_path / "out")
    assert [path.name for path in found.pictures] == ["a[1].jpg"]


def test_results_and_reports_are_never_taken_for_inputs(tmp_path: Path) -> None:
    pictures(tmp_path, "1.jpg", "out/1.jpg", "batch-contact-sheet.jpg")
    found = expand([str(tmp_path / "**" / "*.jpg")], tmp_path / "out")
    assert [str(path.relative_to(tmp_path)) for path in found.pictures] == ["1.jpg"]


def test_what_matches_nothing_is_named(tmp_path: Path) -> None:
    pictures(tmp_path, "1.jpg")
    made = plan(BatchRequest((str(tmp_path), str(tmp_path / "x*.jpg"), "gone.jpg"), "调亮", tmp_path / "out"))
    assert codes(made) == ["BATCH_NO_MATCH", "BATCH_NO_MATCH"]
    assert len(made.jobs) == 1


@given(st.text(max_size=12), st.text(max_size=12))
def test_any_two_names_can_be_put_in_order(one: str, other: str) -> None:
    assert (counted(one) < counted(other)) + (counted(other) < counted(one)) + (counted(one) == counted(other)) == 1


# -- where results go -----------------------------------------------------------------------------------------------


def test_equal_names_from_two_folders_do_not_meet(tmp_path: Path) -> None:
    pictures(tmp_path, "a/1.jpg", "b/1.jpg", "b/deep/1.jpg")
    request = BatchRequest((str(tmp_path / "**" / "*.jpg"),), "调亮", tmp_path / "out")
    names = [str(job.output.relative_to(tmp_path / "out")) for job in plan(request).jobs]
    assert names == ["a/1.jpg", "b/1.jpg", "b/deep/1.jpg"]


def test_formats_that_are_not_written_become_png_without_meeting_a_png(tmp_path: Path) -> None:
    pictures(tmp_path, "in/a.gif", "in/a.png", "in/b.avif", "in/c.webp")
    request = BatchRequest((str(tmp_path / "in"),), "调亮", tmp_path / "out")
    names = {job.picture.name: job.output.name for job in plan(request).jobs}
    assert names == {"a.gif": "a.png", "a.png": "a.png.png", "b.avif": "b.png", "c.webp": "c.webp"}


def test_cut_outs_become_files_that_can_be_transparent(tmp_path: Path) -> None:
    pictures(tmp_path, "in/a.jpg", "in/b.webp", "in/c.png", "in/a.png")
    jobs = plan(BatchRequest((str(tmp_path / "in"),), "抠图", tmp_path / "out")).jobs
    assert understand("抠图").abilities <= TRANSPARENT
    placed = with_outputs(jobs, tmp_path / "out", frozenset({"抠图"}))
    names = {job.picture.name: job.output.name for job in placed}
    assert names == {"a.jpg": "a.png", "a.png": "a.png.png", "b.webp": "b.webp", "c.png": "c.png"}


def test_a_result_never_replaces_an_input(tmp_path: Path) -> None:
    pictures(tmp_path, "1.jpg")
    for folder in (tmp_path, tmp_path / "x" / ".."):
        (tmp_path / "x").mkdir(exist_ok=True)
        with pytest.raises(UsageError) as refused:
            plan(BatchRequest((str(tmp_path / "1.jpg"),), "调亮", folder, overwrite=True))
        assert refused.value.hint == "BATCH_OUTPUT_IS_INPUT"


# -- tables ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "utf-16"])
@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_tables_are_read_as_shops_write_them(tmp_path: Path, encoding: str, mark: str) -> None:
    lines = [
        mark.join(row) for row in (("图片", "现价"), ("1.jpg", "限时￥99"), ("", ""), ("2.jpg", '"a,b;c\n第二行"'))
    ]
    (tmp_path / "t.csv").write_bytes("\r\n".join(lines).encode(encoding))
    table = read(tmp_path / "t.csv")
    assert table.columns == ("图片", "现价")
    price = "限时¥99" if encoding == "gbk" else "限时￥99"  # GBK has no narrow yen sign: the wide one stands for it
    assert [row.cells["现价"] for row in table.rows] == [price, "a,b;c\n第二行"]
    assert table.rows[0].line == 2
    assert table.picture_column(None) == "图片"


@pytest.mark.parametrize(
    ("content", "hint"),
    [
        (b"", "TABLE_EMPTY"),
        (b"picture,old\n", "TABLE_EMPTY"),
        (b"picture,,new\n1.jpg,a,b\n", "TABLE_HEADINGS"),
        (b"picture,Old,old\n1.jpg,a,b\n", "TABLE_HEADINGS"),
        (b"PK\x03\x04\x14\x00\x08\x00\xff\xff\x81\x00\x00", "TABLE_ENCODING"),
        (b'picture,old\n1.jpg,"never closed\n', "TABLE_BROKEN"),
    ],
)
def test_what_is_no_table_is_said_to_be_none(tmp_path: Path, content: bytes, hint: str) -> None:
    (tmp_path / "t.csv").write_bytes(content)
    with pytest.raises(UsageError) as refused:
        read(tmp_path / "t.csv")
    assert refused.value.hint == hint


def test_everything_wrong_with_a_table_is_one_list(tmp_path: Path) -> None:
    pictures(tmp_path / "in", "1.jpg", "2.jpg", "3.jpg", "4.jpg", "5.jpg", "6.jpg")
    rows = ["name,old,new", "1,¥1,¥9", "2.jpg,¥2,", "9.jpg,¥3,¥4", "3.jpg,¥1", "1.JPG,¥5,¥6", ",a,b", f"4.jpg,{HARD},x"]
    (tmp_path / "t.csv").write_text("\n".join(rows), encoding="utf-8")
    request = BatchRequest((str(tmp_path / "in"),), PRICES, tmp_path / "out", table=tmp_path / "t.csv")
    made = plan(request)
    assert [(job.picture.name, job.sentence, job.row) for job in made.jobs] == [("1.jpg", "把‘¥1’改成‘¥9’", 2)]
    found = [(problem.code, problem.data.get("line"), problem.data.get("name")) for problem in made.problems]
    assert (found[0][:2]) == ("BATCH_ROW_CELLS", 5)
    assert {item[:2] for item in found} >= {
        ("BATCH_ROW_EMPTY", 3), ("BATCH_ROW_NO_PICTURE", 4), ("BATCH_ROW_TWICE", 6), ("BATCH_ROW_EMPTY", 7),
        ("BATCH_ROW_QUOTES", 8),
    }  # fmt: skip
    missing = {Path(str(name)).name for code, _, name in found if code == "BATCH_NO_ROW"}
    assert missing == {"3.jpg", "5.jpg", "6.jpg"}


HARD = "‘“「『《【«\"'"


def test_columns_that_do_not_exist_stop_everything_at_once(tmp_path: Path) -> None:
    pictures(tmp_path, "1.jpg")
    (tmp_path / "t.csv").write_text("picture,old\n1.jpg,a\n")
    for sentence, column, hint in ((PRICES, None, "BATCH_UNKNOWN_PLACE"), ("调亮", "file", "TABLE_NO_COLUMN")):
        request = BatchRequest((), sentence, tmp_path / "out", table=tmp_path / "t.csv", column=column)
        with pytest.raises(UsageError) as refused:
            plan(request)
        assert refused.value.hint == hint
    with pytest.raises(UsageError) as refused:
        plan(BatchRequest((str(tmp_path),), PRICES, tmp_path / "out"))
    assert refused.value.hint == "BATCH_NO_TABLE"


def test_a_table_alone_names_pictures_beside_it(tmp_path: Path) -> None:
    pictures(tmp_path, "sub/1.jpg", "2.png")
    (tmp_path / "t.csv").write_text("picture,v\nsub/1.jpg,a\n2,b\n3,c\n")
    made = plan(BatchRequest((), "改成{v}", tmp_path / "out", table=tmp_path / "t.csv"))
    assert [job.picture.name for job in made.jobs] == ["1.jpg", "2.png"]
    assert codes(made) == ["BATCH_ROW_NO_PICTURE"]


# -- filling --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ("¥99", "把‘a’改成‘¥99’"),
        ("6'7\"", "把‘a’改成‘6'7\"’"),
        ("it‘s", "把‘a’改成“it‘s”"),
        ("‘一’“二”", "把‘a’改成「‘一’“二”」"),
        ("好’，去掉水印，把‘x", "把‘a’改成“好’，去掉水印，把‘x”"),
    ],
)
def test_a_value_stays_one_value(value: str, sentence: str) -> None:
    filled, quoted = filling.fill(PRICES, {"old": "a", "new": value})
    assert filled == sentence
    assert quoted == ("a", value)
    (operation,) = understand(filled).operations
    assert (operation.slots["old"], operation.slots["new"]) == ("a", value)


def test_bare_places_are_quoted_only_where_a_value_is_more_than_a_word() -> None:
    assert filling.fill("加{n}像素边框", {"n": "20"}) == ("加20像素边框", ())
    assert filling.fill("改成{v}", {"v": "¥99.50"}) == ("改成¥99.50", ())
    assert filling.fill("改成{v}", {"v": "新品，去掉水印"}) == ("改成‘新品，去掉水印’", ("新品，去掉水印",))
    assert filling.fill(" {do} ", {"do": "把‘a’改成‘b’，调亮"}) == ("把‘a’改成‘b’，调亮", ())
    assert filling.names("把｛原价｝改成{ 现价 }和{原价}") == ("原价", "现价")


@given(st.text(alphabet="ab1¥，。 ‘’“”「」\"'{}把改成", min_size=1, max_size=12).map(str.strip).filter(bool))
def test_whatever_a_cell_holds_is_read_back_whole_or_refused(value: str) -> None:
    try:
        filled, _ = filling.fill(PRICES, {"old": "旧", "new": value})
    except filling.Unquotable:
        return
    found = understand(filled)
    assert [operation.ability for operation in found.operations] == ["text.replace"]
    assert "".join(str(found.operations[0].slots["new"]).split()) == "".join(value.split())


# -- journal --------------------------------------------------------------------------------------------------------


def test_a_journal_survives_a_torn_line_and_knows_what_is_whose(tmp_path: Path) -> None:
    done = Done("request", "in", "out", "acme/p:512@1.0.0", 2)
    with Journal.open(tmp_path) as journal:
        journal.claim(["1.jpg", "2.jpg", "3.jpg"], "request")
        journal.add("1.jpg", done)
        with pytest.raises(Busy), Journal.open(tmp_path):
            pass
    path = tmp_path / ".qie-hub" / "batch.jsonl"
    path.write_bytes(path.read_bytes() + b'{"done":"2.jpg","requ')
    with Journal.open(tmp_path) as journal:
        assert journal.done("1.jpg") == done
        assert journal.claimed("2.jpg", "request")
        assert not journal.claimed("1.jpg", "request")
        assert not journal.claimed("2.jpg", "another")
        journal.add("3.jpg", done)
    again = Journal.read(tmp_path)
    assert (again.done("3.jpg"), again.done("2.jpg")) == (done, None)


# -- a hot folder ---------------------------------------------------------------------------------------------------


def test_a_file_is_taken_when_it_has_stood_still_and_again_when_it_changes() -> None:
    settling, path = Settling(), Path("a.jpg")
    assert settling.look({path: (10, 1)}, 0.0) == ()
    assert settling.look({path: (20, 2)}, SETTLED) == ()  # it grew
    assert settling.look({path: (20, 2)}, 1.9 * SETTLED) == ()
    assert settling.look({path: (20, 2)}, 2 * SETTLED) == (path,)
    assert settling.look({path: (20, 2)}, 3 * SETTLED) == ()
    assert settling.look({path: (21, 3)}, 4 * SETTLED) == ()
    assert settling.look({path: (21, 3)}, 5 * SETTLED) == (path,)
    assert settling.look({}, 6 * SETTLED) == ()
    assert settling.look({path: (0, 4)}, 9 * SETTLED) == ()
    assert settling.look({path: (0, 4)}, 12 * SETTLED) == (), "an empty file is not whole"
