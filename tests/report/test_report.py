"""Reports in a browser: they open without a word of complaint, do what they offer, and mark what
the tool's JSON says."""

from __future__ import annotations

import json
import re
from importlib import resources
from pathlib import Path

import pytest
from conftest import SAMPLES, Page, open_browser, read_json, run_tool
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

MILL = ("The mill by the river has been bought by a family from the coast, who will grind flour "
        "there again from May on, as their parents did before the flood of 1953.")

# What comes before a passage, and stands inside it, and would move its marks if it were miscounted.
HOSTILE = {
    "markup": "<script>window.ran = 1</script><img src=x onerror='window.ran=2'> </mark></ol>\n",
    "entities": "&amp; &lt;b&gt; &#x41; &notanentity; AT&T\n",
    "combining": "a\u0301e\u0308\u0323o\u0302\u0301 \u0928\u092e\u0938\u094d\u0924\u0947\n",
    "emoji": "\U0001f469\u200d\U0001f469\u200d\U0001f467 \U0001f1eb\U0001f1f7 \U0001f600\n",
    "directions": "\u202eright to left\u202c \u2067\u05e9\u05dc\u05d5\u05dd\u2069 \u0645\u0631\u062d\u0628\u0627\n",
    "chinese": "\u6cb3\u8fb9\u7684\u78e8\u574a\u88ab\u6d77\u8fb9\u7684\u4e00\u5bb6\u4eba\u4e70\u4e0b\u3002\n",
    "controls": "bell \x07 escape \x1b[31m nul \x00 page \x0c end\r\nline\n",
    "quotes": "\"'`--><!--]]>\n",
}


def shown(text: bytes) -> str:
    """What a report shows of bytes: see nd_html_text."""
    lines = text.decode("utf-8", "replace").replace("\r\n", "\n")
    return re.sub("[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f]", "\ufffd", lines)


def check_marks(page: Page, sides: dict[str, tuple[str, bytes]], passages: list[dict]) -> None:
    """The marks' text is the bytes that the passages say, on both sides."""
    assert passages
    for number, passage in enumerate(passages, 1):
        for side, (element, text) in sides.items():
            place = passage[side]
            assert page.marks(element, number) == shown(text[place["start"]:place["end"]])


@pytest.mark.parametrize("what", HOSTILE)
def test_marks_are_the_passages_of_compare(driver: webdriver.Chrome, tmp_path: Path, what: str) -> None:
    before = HOSTILE[what].encode()
    edited = MILL.replace("a family", "two families").replace("flour", f"flour {HOSTILE[what].strip()} ")
    texts = [before * 2 + MILL.encode() + b"\n\xff\xe2\x82 " + before + MILL.encode(),
             b"Another beginning.\n" + before + edited.encode() + b"\n\n" + MILL.encode() + b"\n"]
    files = [tmp_path / name for name in ("a.txt", "b.txt")]
    for file, text in zip(files, texts):
        file.write_bytes(text)
    options = ("compare", "--input-format", "text", *files)
    run_tool(*options, "--format", "html", "-o", tmp_path / "page.html")
    page = Page(driver, tmp_path / "page.html")
    sides = {"a": (".side:nth-child(1)", texts[0]), "b": (".side:nth-child(2)", texts[1])}
    check_marks(page, sides, read_json(*options)[0]["passages"])
    for element, text in sides.values():
        whole = page.js("return document.querySelector(arguments[0] + ' .lines').textContent", element)
        assert whole == shown(text)
    page.check()


def test_marks_are_the_repeats_of_within(driver: webdriver.Chrome, tmp_path: Path) -> None:
    texts = {name: f"{text}{MILL}\n\n{text}{MILL.replace('a family', 'two families')}\n" * 2
             for name, text in HOSTILE.items()}
    documents = tmp_path / "documents.jsonl"
    documents.write_text("".join(json.dumps({"id": name, "text": text}) + "\n"
                                 for name, text in texts.items()), encoding="utf-8")
    run_tool("within", documents, "--format", "html", "-o", tmp_path / "page.html")
    page = Page(driver, tmp_path / "page.html")
    found = read_json("within", documents)
    assert len(found) == len(texts)
    for number, document in enumerate(found, 1):
        text = texts[document["id"]].encode()
        for repeat_number, repeat in enumerate(document["repeats"], 1):
            expected = "".join(shown(text[place["start"]:place["end"]]) for place in repeat["places"])
            assert page.marks(f"#d{number}", repeat_number) == expected
    page.check()


def test_a_click_leads_to_the_other_place(driver: webdriver.Chrome, tmp_path: Path) -> None:
    filler = "\n".join(f"Line {i} of {i * i} lines that stand nowhere else." for i in range(300))
    (tmp_path / "a.txt").write_text(f"{MILL}\n{filler}\n", encoding="utf-8")
    (tmp_path / "b.txt").write_text(f"{filler[::-1]}\n{MILL}\n", encoding="utf-8")
    run_tool("compare", tmp_path / "a.txt", tmp_path / "b.txt", "--format", "html",
             "-o", tmp_path / "page.html")
    page = Page(driver, tmp_path / "page.html")
    seen = """(() => { const box = document.getElementById('p1-2').getBoundingClientRect();
        const pane = document.querySelector('.side:nth-child(2) .pane').getBoundingClientRect();
        return box.top >= pane.top && box.bottom <= pane.bottom; })()"""
    assert not page.js(f"return {seen}")
    driver.find_element(By.CSS_SELECTOR, ".side:nth-child(1) mark").click()
    page.wait(seen)
    assert page.js("return document.activeElement.id") == "p1-2"
    # The panes scroll together.
    page.js("document.querySelector('.side:nth-child(2) .pane').scrollTop = 0")
    page.wait("document.querySelector('.side:nth-child(1) .pane').scrollTop === 0")
    page.check()


def open_member(page: Page, representative: str, member: str) -> None:
    """Finds the group by its representative, and shows the member beside it."""
    find = page.driver.find_element(By.CSS_SELECTOR, "input[type=search]")
    find.clear()
    find.send_keys(representative)
    page.wait("document.querySelector('.detail h2 .name').textContent === arguments[0] "
              "&& document.querySelectorAll('.row').length === 1", representative)
    page.js("""[...document.querySelectorAll('.detail .open')]
        .find((button) => button.textContent === arguments[0]).click()""", member)
    page.wait("document.querySelector('.comparison .side .name').textContent === arguments[0]", member)


def test_what_is_removed_stands_beside_what_is_kept(driver: webdriver.Chrome, feed: Path, tmp_path: Path) -> None:
    dedup = ("dedup", "-q", "--dry-run", "--threshold", "0.4", "--passages", feed, "--removed")
    run_tool(*dedup, tmp_path / "removed.html")
    run_tool(*dedup, tmp_path / "removed.jsonl")
    removed = [json.loads(line) for line in (tmp_path / "removed.jsonl").read_text().splitlines()]
    texts = {d["id"]: d["text"].encode() for d in map(json.loads, feed.read_text().splitlines())}
    assert len(removed) > 4
    page = Page(driver, tmp_path / "removed.html")
    assert driver.find_element(By.TAG_NAME, "h1").text == "Near-copies that would be removed"
    for member in removed:
        open_member(page, member["representative"], member["id"])
        check_marks(page, {
            "member": (".comparison .side:nth-child(1)", texts[member["id"]]),
            "representative": (".comparison .side:nth-child(2)", texts[member["representative"]]),
        }, member["passages"])
    assert "kept" in driver.find_element(By.CSS_SELECTOR, ".comparison .side:nth-child(2) h4").text
    driver.find_element(By.CSS_SELECTOR, ".matrix summary").click()
    page.wait("document.querySelector('.heat') !== null")  # drawn once the browser tells that it is open
    page.check()


def test_groups_are_filtered_and_opened(driver: webdriver.Chrome, feed: Path, tmp_path: Path) -> None:
    scan = ("scan", "--preset", "news", feed)
    run_tool(*scan, "--format", "html", "-o", tmp_path / "page.html")
    page = Page(driver, tmp_path / "page.html")
    groups = read_json(*scan, "--passages")
    texts = {d["id"]: d["text"].encode() for d in map(json.loads, feed.read_text().splitlines())}
    page.wait("document.querySelector('.status').textContent === arguments[0]", f"{len(groups)} groups")

    for group in groups:
        for member in group["members"]:
            open_member(page, group["representative"], member["id"])
            check_marks(page, {
                "member": (".comparison .side:nth-child(1)", texts[member["id"]]),
                "representative": (".comparison .side:nth-child(2)", texts[group["representative"]]),
            }, member["passages"])
            assert "Verdict: a copy" in driver.find_element(By.CSS_SELECTOR, ".comparison h4").text
    find = driver.find_element(By.CSS_SELECTOR, "input[type=search]")
    find.clear()
    find.send_keys("nothing like it")
    page.wait("document.querySelector('.detail').textContent === 'No group is like that.'")
    find.clear()
    find.send_keys(" ")
    page.wait("document.querySelectorAll('.row').length === arguments[0]", len(groups))

    # By source, by kind, and by who had it first.
    driver.find_element(By.XPATH, "//label[contains(., 'source')]/select/option[. = 'valley.example']").click()
    page.wait("document.querySelector('.status').textContent === arguments[0]", f"1 of {len(groups)} groups")
    driver.find_element(By.XPATH, "//label[contains(., 'source')]/select/option[. = 'any']").click()
    driver.find_element(By.CSS_SELECTOR, ".matrix summary").click()
    page.wait("document.querySelector('.heat') !== null")
    driver.find_element(By.CSS_SELECTOR, ".heat[title='valley.example \u2192 radio.example']").click()
    page.wait("document.querySelector('.status').textContent === arguments[0]", f"1 of {len(groups)} groups")
    page.wait("document.querySelector('.first').textContent === 'first'")
    page.check()


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report on so many groups that its list is packed."""
    folder = tmp_path_factory.mktemp("many")
    with (folder / "documents.jsonl").open("w", encoding="utf-8") as file:
        for group in range(300):
            words = " ".join(f"w{group * 31 + i * i * 7}" for i in range(40))
            for copy in range(2 + (group == 150)):
                file.write(json.dumps({"id": f"<i>{group:04d}</i>-{copy}", "text": f"{words} {copy}"}) + "\n")
    run_tool("scan", folder / "documents.jsonl", "--format", "html", "-o", folder / "page.html")
    return folder / "page.html"


def test_a_long_list_is_drawn_where_it_is_seen(driver: webdriver.Chrome, many: Path) -> None:
    page = Page(driver, many)
    page.wait("document.querySelector('.status').textContent === '300 groups'")
    assert driver.find_element(By.CSS_SELECTOR, ".row .name").text.startswith("<i>0150</i>-")  # the largest
    assert page.js("return document.querySelectorAll('.row').length") < 60
    listbox = driver.find_element(By.CSS_SELECTOR, ".list")
    listbox.send_keys(Keys.END)
    page.wait("document.querySelector('.detail h2 .name').textContent.startsWith('<i>0299</i>-')")
    page.wait("document.querySelector('.row[aria-selected=true] .name').textContent.startsWith('<i>0299</i>-')")
    assert page.js("return document.querySelectorAll('.row').length") < 60
    listbox.send_keys(Keys.ARROW_UP)
    page.wait("document.querySelector('.comparison .side .name').textContent.startsWith('<i>0298</i>-')")
    assert driver.find_element(By.CSS_SELECTOR, ".comparison mark").text.startswith("w9238")
    driver.find_element(By.XPATH, "//option[. = 'by id']").click()
    page.wait("document.querySelector('.row .name').textContent.startsWith('<i>0000</i>-')")
    page.check()


def test_top_lists_the_largest(driver: webdriver.Chrome, many: Path, tmp_path: Path) -> None:
    run_tool("scan", many.parent / "documents.jsonl", "--format", "html", "--top", "7",
             "-o", tmp_path / "page.html")
    page = Page(driver, tmp_path / "page.html")
    page.wait("document.querySelector('.status').textContent === '7 of 7 listed of 300 groups'")
    assert "lists the 7 largest groups" in driver.find_element(By.CSS_SELECTOR, ".note").text
    page.check()


def test_long_words_and_odd_ids_stay_in_their_place(driver: webdriver.Chrome, tmp_path: Path) -> None:
    documents = tmp_path / "documents.jsonl"
    long_id = "x" * 5000 + "\u202e<script>window.ran = 3</script>\n\"'&"
    for command, letters, num in (("within", 1_000_000, 1), ("scan", 30_000, 3)):
        documents.write_text("".join(
            json.dumps({"id": name, "text": f"{'w' * letters} {MILL} {MILL}", "source": long_id}) + "\n"
            for name in (long_id, "</script><b>", "\u05e9\u05dc\u05d5\u05dd")[:num]), encoding="utf-8")
        run_tool(command, documents, "--format", "html", "-o", tmp_path / "page.html")
        page = Page(driver, tmp_path / "page.html")
        page.wait("document.querySelector('mark')")
        page.check()


def test_a_report_is_readable_without_scripts(feed: Path, tmp_path: Path) -> None:
    run_tool("scan", "--preset", "news", feed, "--format", "html", "-o", tmp_path / "page.html")
    driver = open_browser(scripts=False)
    try:
        driver.get((tmp_path / "page.html").as_uri())
        text = driver.find_element(By.TAG_NAME, "main").text
        assert "bridge-agency and 3 copies" in text or "bridge-courier and 3 copies" in text
        driver.find_element(By.TAG_NAME, "summary").click()
        assert "swing bridge" in driver.find_element(By.TAG_NAME, "mark").text
    finally:
        driver.quit()


def test_errors_of_an_evaluation_open_with_their_passages(driver: webdriver.Chrome, tmp_path: Path) -> None:
    (tmp_path / "truth").write_text("bridge-agency\tbridge-evening\nchess-school\tphare-musee\n")
    options = ("eval", "--truth", tmp_path / "truth", "--errors", "2", SAMPLES / "news.jsonl")
    run_tool(*options, "--format", "html", "-o", tmp_path / "page.html")
    page = Page(driver, tmp_path / "page.html")
    texts = {d["id"]: d["text"].encode()
             for d in map(json.loads, (SAMPLES / "news.jsonl").read_text().splitlines())}
    wrong = [line for line in read_json(*options) if "error" in line]
    assert len(wrong) == 4
    for number, pair in enumerate(wrong, 1):
        summary = driver.find_elements(By.TAG_NAME, "summary")[number - 1]
        assert summary.text == f"{pair['error']}: {pair['a']} and {pair['b']}"
        summary.click()
        if pair["passages"]:
            sides = {side: (f"details:nth-of-type({number}) .side:nth-child({place})", texts[pair[side]])
                     for place, side in enumerate("ab", 1)}
            check_marks(page, sides, pair["passages"])
    page.check()


def test_the_curve_of_a_plan_is_the_one_of_its_json(driver: webdriver.Chrome, tmp_path: Path) -> None:
    run_tool("plan", "--threshold", "0.5", "--format", "html", "-o", tmp_path / "page.html")
    page = Page(driver, tmp_path / "page.html")
    points = dict(page.js(
        "return document.querySelector('.curve').getAttribute('d').slice(1).split('L')"
        ".map((point) => point.split(' ').map(Number))"))
    for point in read_json("plan", "--threshold", "0.5")[0]["curve"]:
        assert abs(points[round(640 * point["jaccard"], 1)] - 300 * (1 - point["probability"])) <= 0.051
    page.check()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(driver: webdriver.Chrome, feed: Path, tmp_path: Path, scheme: str) -> None:
    news, truth = SAMPLES / "news", ("--truth", SAMPLES / "news_truth.tsv", SAMPLES / "news.jsonl")
    reports = [("compare", "--preset", "news", news / "bridge-agency.txt", news / "bridge-weekly.txt"),
               ("within", SAMPLES / "news.jsonl", news), ("scan", "--preset", "news", feed),
               ("plan",), ("eval", "--sweep", "threshold=0.3:0.9:0.1", *truth),
               ("eval", "--errors", "2", *truth),
               ("dedup", "-q", "--dry-run", "--threshold", "0.4", feed)]
    axe = resources.files("axe_core_python").joinpath("axe.min.js").read_text(encoding="utf-8")
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia",
                           {"features": [{"name": "prefers-color-scheme", "value": scheme}]})
    for i, report in enumerate(reports):
        to_page = ("--removed",) if report[0] == "dedup" else ("--format", "html", "-o")
        run_tool(*report, *to_page, tmp_path / f"{i}.html")
        page = Page(driver, tmp_path / f"{i}.html")
        page.wait("document.querySelector('mark, .status, .chart')")
        page.js("document.querySelectorAll('.matrix').forEach((d) => { d.open = true; })")
        page.js("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
        page.js(axe)
        found = driver.execute_async_script(
            "axe.run(document).then((r) => arguments[0](r.violations))")
        serious = [(v["id"], v["nodes"][0]["html"]) for v in found if v["impact"] in ("serious", "critical")]
        assert serious == []
