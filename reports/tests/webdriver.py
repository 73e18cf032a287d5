"""A small client of the WebDriver protocol (W3C), enough to drive a headless Chromium through ChromeDriver."""
import base64
import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
KEYS = {"Escape": "\ue00c", "Enter": "\ue007", "Tab": "\ue004", "ArrowDown": "\ue015", "ArrowUp": "\ue013", "Space": "\ue00d"}
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--hide-scrollbars",
         "--disable-default-apps", "--disable-extensions"]


class WebDriverError(Exception):
    pass


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Browser:
    """One browser with a profile of its own; `with Browser() as browser:` ends both programs."""

    def __init__(self, flags=(), javascript=True):
        self.directory = tempfile.mkdtemp(prefix="transcheck-browser-")
        self.session = None
        port = free_port()
        self.base = "http://127.0.0.1:%d" % port
        self.driver = subprocess.Popen(["chromedriver", "--port=%d" % port, "--log-level=SEVERE"],
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            self._wait_until_ready()
            self._begin(list(flags), javascript)
        except BaseException:
            self.close()
            raise

    def _wait_until_ready(self):
        for _ in range(200):
            try:
                if self._send("GET", "/status")["ready"]:
                    return
            except OSError:
                pass
            time.sleep(0.1)
        raise WebDriverError("ChromeDriver does not answer")

    def _begin(self, flags, javascript):
        options = {"args": FLAGS + flags + ["--user-data-dir=" + self.directory],
                   "perfLoggingPrefs": {"enableNetwork": True, "enablePage": False}}
        if not javascript:
            options["prefs"] = {"profile.managed_default_content_settings.javascript": 2}
        answer = self._send("POST", "/session", {"capabilities": {"alwaysMatch": {
            "browserName": "chrome", "goog:chromeOptions": options, "unhandledPromptBehavior": "ignore",
            "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"}}}})
        self.session = "/session/" + answer["sessionId"]

    def _send(self, method, path, body=None):
        request = urllib.request.Request(self.base + path, method=method,
                                         data=None if body is None else json.dumps(body).encode(),
                                         headers={"content-type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            detail = json.loads(error.read() or b"{}").get("value", {})
            raise WebDriverError("%s: %s" % (detail.get("error"), str(detail.get("message"))[:500])) from None

    def command(self, method, path, body=None):
        return self._send(method, self.session + path, body if method == "POST" and body is not None else ({} if method == "POST" else None))

    def close(self):
        try:
            if self.session:
                self.command("DELETE", "")
        except (OSError, WebDriverError):
            pass
        self.driver.terminate()
        try:
            self.driver.wait(10)
        except subprocess.TimeoutExpired:
            self.driver.kill()
            self.driver.wait()
        shutil.rmtree(self.directory, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.close()

    def open(self, url):
        self.command("POST", "/url", {"url": url})

    def run(self, script, *args):
        """The value of a function body run in the page."""
        return self.command("POST", "/execute/sync", {"script": script, "args": list(args)})

    def cdp(self, name, **params):
        return self.command("POST", "/goog/cdp/execute", {"cmd": name, "params": params})

    def find(self, selector):
        return self.command("POST", "/element", {"using": "css selector", "value": selector})[ELEMENT]

    def click(self, selector):
        self.command("POST", "/element/%s/click" % self.find(selector))

    def accessible_name(self, element):
        return self.command("GET", "/element/%s/computedlabel" % element)

    def keys(self, *names):
        """Presses keys, one after the other, on whatever has the focus."""
        actions = []
        for name in names:
            value = KEYS.get(name, name)
            actions += [{"type": "keyDown", "value": value}, {"type": "keyUp", "value": value}]
        self.command("POST", "/actions", {"actions": [{"type": "key", "id": "keyboard", "actions": actions}]})

    def viewport(self, width, height, mobile=False):
        self.cdp("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=2 if mobile else 1,
                 mobile=mobile)

    def dark(self, on):
        self.cdp("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark" if on else "light"}])

    def logs(self, kind):
        return self.command("POST", "/se/log", {"type": kind})

    def screenshot(self, path, full=False):
        data = self.cdp("Page.captureScreenshot", captureBeyondViewport=full, format="png")["data"]
        with open(path, "wb") as file:
            file.write(base64.b64decode(data))

    def pdf(self):
        return base64.b64decode(self.command("POST", "/print", {}))

    def dialog_open(self):
        try:
            self.command("GET", "/alert/text")
            return True
        except WebDriverError:
            return False


def file_url(path):
    return "file://" + os.path.abspath(path)
