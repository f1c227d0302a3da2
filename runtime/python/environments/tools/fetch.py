"""Fetches uv for a Python that has no pip: finds the wheel for this machine in an index, checks its hash, unpacks the program.

    python fetch.py LOCK TARGET

LOCK names the version and its hashes, TARGET becomes the program. The index (PEP 503) is the one that the environment names, else
the one that pip asks by itself; as an argument, every user of the machine could read a password in its address.
"""

import base64
import hashlib
import html.parser
import os
import platform
import re
import sys
import sysconfig
import urllib.parse
import urllib.request
import zipfile


class Links(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attributes):
        href = dict(attributes).get("href")
        if tag == "a" and href:
            self.found.append(href)


def fetch(address):
    """The body, and the address that it came from in the end. A user and a password in the address are sent as such."""
    parts = urllib.parse.urlsplit(address)
    headers = {"Accept": "text/html, */*;q=0.1"}
    if parts.username:
        name = urllib.parse.unquote(f"{parts.username}:{parts.password or ''}")
        headers["Authorization"] = "Basic " + base64.b64encode(name.encode()).decode()
        address = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
    with urllib.request.urlopen(urllib.request.Request(address, headers=headers), timeout=30) as answer:
        return answer.read(), answer.geturl()


def fits(file):
    """Whether a wheel is for this system, processor and C library. uv's own wheels need no particular Python."""
    machine = platform.machine().lower()
    if sys.platform == "darwin":
        return "-macosx_" in file and file.endswith(f"_{machine}.whl")
    libc = "musllinux" if "musl" in (sysconfig.get_config_var("SOABI") or "") else "manylinux"
    return libc in file and f"_{machine}" in file


def main(lock, target):
    named = (os.environ.get(name) for name in ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "PIP_INDEX_URL"))
    index = next(filter(None, named), "https://pypi.org/simple")
    with open(lock, encoding="utf-8") as text:
        locked = text.read()
    version = re.search(r"^uv==(\S+)", locked, re.MULTILINE).group(1)
    hashes = set(re.findall(r"sha256:([0-9a-f]{64})", locked))
    page, address = fetch(index.rstrip("/") + "/uv/")
    links = Links()
    links.feed(page.decode("utf-8", "replace"))
    wheels = [link for link in links.found if re.search(rf"/uv-{re.escape(version)}-[^/]*\.whl(#|$)", "/" + link)]
    for link in wheels:
        file = urllib.parse.unquote(urllib.parse.urlsplit(link).path.rpartition("/")[2])
        if not fits(file):
            continue
        body, _ = fetch(urllib.parse.urljoin(address, link.partition("#")[0]))
        if hashlib.sha256(body).hexdigest() not in hashes:
            sys.exit(f"Hash mismatch for `uv=={version}`")
        os.makedirs(os.path.dirname(target), exist_ok=True)
        half = target + ".part"
        with open(half, "wb") as program:
            program.write(body)
        with zipfile.ZipFile(half) as wheel:
            program = wheel.read(next(name for name in wheel.namelist() if name.endswith("/scripts/uv")))
        with open(half, "wb") as file:
            file.write(program)
        os.chmod(half, 0o755)
        os.replace(half, target)
        return
    sys.exit(f"Could not find a version that satisfies the requirement uv=={version} (from versions: none)")


main(*sys.argv[1:])
