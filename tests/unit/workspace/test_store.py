"""The shelf keeps what it was given, under names that only content decides."""

from __future__ import annotations

import os
import pickle
import sqlite3
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from twin.errors import WorkspaceError
from twin.workspace.catalogue import FILE_NAME
from twin.workspace.content import artefact_id
from twin.workspace.store import Workspace

FRAME = pd.DataFrame(
    {
        "name": ["Işık", "İğde", None],
        "volume": [1.5, np.nan, 3.0],
        "rows": [1, 2, 3],
        "day": pd.to_datetime(["2026-01-01", "2026-01-02", None]),
        "kind": pd.Categorical(["a", "b", "a"]),
    }
)


def test_every_kind_of_part_comes_back_as_it_was(tmp_workspace):
    parts = {
        "frame": FRAME,
        "dict": {"b": [1, None], "a": "ğ"},
        "list": [1, 2.5],
        "text": "İstanbul",
        "raw": b"\x00\xff",
    }
    tmp_workspace.publish("dataset", parts, {"n": 3})
    head = tmp_workspace.head("dataset")
    pd.testing.assert_frame_equal(tmp_workspace.table(head, "frame"), FRAME)
    assert list(tmp_workspace.table(head, "frame", columns=["rows"]).columns) == ["rows"]
    assert list(tmp_workspace.document(head, "dict").items()) == list(parts["dict"].items())
    assert tmp_workspace.document(head, "list") == parts["list"]
    assert tmp_workspace.document(head, "text") == parts["text"]
    assert tmp_workspace.blob(head, "raw") == parts["raw"]
    assert tmp_workspace.has(head, "raw") and not tmp_workspace.has(head, "other")
    assert list(head.parts) == list(parts)


def test_same_content_has_the_same_id_and_publishing_it_again_only_moves_the_head(tmp_workspace):
    first = tmp_workspace.publish("dataset", {"t": FRAME}, {"n": 1, "m": 2})
    second = tmp_workspace.publish("dataset", {"t": FRAME}, {"n": 3})
    assert tmp_workspace.publish("dataset", {"t": FRAME.copy()}, {"m": 2, "n": 1}) == first != second
    assert [version.id for version in tmp_workspace.versions("dataset")] == [second, first]
    assert tmp_workspace.head("dataset").id == first
    assert len(list(tmp_workspace.objects.iterdir())) == 1


@pytest.mark.parametrize("change", ["kind", "part name", "part", "meta", "parents"])
def test_a_change_of_anything_but_the_label_changes_the_id(tmp_workspace, change):
    parent = tmp_workspace.publish("dataset", {}, {})
    given = {"kind": "plan", "parts": {"a": [1]}, "meta": {"n": 1}, "parents": ()}
    other = {
        "kind": {"kind": "forecast"},
        "part name": {"parts": {"b": [1]}},
        "part": {"parts": {"a": [2]}},
        "meta": {"meta": {"n": 2}},
        "parents": {"parents": (parent,)},
    }[change]
    first = tmp_workspace.publish(**given)
    assert tmp_workspace.publish(**given, label="another") == first
    assert tmp_workspace.publish(**(given | other)).split("-")[-1] != first.split("-")[-1]


def test_each_label_has_a_head_of_its_own(tmp_workspace):
    shared = tmp_workspace.publish("forecast", {"t": [1]}, {}, label="../Işığı yak")
    tmp_workspace.publish("forecast", {"t": [1]}, {}, label="twin of it")
    later = tmp_workspace.publish("forecast", {"t": [2]}, {}, label="twin of it")
    heads = tmp_workspace.heads("forecast")
    assert {label: version.id for label, version in heads.items()} == {"../Işığı yak": shared, "twin of it": later}
    assert all(label == version.label for label, version in heads.items())
    assert tmp_workspace.head("forecast") is None
    assert tmp_workspace.heads("plan") == {}


def test_a_version_knows_its_parents_in_order_and_survives_pickling(tmp_workspace):
    parents = [tmp_workspace.publish("dataset", {}, {"n": n}) for n in (2, 1)]
    version = tmp_workspace.version(tmp_workspace.publish("plan", {}, {"x": [1]}, parents))
    assert version.parents == tuple(parents)
    assert pickle.loads(pickle.dumps(version)) == version
    assert len({version, version}) == 1


def test_an_unknown_parent_is_refused(tmp_workspace):
    with pytest.raises(WorkspaceError, match="dataset-000000000000"):
        tmp_workspace.publish("plan", {}, {}, ["dataset-000000000000"])
    assert tmp_workspace.head("plan") is None


@pytest.mark.parametrize("content", [float("nan"), {1, 2}, object()])
def test_what_has_no_json_form_is_refused_by_name_and_leaves_nothing(tmp_workspace, content):
    with pytest.raises(ValueError, match="'bad'"):
        tmp_workspace.publish("plan", {"bad": {"deep": content}}, {})
    with pytest.raises(ValueError, match="meta"):
        tmp_workspace.publish("plan", {}, {"deep": content})
    assert tmp_workspace.versions("plan") == [] and list(tmp_workspace.objects.iterdir()) == []


def test_a_missing_part_version_or_workspace_is_named(tmp_workspace, tmp_path):
    tmp_workspace.publish("plan", {"stops": [1]}, {})
    with pytest.raises(WorkspaceError, match="'tours', found stops"):
        tmp_workspace.table(tmp_workspace.head("plan"), "tours")
    with pytest.raises(WorkspaceError, match="plan-123"):
        tmp_workspace.version("plan-123")
    with pytest.raises(WorkspaceError, match="twin ingest"):
        Workspace.open(tmp_path / "nowhere", create=False)
    assert not (tmp_path / "nowhere").exists()
    (tmp_path / "file").write_text("")
    with pytest.raises(WorkspaceError, match="file"):
        Workspace.open(tmp_path / "file")


def test_a_damaged_or_newer_catalogue_is_refused_with_a_cure(tmp_path):
    for folder in ("damaged", "newer"):
        Workspace.open(tmp_path / folder)
    (tmp_path / "damaged" / FILE_NAME).write_bytes(b"no database" * 500)
    with pytest.raises(WorkspaceError, match=r"damaged.*Restore"):
        Workspace.open(tmp_path / "damaged")
    connection = sqlite3.connect(tmp_path / "newer" / FILE_NAME)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(WorkspaceError, match=r"found 99.*update"):
        Workspace.open(tmp_path / "newer")


def _flip(path: Path, position: int) -> None:
    data = bytearray(path.read_bytes())
    data[position // 8] ^= 1 << position % 8
    path.write_bytes(data)


def test_any_flipped_bit_is_noticed_and_publishing_again_heals_it(tmp_workspace):
    parts = {"t": FRAME, "d": {"a": 1}, "x": b"bytes"}
    tmp_workspace.publish("dataset", parts, {})
    head = tmp_workspace.head("dataset")
    readers = {"t": tmp_workspace.table, "d": tmp_workspace.document, "x": tmp_workspace.blob}
    rng = np.random.default_rng(7)
    for name, read in readers.items():
        path = tmp_workspace.objects / head.parts[name].file_name
        for position in rng.integers(8 * path.stat().st_size, size=30):
            _flip(path, int(position))
            with pytest.raises(WorkspaceError, match=f"{path.name}.*Restore"):
                read(head, name)
            _flip(path, int(position))
        _flip(path, 3)
        assert [path.name in message for message in tmp_workspace.verify()] == [True]
        tmp_workspace.publish("dataset", parts, {})
        assert tmp_workspace.verify() == []


def test_a_lost_file_is_named(tmp_workspace):
    tmp_workspace.publish("dataset", {"t": FRAME}, {})
    head = tmp_workspace.head("dataset")
    (tmp_workspace.objects / head.parts["t"].file_name).unlink()
    with pytest.raises(WorkspaceError, match=head.parts["t"].sha):
        tmp_workspace.table(head, "t")


def test_garbage_takes_only_old_files_that_no_version_names(tmp_workspace):
    tmp_workspace.publish("dataset", {"t": FRAME}, {})
    named = next(tmp_workspace.objects.iterdir())
    stray, fresh, half = (tmp_workspace.objects / name for name in ("a.bin", "b.bin", ".incoming-1-x"))
    for file in (stray, fresh, half):
        file.write_bytes(b"")
    for file in (named, stray, half):
        os.utime(file, (0, 0))
    assert tmp_workspace.garbage() == [half.name, stray.name]
    assert set(tmp_workspace.objects.iterdir()) == {named, fresh}


def test_a_file_that_garbage_took_before_it_was_named_is_written_again(tmp_workspace, monkeypatch):
    require = Workspace._require
    taken = []

    def take_once(workspace, parts):
        if not taken:
            taken.extend(workspace.objects.iterdir())
            taken[0].unlink()
        require(workspace, parts)

    monkeypatch.setattr(Workspace, "_require", take_once)
    tmp_workspace.publish("dataset", {"t": FRAME}, {})
    assert tmp_workspace.verify() == [] and taken


def test_fingerprints_depend_on_values_and_not_on_the_order_of_keys():
    inputs = {"seed": 1, "path": Path("a/b"), "array": np.arange(3), "number": np.float64(0.5)}
    assert artefact_id(inputs) == artefact_id(dict(reversed(inputs.items())))
    assert artefact_id(inputs) == artefact_id({"seed": 1, "path": "a/b", "array": [0, 1, 2], "number": 0.5})
    assert artefact_id(inputs) != artefact_id(inputs | {"seed": 2})
    assert artefact_id({}) == "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
