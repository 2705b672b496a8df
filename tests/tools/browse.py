#!/usr/bin/python3
"""Opens reports in headless Chromium as a reader would: every target, every formula, wide and narrow, and says what is wrong.

browse.py [--shots DIR] PAGE...      one line "ok - …" or "not ok - …" for each page

The browser is told what to do through a pipe (its --remote-debugging-pipe), so that the page is the very file that readers get, its policy included.
"""
import json
import os
import re
import select
import shutil
import subprocess
import sys
import tempfile
import time

WIDTHS = [(1280, 900), (360, 740)]
PATIENCE = 20.0  # seconds that charts may take to appear


def find_browser():
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if shutil.which(name):
            return shutil.which(name)
    return None


class Browser:
    """Chromium with a pipe: messages are JSON, each ended by a NUL."""

    def __init__(self, program, home):
        ask_read, self.ask = os.pipe()
        self.answer, answer_write = os.pipe()

        def pipes():
            os.dup2(ask_read, 103), os.dup2(answer_write, 104)
            os.dup2(103, 3), os.dup2(104, 4)

        self.process = subprocess.Popen(
            [program, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--hide-scrollbars", "--disable-extensions",
             "--disable-background-networking", "--disable-component-update", "--disable-sync", "--user-data-dir=" + home, "--remote-debugging-pipe", "about:blank"],
            preexec_fn=pipes, close_fds=False, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(ask_read), os.close(answer_write)
        self.number, self.pending, self.events, self.session = 0, b"", [], None

    def read(self, seconds):
        """The next message, None if none comes."""
        end = time.monotonic() + seconds
        while b"\0" not in self.pending:
            if not select.select([self.answer], [], [], max(0.0, end - time.monotonic()))[0]:
                return None
            part = os.read(self.answer, 1 << 16)
            if not part:
                raise RuntimeError("the browser has ended")
            self.pending += part
        message, self.pending = self.pending.split(b"\0", 1)
        return json.loads(message)

    def call(self, method, seconds=60.0, **params):
        self.number += 1
        message = {"id": self.number, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.ask, json.dumps(message).encode() + b"\0")
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            answer = self.read(end - time.monotonic())
            if answer is None:
                break
            if answer.get("id") != self.number:
                self.events.append(answer)
            elif "error" in answer:
                raise RuntimeError(method + ": " + answer["error"]["message"])
            else:
                return answer["result"]
        raise RuntimeError(method + ": no answer")

    def open_tab(self):
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(domain + ".enable")

    def evaluate(self, expression):
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(json.dumps(answer["exceptionDetails"])[:600])
        return answer["result"].get("value")

    def close(self):
        try:
            self.session = None
            self.call("Browser.close", seconds=5.0)
        except (RuntimeError, OSError):
            pass
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def heard(browser, page):
    """What the browser has to complain of since the last time, and whom the page has asked."""
    wrong = []
    for event in browser.events:
        method, params = event.get("method"), event.get("params", {})
        if method == "Runtime.exceptionThrown":
            wrong.append("exception: " + json.dumps(params["exceptionDetails"])[:300])
        elif method == "Runtime.consoleAPICalled" and params["type"] in ("error", "warning", "assert"):
            wrong.append("console: " + json.dumps(params["args"])[:300])
        elif method == "Log.entryAdded" and params["entry"]["level"] in ("error", "warning"):
            wrong.append("browser: " + params["entry"]["text"][:300])
        elif method == "Network.requestWillBeSent":
            url = params["request"]["url"].split("#")[0]
            if url != page and not url.startswith(("data:", "blob:")):
                wrong.append("asks for " + url[:200])
    browser.events.clear()
    return wrong


# Charts are drawn a moment after the selection: until all that are seen have a picture, and nothing moves any more.
SETTLED = """new Promise((done) => {
  const end = performance.now() + %d, size = () => document.getElementsByTagName("*").length + ":" + document.body.scrollHeight;
  let last = "", calm = 0;
  const look = () => {
    const waiting = [...document.querySelectorAll("figure[data-chart]")].filter((f) => f.getClientRects().length && !f.querySelector("svg.marks"));
    calm = waiting.length || size() !== last ? 0 : calm + 1;
    last = size();
    if (calm >= 2 || performance.now() > end) done(waiting.map((f) => f.dataset.chart)); else setTimeout(look, 25);
  };
  look();
})""" % int(PATIENCE * 1000)


def photograph(browser, path):
    size = browser.call("Page.getLayoutMetrics")["cssContentSize"]
    picture = browser.call("Page.captureScreenshot", captureBeyondViewport=True, clip={"x": 0, "y": 0, "width": size["width"], "height": min(size["height"], 16000), "scale": 1})
    import base64
    with open(path, "wb") as file:
        file.write(base64.b64decode(picture["data"]))


def click(browser, target, formula):
    """By hand: the select of the toolbar, then the row of the table."""
    browser.evaluate("(() => { const choice = document.getElementById('choose-target'); if (choice && choice.value !== '%d') { choice.value = '%d'; "
                     "choice.dispatchEvent(new Event('change')); } })()" % (target, target))
    browser.evaluate("document.querySelector('.target.current tr[data-formula=\"%d\"] button').click()" % formula)
    shown = browser.evaluate("[...document.querySelectorAll('article[data-formula]')].filter((a) => a.getClientRects().length).map((a) => [Number(a.closest('.target').dataset.target), Number(a.dataset.formula)])")
    return [] if shown == [[target, formula]] else ["formula %d of target %d was selected, and %s are seen" % (formula + 1, target + 1, shown)]


def look(browser, page, checks, shots, name):
    """All targets and formulas at one width."""
    wrong, counts = [], browser.evaluate("shihyo.data.targets.map((t) => t.front.front.length)")
    for target, formulas in enumerate(counts):
        for formula in range(formulas):
            place = "target %d, formula %d: " % (target + 1, formula + 1)
            found = click(browser, target, formula)
            late = browser.evaluate(SETTLED)
            found += ["chart %s is not drawn" % chart for chart in late] + browser.evaluate(checks) + heard(browser, page)
            wrong += [place + sentence for sentence in found]
            if shots:
                photograph(browser, "%s-t%d-f%d.png" % (name, target + 1, formula + 1))
    return wrong, sum(counts)


def try_keys(browser):
    """Arrow keys and the address select, too."""
    wrong = []
    browser.evaluate("shihyo.select(0, 0)")
    if browser.evaluate("shihyo.front(0).length") > 1:
        for kind in ("keyDown", "keyUp"):
            browser.call("Input.dispatchKeyEvent", type=kind, key="ArrowRight", code="ArrowRight", windowsVirtualKeyCode=39)
        if browser.evaluate("shihyo.number") != 1:
            wrong.append("the right arrow does not select the next formula")
        if "formula=2" not in browser.evaluate("location.hash"):
            wrong.append("the address does not say which formula is selected")
        browser.evaluate("location.hash = '#formula=1'; new Promise((done) => setTimeout(done, 50))")
        if browser.evaluate("shihyo.number") != 0:
            wrong.append("the address does not select")
    return wrong


def try_paper(browser):
    """As it is printed: the chosen formula of each target and no other, with its charts."""
    wrong = []
    browser.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    browser.call("Emulation.setEmulatedMedia", media="print")
    late = browser.evaluate(SETTLED)
    wrong += ["on paper: chart %s is not drawn" % chart for chart in late]
    chosen = browser.evaluate("shihyo.data.targets.map((t, k) => [k, t.chosen])")
    shown = browser.evaluate("[...document.querySelectorAll('article[data-formula]')].filter((a) => a.getClientRects().length).map((a) => [Number(a.closest('.target').dataset.target), Number(a.dataset.formula)])")
    if shown != [pair for pair, count in zip(chosen, browser.evaluate("shihyo.data.targets.map((t) => t.front.front.length)")) if count]:
        wrong.append("on paper formulas %s are seen, and %s are chosen" % (shown, chosen))
    browser.call("Emulation.setEmulatedMedia", media="")
    browser.evaluate("window.dispatchEvent(new Event('afterprint'))")
    return wrong


def visit(browser, path, checks, shots):
    page = "file://" + os.path.abspath(path)
    wrong, seen = [], 0
    for width, height in WIDTHS:
        browser.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600, screenWidth=width, screenHeight=height)
        browser.call("Page.navigate", url=page)
        browser.evaluate("new Promise((done) => document.readyState === 'complete' ? done() : window.addEventListener('load', done))")
        name = os.path.join(shots, re.sub(r"\W", "_", os.path.basename(path)) + "-%d" % width) if shots else None
        found, count = look(browser, page, checks, shots, name)
        seen += count
        if width > 600:
            found += try_keys(browser) + try_paper(browser) + heard(browser, page)
        if browser.evaluate("'inserted' in window || document.querySelectorAll('script').length !== 3"):
            found.append("text of the data has become a script")
        wrong += ["%d px: %s" % (width, sentence) for sentence in found]
        browser.call("Page.navigate", url="about:blank")
        browser.events.clear()
    return wrong, seen


def main(arguments):
    shots = None
    if arguments[:1] == ["--shots"]:
        shots, arguments = arguments[1], arguments[2:]
        os.makedirs(shots, exist_ok=True)
    program = find_browser()
    if program is None:
        print("ok - skipped: looking at reports needs Chromium (Debian: chromium)")
        return 0
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "browse_checks.js"), encoding="utf-8") as file:
        checks = file.read()
    bad = 0
    with tempfile.TemporaryDirectory() as home:
        browser = Browser(program, home)
        try:
            browser.open_tab()
            for path in arguments:
                wrong, seen = visit(browser, path, checks, shots)
                different = list(dict.fromkeys(wrong))
                for sentence in different[:25]:
                    print("# " + sentence)
                if len(different) > 25:
                    print("# and %d more" % (len(different) - 25))
                print("%s - %s: %d views, nothing amiss" % ("not ok" if wrong else "ok", os.path.basename(path), seen))
                bad += bool(wrong)
        finally:
            browser.close()
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
