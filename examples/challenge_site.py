"""A guest book that asks visitors to pick the cats. Python alone; see docs/challenge.md.

export CATORDOG_CHALLENGE_SITES=guestbook:a-secret-nobody-guesses
catordog serve --challenge-photos train.zip &
python examples/challenge_site.py http://127.0.0.1:8000 a-secret-nobody-guesses
"""

import html
import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode
from urllib.request import urlopen

SERVER, SECRET = sys.argv[1].rstrip("/"), sys.argv[2]
PORT = int(sys.argv[3]) if len(sys.argv) > 3 else 8080
FORM = f"""<!doctype html><html lang="en"><title>Guest book</title><h1>Guest book</h1>
<form method="post"><p><label>Your name <input name="name" required></label></p>
<script src="{SERVER}/challenge/widget.js" data-sitekey="guestbook" async></script>
<p><button>Sign</button></p></form>"""


class GuestBook(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send(FORM)

    def do_POST(self):
        sent = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        fields = {"secret": SECRET, "response": sent.get("catordog-response", [""])[0]}
        verdict = json.load(urlopen(f"{SERVER}/v1/siteverify", urlencode(fields).encode()))
        name = html.escape(sent.get("name", [""])[0])
        self.send(f"<p>Thank you, {name}." if verdict["success"] else "<p>Pick all the cats first.")

    def send(self, page):
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(page.encode())


ThreadingHTTPServer(("127.0.0.1", PORT), GuestBook).serve_forever()
