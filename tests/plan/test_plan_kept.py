"""Figures of before, kept while they are drawn again."""

import os
import shutil

import pytest

from unpacking_softmax.plan.kept import STALE, Kept


@pytest.fixture(params=[True, False], ids=["links", "no links"])
def figure(request, tmp_path, monkeypatch):
    if not request.param:
        monkeypatch.setattr(os, "link", lambda *_: (_ for _ in ()).throw(PermissionError()))
    path = tmp_path / "fig1.pdf"
    path.write_text("old")
    return path


def test_what_was_not_made_again_comes_back_as_a_stale_file(figure):
    kept = Kept()
    kept.keep([figure, figure.with_suffix(".png")])
    figure.unlink()
    assert kept.put_back() == [figure]
    assert figure.read_text() == "old"
    assert figure.stat().st_mtime == STALE
    assert [*figure.parent.iterdir()] == [figure]


def test_what_was_made_again_stays(figure):
    kept = Kept()
    kept.keep([figure])
    figure.unlink()
    figure.write_text("new")
    assert kept.put_back() == []
    assert figure.read_text() == "new"
    assert [*figure.parent.iterdir()] == [figure]


def test_after_success_nothing_is_left_of_it(figure):
    kept = Kept()
    kept.keep([figure])
    kept.forget()
    assert [*figure.parent.iterdir()] == [figure]


def test_what_a_killed_call_left_aside_is_replaced(figure):
    aside = figure.with_name(".fig1.pdf.before")
    aside.write_text("older")
    kept = Kept()
    kept.keep([figure])
    figure.unlink()
    kept.put_back()
    assert figure.read_text() == "old"


def test_where_nothing_can_be_written_nothing_is_kept(figure, monkeypatch):
    monkeypatch.setattr(os, "link", lambda *_: (_ for _ in ()).throw(PermissionError()))
    monkeypatch.setattr(shutil, "copy2", lambda *_: (_ for _ in ()).throw(OSError(28, "full")))
    kept = Kept()
    kept.keep([figure])
    assert kept.put_back() == []
