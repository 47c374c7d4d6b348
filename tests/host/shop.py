#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""shop.py NAME PORT - answers every request on loopback with NAME; /slow/SECONDS only after that time."""
import http.server
import sys
import time


class Page(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        if self.path.startswith("/slow/"):
            time.sleep(float(self.path[6:]))
        body = sys.argv[1].encode()
        try:
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        except ConnectionError:
            pass  # HAProxy's checks do not wait for the whole answer


class Shop(http.server.ThreadingHTTPServer):
    def handle_error(self, *_):
        pass  # HAProxy's checks and idle connections end as they like


Shop(("127.0.0.1", int(sys.argv[2])), Page).serve_forever()
