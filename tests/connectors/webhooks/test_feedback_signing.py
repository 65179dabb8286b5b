"""The examples of docs/webhooks.md sign feedback as the verifier wants it, and a secret of another
form is refused in words that help."""

import base64
import os
import re
import shutil
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from connectors import find
from personalization.connector import Request
from personalization.errors import Stop

PAGE = (Path(__file__).parents[3] / "docs" / "webhooks.md").read_text(encoding="utf-8")
SECRET = "whsec_" + base64.b64encode(b"\xff\xfa kept by both ends alone").decode()
TOOLS = ("sh", "openssl", "od", "curl")
COMMANDS = {"python": (sys.executable, "-c"), "sh": ("sh", "-e", "-c")}


class Heard(BaseHTTPRequestHandler):
    """Keeps what was called."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.heard.append((dict(self.headers), body))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def sent():
    """Runs an example, and gives the call that it made."""
    server = HTTPServer(("127.0.0.1", 0), Heard)
    server.heard = []
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    url = f"http://127.0.0.1:{server.server_address[1]}/hooks/feedback/main"

    def run(language):
        text = re.search(rf"```{language} sign\n(.*?)```", PAGE, re.DOTALL)[1]
        given = {**os.environ, "FEEDBACK_SECRET": SECRET, "FEEDBACK_URL": url, "NO_PROXY": "*"}
        subprocess.run([*COMMANDS[language], text], env=given, check=True, timeout=60)
        ((headers, body),) = server.heard
        # No clock of this machine is in the verdict: the call comes when it says that it does.
        stamp = next(int(value) for name, value in headers.items()
                     if name.lower() == "webhook-timestamp")  # fmt: skip
        return Request(method="POST", url=url, headers=headers, body=body,
                       received_at=stamp * 1_000_000)  # fmt: skip

    yield run
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("language", ["python", "sh"])
def test_an_example_signs_what_the_verifier_takes(sent, language):
    if language == "sh" and not all(map(shutil.which, TOOLS)):
        pytest.skip(f"needs {', '.join(TOOLS)}")
    request = sent(language)
    webhook = find("feedback").webhook("main", {"secret": SECRET})
    webhook.verify(request)
    assert "feedback" in {one.kind for one in webhook.parse(request).events}


@pytest.mark.parametrize(
    "secret", ["c29tZXRoaW5nIHRoYXQgaXMga2VwdA==", "whsec_not base64", "whsec_"]
)
def test_a_secret_of_another_form_is_refused_with_a_way_to_make_one(secret):
    with pytest.raises(Stop, match=r"feedback/main: secret: .*whsec_.*openssl rand") as refused:
        find("feedback").webhook("main", {"secret": secret})
    assert secret not in str(refused.value) or secret == "whsec_"
