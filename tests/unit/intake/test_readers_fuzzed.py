"""Whatever bytes a file has, the readers answer with a table or with a message of ours."""

from __future__ import annotations

import pyarrow as pa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from twin.errors import TwinError
from twin.intake.convert import convert, infer_kind
from twin.intake.date_words import month_of
from twin.intake.dialect import read_csv
from twin.intake.mapping import parse_mapping
from twin.intake.schema import KINDS
from twin.intake.settings import TableMapping

PIECES = st.sampled_from(
    [b"date,customer_id\n", b"2024-01-01,K1\n", b'"', b",", b";", b"\n", b"\r", b"\x00", b"\xff\xfe", b"\xef\xbb\xbf",
     b"sep=;\n", b"Toplam", b"\xfd", b"\t"]
)  # fmt: skip
WORDS = st.one_of(
    st.text(max_size=12),
    st.sampled_from(["1.234,56", "%5", "5-", "(3)", "00000000", "31.12.9999", "2024-W53", "01/02/2024", "12 Oca 2024",
                     "1e400",
                     "12:61", "K1", "К1", "2024-01-01T10:00:00Z", "9" * 30, "₺1", "1 234"]),
)  # fmt: skip
QUIET = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@QUIET
@given(
    st.lists(st.one_of(PIECES, st.binary(max_size=8)), max_size=12),
    st.sampled_from([None, "cp1254", "utf-16", "utf-8"]),
)
def test_any_bytes_are_a_table_or_a_message(pieces, encoding):
    try:
        raw = read_csv(b"".join(pieces), "f.csv", ["date", "customer_id"], encoding)
    except TwinError as error:
        assert str(error)
    else:
        assert len({len(values) for values in raw.columns.values()}) <= 1
        assert len(raw.all_lines()) == len(raw)


@QUIET
@given(st.lists(WORDS, min_size=1, max_size=6), st.sampled_from(KINDS), st.sampled_from([",", ";"]),
       st.sampled_from([None, "dd.mm.yyyy", "yyyymmdd", "serial", "yyyy-www", "mmm yyyy"]))  # fmt: skip
def test_any_words_are_values_or_marked_as_bad(words, kind, separator, form):
    column = pa.chunked_array([pa.array(words, pa.large_string())])
    stated = TableMapping(separator=separator, date_format=form, timezone="Europe/Istanbul")
    typed = convert(kind, column, stated, True)
    assert len(typed.values) == len(typed.bad) == len(words)
    infer_kind(column, stated, True)


@QUIET
@given(st.text(max_size=60))
def test_any_text_is_a_mapping_or_a_message(text):
    try:
        parse_mapping(text, "m.toml")
    except TwinError as error:
        assert "m.toml" in str(error)
    month_of(text)
