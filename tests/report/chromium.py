"""A headless Chromium without network, spoken to over its debugging pipe: no other package is needed."""

import base64
import json
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
OPTIONS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--remote-debugging-pipe",
)


def browser() -> str | None:
    """The path of a Chromium on this machine, if there is one."""
    return next(filter(None, map(shutil.which, NAMES)), None)


class Page:
    """A page of a browser of its own. errors: complaints of the console; asked: what was asked of others."""

    def __init__(self):
        self.errors, self.asked, self._number = [], [], 0
        self._profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        theirs_in, self._out = os.pipe()
        self._in, theirs_out = os.pipe()
        # Chromium reads commands from descriptor 3 and answers on 4.
        arguments = " ".join([*OPTIONS, f"--user-data-dir={self._profile.name}"])
        command = f'exec "{browser()}" {arguments} about:blank 3<&{theirs_in} 4>&{theirs_out}'
        self._process = subprocess.Popen(
            ["bash", "-c", command], pass_fds=(theirs_in, theirs_out), stderr=subprocess.DEVNULL
        )
        os.close(theirs_in)
        os.close(theirs_out)
        self._reader, self._session = os.fdopen(self._in, "rb"), None
        target = self.send("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.send(f"{domain}.enable")
        nothing = {"latency": 0, "downloadThroughput": 0, "uploadThroughput": 0}
        self.send("Network.emulateNetworkConditions", offline=True, **nothing)

    def __enter__(self) -> "Page":
        return self

    def __exit__(self, *_) -> None:
        os.close(self._out)
        self._process.terminate()
        self._process.wait(timeout=30)
        self._reader.close()
        self._profile.cleanup()

    def send(self, method: str, **parameters) -> dict:
        """Call a method of the DevTools protocol; events that come meanwhile are taken note of."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        while (answer := self._next()).get("id") != self._number:
            self._note(answer.get("method"), answer.get("params", {}))
        assert "error" not in answer, answer
        return answer["result"]

    def _next(self) -> dict:
        data = bytearray()
        while (byte := self._reader.read(1)) not in (b"\0", b""):
            data += byte
        return json.loads(data)

    def _note(self, event: str, values: dict) -> None:
        if event == "Runtime.exceptionThrown":
            self.errors.append(values["exceptionDetails"].get("exception", {}).get("description"))
        if event == "Runtime.consoleAPICalled" and values["type"] in ("error", "warning"):
            self.errors.append([part.get("value") for part in values["args"]])
        if event == "Log.entryAdded" and values["entry"]["level"] in ("error", "warning"):
            self.errors.append(values["entry"]["text"])
        if event == "Network.requestWillBeSent":
            url = values["request"]["url"]
            self.asked += [url] if not url.startswith(("file:", "data:", "blob:", "about:")) else []

    def look(self, width: int = 1200, height: int = 900, dark: bool = False) -> None:
        """Set the size of the window, and the colours that the user prefers."""
        phone = width < 600
        self.send(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=phone,
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.send("Emulation.setEmulatedMedia", features=[scheme])

    def open(self, path: Path) -> None:
        """Open a file and wait until the page says that it is ready."""
        self.send("Page.navigate", url=path.resolve().as_uri())
        self.wait("document.documentElement?.dataset.ready")

    def wait(self, condition: str) -> None:
        """Wait, at most 20 seconds, until an expression is true."""
        until = time.monotonic() + 20
        while not self.run(condition):
            assert time.monotonic() < until, f"in vain: {condition}; {self.errors}"
            time.sleep(0.02)

    def run(self, expression: str):
        """The value of an expression in the page, awaited."""
        found = self.send("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in found, found["exceptionDetails"]
        return found["result"].get("value")

    def press(self, key: str, code: int) -> None:
        """Press and release a key, as a user does."""
        for kind in ("rawKeyDown", "keyUp"):
            self.send("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code)

    def picture(self, path: Path) -> None:
        """Save what is seen, the whole page."""
        shot = self.send("Page.captureScreenshot", format="png", captureBeyondViewport=True)
        path.write_bytes(base64.b64decode(shot["data"]))
