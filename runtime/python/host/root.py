"""
Builds the root that all children of a host see: the system's programs and the declared folders, read-only, and nothing
else. Runs in a fresh mount namespace, so the machine's own mounts stay as they are.
"""
import os

from .syscalls import (
    MNT_DETACH, MS_NODEV, MS_NOEXEC, MS_NOSUID, MS_PRIVATE, MS_RDONLY, MS_REC,
    bind, mount, pivot_root, restrict_mount, unmount,
)

SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/nix/store", "/gnu/store")
SETTINGS = (
    "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/ld-musl-x86_64.path", "/etc/ld-musl-aarch64.path",
    "/etc/alternatives", "/etc/localtime", "/etc/timezone", "/etc/mime.types", "/etc/fonts", "/etc/crypto-policies",
    "/etc/ssl/certs", "/etc/ssl/openssl.cnf", "/etc/pki/tls/certs", "/etc/pki/tls/openssl.cnf",
    "/etc/pki/ca-trust/extracted",
)
DEVICES = ("null", "zero", "full", "random", "urandom")
STAGE = "/.stage"
PRIVATE = ("/tmp", "/dev/shm")  # each child mounts its own over these
OURS = ("/proc", "/sys", "/dev", "/in", "/job", STAGE)


class Root:
    """What the build found out and the children need: folders to show again once their own /tmp hides them."""

    def __init__(self):
        self.hidden = []  # (folder under /.stage, path it belongs at)
        self.proc = True


def build(read_only, links, slots, door, uids):
    """`door` is the folder of the worker's socket; `links` are symlinks, (path, target), to the interpreter."""
    shown = [path for path in (*SYSTEM, *SETTINGS) if os.path.lexists(path)] + sorted(read_only, key=len)
    sources = {path: (os.readlink(path) if os.path.islink(path) and path not in read_only else os.path.realpath(path))
               for path in shown}
    symbolic = {path for path in shown if os.path.islink(path) and path not in read_only}
    for path in read_only:
        if any(path == own or path.startswith(own + "/") for own in OURS if own != "/dev") or path == "/":
            raise OSError(22, f"{path}: cannot be shown inside the sandbox, which has its own")
        if not os.path.exists(path):
            raise OSError(2, f"{path}: declared as readOnly, but it does not exist or may not be read")

    root = Root()
    os.umask(0o022)
    mount(None, "/", None, MS_REC | MS_PRIVATE)
    mount("tmpfs", door, "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755")
    os.mkdir(door + "/new")
    os.mkdir(door + "/old")
    pivot_root(door, door + "/old")
    os.chdir("/")
    mount("tmpfs", "/new", "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755,size=16m")
    _stage(slots, door)
    done = []
    for path in shown:
        if any(path == other or path.startswith(other + "/") for other in done):
            continue  # an ancestor is already shown
        done.append(path)
        if path in symbolic:
            os.makedirs(os.path.dirname("/new" + path), exist_ok=True)
            os.symlink(sources[path], "/new" + path)
            continue
        private = next((own for own in PRIVATE if path == own or path.startswith(own + "/")), None)
        if private is not None:
            staged = f"{STAGE}/hidden-{len(root.hidden)}"
            _show("/old" + sources[path], "/new" + staged)
            root.hidden.append((staged, path))
        else:
            _show("/old" + sources[path], "/new" + path)
    for path, target in links:
        if not any(path.startswith(other + "/") for other in done) and not os.path.lexists("/new" + path):
            os.makedirs(os.path.dirname("/new" + path), exist_ok=True)
            os.symlink(target, "/new" + path)
    for path in ("/tmp", "/in", "/job", "/proc"):
        os.makedirs("/new" + path, exist_ok=True)
    _devices()
    _names(uids)
    try:
        mount("proc", "/new/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC)
    except PermissionError:
        root.proc = False  # a container that masks parts of /proc forbids a fresh one; then there is none
    os.chdir("/new")
    pivot_root(".", ".")
    unmount(".", MNT_DETACH)
    os.chdir("/")
    private_folders(root, 64 << 20, 64 << 20)  # the importing interpreter needs a place for its semaphores
    for path in (STAGE, "/dev", "/"):
        restrict_mount(path, MS_RDONLY | MS_NOSUID | (0 if path == "/dev" else MS_NODEV), recursive=False)
    return root


def private_folders(root, tmp_bytes, shm_bytes):
    """A fresh /tmp and /dev/shm for whoever calls, with the declared folders that lie below them shown again."""
    for path, size in (("/tmp", tmp_bytes), ("/dev/shm", shm_bytes)):
        mount("tmpfs", path, "tmpfs", MS_NOSUID | MS_NODEV, f"mode=1777,size={size},nr_inodes=200000")
    for staged, path in root.hidden:
        if os.path.isdir(staged):
            os.makedirs(path, exist_ok=True)
        else:
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "x"):
                pass
        bind(staged, path)


def _stage(slots, door):
    """Where a child finds its folders and the worker's socket; it is taken away before user code starts."""
    os.mkdir("/new" + STAGE)
    mount("tmpfs", "/new" + STAGE, "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755,size=1m")
    for name, source in (("door", door), ("slots", slots), ("slots-ro", slots)):
        os.mkdir(f"/new{STAGE}/{name}")
        bind("/old" + source, f"/new{STAGE}/{name}")
    restrict_mount(f"/new{STAGE}/slots", MS_NOSUID | MS_NODEV, recursive=True)
    restrict_mount(f"/new{STAGE}/slots-ro", MS_RDONLY | MS_NOSUID | MS_NODEV, recursive=True)


def _show(source, target):
    if os.path.isdir(source):
        os.makedirs(target, exist_ok=True)
    else:
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(target, "x"):
            pass
    bind(source, target)
    restrict_mount(target, MS_RDONLY | MS_NOSUID | MS_NODEV, recursive=os.path.isdir(source))


def _devices():
    os.mkdir("/new/dev")
    mount("tmpfs", "/new/dev", "tmpfs", MS_NOSUID, "mode=0755,size=1m")
    for name in DEVICES:
        with open(f"/new/dev/{name}", "x"):
            pass
        bind(f"/old/dev/{name}", f"/new/dev/{name}")
        restrict_mount(f"/new/dev/{name}", MS_NOSUID | MS_NOEXEC, recursive=False)
    for name, target in (("fd", "/proc/self/fd"), ("stdin", "fd/0"), ("stdout", "fd/1"), ("stderr", "fd/2")):
        os.symlink(target, f"/new/dev/{name}")
    os.mkdir("/new/dev/shm")


def _names(uids):
    """Names for the users that attempts run as: libraries ask for the name of their own user and fail without one."""
    os.makedirs("/new/etc", exist_ok=True)
    people = "".join(f"drawloom:x:{uid}:{uid}::/tmp:/bin/sh\n" for uid in uids)
    groups = "".join(f"drawloom:x:{uid}:\n" for uid in uids)
    for name, text in (
        ("passwd", f"root:x:0:0::/:/bin/false\n{people}nobody:x:65534:65534::/:/bin/false\n"),
        ("group", f"root:x:0:\n{groups}nogroup:x:65534:\n"),
        ("hosts", "127.0.0.1 localhost\n::1 localhost\n"),
        ("nsswitch.conf", "passwd: files\ngroup: files\nhosts: files\n"),
        ("hostname", "drawloom\n"),
    ):
        with open(f"/new/etc/{name}", "w", encoding="utf-8") as file:
            file.write(text)
