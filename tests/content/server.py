#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""server.py ROOT DIR: an HTTP server on loopback that can behave badly, for tests.

Serves the files below ROOT with Range, ETag and If-Modified-Since. Writes its port to DIR/port and
one line a request to DIR/log: "STATUS FIRST-BYTE PATH". The first part of a path says how to behave:
/plain /norange (knows no ranges) /cut (without Range: half of the body, then the line goes dead)
/flaky (the first request of each path: 503) /redirect (to /plain) /escape (to file:) /noetag
/auth (user apt, password debian) /s3 (reads '+' as a blank, 403 for what is not there) /drip (a few bytes a second, without end) /deny (403 for what is not there, as S3 does) /dates (no ETag: goes by dates alone)
"""
import base64
import email.utils
import http.server
import os
import sys
import threading
import time
import urllib.parse

root, control = sys.argv[1], sys.argv[2]
seen = set()
lock = threading.Lock()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def note(self, status, first):
        with lock, open(os.path.join(control, "log"), "a") as log:
            log.write("%d %d %s\n" % (status, first, self.path))

    def reply(self, status, first=0, body=b"", headers=()):
        self.note(status, first)
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        if status != 304:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        mode, _, rest = self.path[1:].partition("/")
        if mode == "redirect":
            return self.reply(302, headers=[("Location", "/plain/" + rest)])
        if mode == "escape":
            return self.reply(302, headers=[("Location", "file:///etc/hostname")])
        if mode == "flaky" and self.path not in seen:
            seen.add(self.path)
            return self.reply(503)
        if mode == "auth" and self.headers.get("Authorization") != "Basic " + base64.b64encode(b"apt:debian").decode():
            return self.reply(401, headers=[("WWW-Authenticate", 'Basic realm="archive"')])
        unquote = urllib.parse.unquote_plus if mode == "s3" else urllib.parse.unquote
        path = os.path.join(root, unquote(rest))
        if not os.path.isfile(path):
            return self.reply(403 if mode in ("deny", "s3") else 404, body=b"no such file\n")
        self.send_file(mode, path)

    def send_file(self, mode, path):
        with open(path, "rb") as file:
            body = file.read()
        info = os.stat(path)
        tag = '"%x-%x"' % (info.st_mtime_ns, info.st_size)
        headers = []
        if mode == "dates":
            headers = [("Last-Modified", self.date_time_string(info.st_mtime))]
            since = self.headers.get("If-Modified-Since")
            if since and info.st_mtime <= email.utils.parsedate_to_datetime(since).timestamp():
                return self.reply(304, headers=headers)
        elif mode != "noetag":
            headers = [("ETag", tag), ("Last-Modified", self.date_time_string(info.st_mtime))]
            if self.headers.get("If-None-Match") == tag:
                return self.reply(304, headers=headers)
        if mode == "drip":
            self.note(200, 0)
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            for at in range(0, len(body), 2):
                try:
                    self.wfile.write(body[at : at + 2])
                except OSError:
                    break
                time.sleep(0.2)
            self.close_connection = True
            return None
        first = 0
        asked = self.headers.get("Range", "")
        if asked.startswith("bytes=") and mode != "norange":
            first = int(asked[6:].split("-")[0])
            if first >= len(body):
                return self.reply(416, first)
            headers.append(("Content-Range", "bytes %d-%d/%d" % (first, len(body) - 1, len(body))))
            return self.reply(206, first, body[first:], headers)
        if mode == "cut":
            self.note(200, 0)
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[: len(body) // 2])
            self.close_connection = True
            return None
        return self.reply(200, 0, body, headers)


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.daemon_threads = True
with open(os.path.join(control, "port.new"), "w") as out:
    out.write("%d\n" % server.server_port)
os.rename(os.path.join(control, "port.new"), os.path.join(control, "port"))
server.serve_forever()
