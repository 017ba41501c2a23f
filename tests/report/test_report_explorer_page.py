"""The explorer as a page: in a headless Chromium, where there is one, from a file and without network."""

import base64
import gzip
import json
import re

import pytest
from chromium import Page, browser

from unpacking_softmax.report.explorer import explorer_page, packed
from unpacking_softmax.report.pages import write_page

HOSTILE = """</script><script>alert("1")</script> 'x' $y$ {{data}} &amp; <b>"""
in_a_browser = pytest.mark.skipif(browser() is None, reason="no Chromium here")


def made_up(title="Made up", label="Own data") -> dict:
    """Two networks of two layers and the logits at three temperatures, with two seeds each."""
    trained = {"trained": 2, "runs": 2, "remark": ""}
    effect = {"t": [0, 1, 2], "mean": [0.9, 0.8, 0.7], "sd": [0.01, None, 0.01], "n": [2, 1, 2]}
    network = {
        "data": label,
        "network": "net",
        "baseline": 0,
        "temperatures": [{"text": f"T = {t}", "value": t, **trained} for t in (1, 10, 100)],
        "effects": [{"name": "test accuracy", "unit": "share", "means": effect}],
        "measures": {
            "accuracy": measure(label, lambda t, point: 0.2 + 0.2 * point - 0.05 * t),
            "rank": measure("numerical rank", lambda t, point: 7),
        },
    }
    return {"title": title, "networks": [network, {**network, "network": "another"}]}


def measure(series, height) -> dict:
    """A measure of one series whose two runs lie 0.01 above and below height(temperature, point)."""
    places = [(t, point) for t in range(3) for point in (1, 2, 3)]
    heights = [height(t, point) for t, point in places]
    columns = {
        "t": [t for t, _ in places],
        "series": [0] * len(places),
        "point": [point for _, point in places],
        "x": [point for _, point in places],
    }
    runs = [0] * len(places) + [1] * len(places)
    both = {name: 2 * column for name, column in columns.items()}
    return {
        "series": [series],
        "points": [[1, "first"], [2, "second"], [3, "logits"]],
        "runs": [{"seed": seed, "path": f"runs/seed{seed}"} for seed in (0, 1)],
        "values": {"run": runs, "y": [h + d for d in (0.01, -0.01) for h in heights], **both},
        "means": {"mean": heights, "sd": [0.01] * len(places), "n": [2] * len(places), **columns},
    }


def test_words_of_users_are_no_code():
    page = explorer_page(made_up(title=HOSTILE, label=HOSTILE))
    assert "alert(" not in page.replace("&lt;/script&gt;&lt;script&gt;alert(", "")
    assert len(re.findall(r"<script[ >]", page)) == len(re.findall("</script>", page)) == 3
    assert "&lt;b&gt;" in page


def test_what_is_packed_comes_out_as_it_was():
    values = {"text": HOSTILE, "κ": [0.1, None, 1e-9]}
    assert json.loads(gzip.decompress(base64.b64decode(packed(values)))) == values
    assert packed(values) == packed(values)


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    file = tmp_path_factory.mktemp("report") / "explorer.html"
    write_page(explorer_page(made_up(title=HOSTILE, label=HOSTILE)), file)
    with Page() as page:
        page.look()
        page.open(file)
        yield page
        assert page.errors == []
        assert page.asked == []


@in_a_browser
def test_it_shows_the_numbers(page):
    assert page.run("document.querySelector('h1').textContent") == HOSTILE
    assert page.run("document.getElementById('data').value") == HOSTILE
    text = page.run("document.getElementById('text').textContent")
    assert text.startswith(f"net on {HOSTILE}, T = 100: 2 of 2 runs trained; test accuracy 70.0 ± 1.0\u202f%")
    cells = "[...document.querySelectorAll('#numbers tr')].map(row => [...row.cells].map(c => c.textContent))"
    assert page.run(cells)[0] == ["test accuracy", "70.0 ± 1.0\u202f%", "90.0 ± 1.0\u202f%"]
    assert page.run("document.querySelectorAll('#picture svg, #trend svg').length") == 2
    assert not page.run(
        "[...document.querySelectorAll('script')].some(s => s.textContent.startsWith('alert'))"
    )


@in_a_browser
def test_an_arrow_key_changes_picture_text_and_table(page):
    shown = "['picture', 'numbers', 'text'].map(id => document.getElementById(id).innerHTML)"
    page.run("document.getElementById('temperature').focus()")
    before = page.run(shown)
    page.press("ArrowLeft", 37)
    page.wait("document.getElementById('text').textContent.includes('T = 10:')")
    page.wait(f"JSON.stringify({shown}[0]) !== {json.dumps(json.dumps(before[0]))}")
    after = page.run(shown)
    assert all(old != new for old, new in zip(before, after, strict=True))
    assert page.run("document.getElementById('temperature').getAttribute('aria-valuetext')") == "T = 10"
    assert "80.0\u202f%" in after[1]  # one seed has no deviation
    page.press("ArrowRight", 39)
    page.wait("document.getElementById('text').textContent.includes('T = 100:')")


@in_a_browser
def test_a_run_tells_its_number_seed_and_path(page):
    """The first circle is of the first run at the first point: 0.2 + 0.2 - 2 * 0.05 + 0.01."""
    circle = "document.querySelector('#picture svg [aria-roledescription=point][aria-label*=seed]')"
    page.wait(f"{circle} !== null")
    place = "(b => [b.x + b.width / 2, b.y + b.height / 2])"
    left, top = page.run(f"{place}({circle}.getBoundingClientRect())")
    page.send("Input.dispatchMouseEvent", type="mouseMoved", x=left, y=top)
    page.wait("document.querySelector('#vg-tooltip-element.visible') !== null")
    cells = "[...document.querySelectorAll('#vg-tooltip-element td')].map(c => c.textContent.trim())"
    said = page.run(cells)
    assert said[:4] == ["linear-probe test accuracy", "31.0%", "seed", "0"]
    assert said[4:] == ["of", HOSTILE, "layer", "first", "run", "runs/seed0"]


@in_a_browser
def test_choices_change_the_picture(page):
    control = "const s = document.getElementById('{}'); s.value = '{}';"
    choose = f"(() => {{{{ {control} s.dispatchEvent(new Event('change')) }}}})()"
    page.run(choose.format("measure", "rank"))
    page.wait("document.getElementById('picture-title').textContent.startsWith('Numerical rank')")
    page.wait("document.querySelector('#picture svg').textContent.includes('numerical rank')")
    page.run(choose.format("point", "1"))
    page.wait("document.getElementById('trend-title').textContent.endsWith('layer 1: first')")
    page.run(choose.format("network", "1"))
    page.wait("document.getElementById('text').textContent.startsWith('another on')")
    assert page.run("document.getElementById('measure').value") == "rank"
    page.run(choose.format("network", "0"))


@in_a_browser
def test_the_keyboard_goes_through_the_controls_in_order(page):
    page.run("document.querySelector('nav a').focus()")
    passed = [page.run("document.activeElement.textContent")]
    for _ in range(6):
        page.press("Tab", 9)
        passed.append(page.run("document.activeElement.id || document.activeElement.textContent"))
    assert passed == ["Story", "Provenance", "data", "network", "measure", "point", "temperature"]
    named = "[...document.querySelectorAll('select, input')].every(c => c.labels.length === 1)"
    assert page.run(named)


@in_a_browser
def test_dark_is_dark_and_a_phone_needs_no_scrolling_sideways(page):
    light = page.run("getComputedStyle(document.body).backgroundColor")
    before = page.run("document.getElementById('picture').innerHTML")
    page.look(width=390, height=844, dark=True)
    page.wait(f"document.getElementById('picture').innerHTML !== {json.dumps(before)}")
    assert (light, page.run("getComputedStyle(document.body).backgroundColor")) == (
        "rgb(255, 255, 255)",
        "rgb(21, 23, 27)",
    )
    page.wait("document.querySelector('#picture svg')?.getBoundingClientRect().width <= 390")
    assert page.run("document.documentElement.scrollWidth") == 390
    page.look()
