"""What the tests of reports share: the tool, a browser, and what a page says of itself."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service

SAMPLES = Path(__file__).parent.parent / "data"
TOOL = os.environ.get("NEARDUP", str(Path(__file__).parents[2] / "build/release/neardup"))


def run_tool(*arguments: str | Path, stdin: bytes = b"") -> bytes:
    """What the tool writes; it must succeed."""
    command = [TOOL, *map(str, arguments)]
    done = subprocess.run(command, input=stdin, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def read_json(*arguments: str | Path) -> list[dict]:
    return [json.loads(line) for line in run_tool(*arguments, "--format", "jsonl").splitlines()]


class Page:
    """A report in the browser."""

    def __init__(self, driver: webdriver.Chrome, path: Path) -> None:
        self.driver = driver
        self.path = path
        driver.get_log("browser")
        driver.get(path.as_uri())

    def js(self, script: str, *arguments: object) -> object:
        return self.driver.execute_script(script, *arguments)

    def wait(self, condition: str, *arguments: object) -> None:
        """Until the expression is true; what it is at the end is what the failure shows."""
        script = f"""
            const [done, ...given] = [arguments[arguments.length - 1], ...arguments];
            const started = Date.now();
            const look = () => {{
                let value;
                try {{ value = (function () {{ return {condition}; }}).apply(null, given); }}
                catch (error) {{ value = null; }}
                if (value || Date.now() - started > 30000) done(Boolean(value));
                else setTimeout(look, 20);
            }};
            look();"""
        assert self.driver.execute_async_script(script, *arguments), f"never true: {condition}"

    def marks(self, within: str, passage: int) -> str:
        """The text that is marked as that passage, inside the element."""
        return str(self.js(
            "return [...document.querySelector(arguments[0]).querySelectorAll('mark')]"
            ".filter((mark) => mark.dataset.p.split(' ').includes(arguments[1]))"
            ".map((mark) => mark.textContent).join('')", within, str(passage)))

    def check(self) -> None:
        """Nothing was complained of, nothing came from outside, nothing overflows."""
        assert [entry["message"] for entry in self.driver.get_log("browser")] == []
        assert self.js("return performance.getEntriesByType('resource').map((r) => r.name)") == []
        assert self.js("return document.documentElement.scrollWidth <= innerWidth"), "too wide"
        assert self.js("return window.ran") is None


def open_browser(*, scripts: bool = True) -> webdriver.Chrome:
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or "chromium"
    for argument in ("--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                     "--window-size=1400,1000", "--force-prefers-reduced-motion"):
        options.add_argument(argument)
    if not scripts:
        options.add_experimental_option(
            "prefs", {"profile.managed_default_content_settings.javascript": 2})
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options, Service(shutil.which("chromedriver") or "chromedriver"))
    driver.set_script_timeout(60)
    return driver


@pytest.fixture(scope="session")
def driver() -> Iterator[webdriver.Chrome]:
    driver = open_browser()
    yield driver
    driver.quit()


@pytest.fixture(scope="session")
def feed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample articles with times and sources, and a copy of one in another script order."""
    path = tmp_path_factory.mktemp("feed") / "feed.jsonl"
    with path.open("w", encoding="utf-8") as file:
        for i, article in enumerate(sorted((SAMPLES / "news").iterdir())):
            file.write(json.dumps({
                "id": article.stem, "text": article.read_text(encoding="utf-8"),
                "date": f"2024-05-17T{20 - i:02d}:30:00Z",
                "source": f"{article.stem.split('-')[1]}.example"}) + "\n")
    return path
