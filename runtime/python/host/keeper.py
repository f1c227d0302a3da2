"""
The outermost process of a host. Enters the namespaces, builds the root, starts the zygote, and ties all their lives
together: when the worker dies the keeper is killed, with it the first process of its pid namespace, with it everyone.
"""
import json
import os
import signal
import socket
import sys

from . import landlock, root, seccomp, zygote
from .syscalls import (
    CLONE_NEWIPC, CLONE_NEWNET, CLONE_NEWNS, CLONE_NEWPID, CLONE_NEWUSER, CLONE_NEWUTS, MACHINE, PR_SET_PDEATHSIG,
    prctl, unshare,
)

CONTROL = 3
USER = 1000  # who an attempt is, inside, where the worker itself is no root


class Host:
    """What every slot of this host shares. Holds nothing secret: children inherit this memory."""

    def __init__(self, orders):
        self.mode = orders["mode"]
        self.slots = os.path.realpath(orders["slots"])
        self.door = os.path.realpath(orders["door"])
        self.entry = orders["entry"]
        self.preload = orders["preload"]
        self.python_path = orders["pythonPath"]
        self.read_only = orders["readOnly"]
        self.environment = orders["environment"]
        self.tmp_bytes, self.shm_bytes = orders["tmpBytes"], orders["shmBytes"]
        self.outer_proc = None
        self.root = None
        self.filter = None
        self.landlock = False
        self._complete = False

    def finish_interpreter(self):
        """
        Adds the environment's packages. Its start-up files (.pth) are code that whoever chose the packages controls: so
        the interpreter starts without them, and meets them in here, before the preload or else only in a locked child.
        """
        if self._complete:
            return
        self._complete = True
        import site

        site.main()
        sys.path[:0] = [path for path in self.python_path if path not in sys.path]


def main():
    channel = socket.socket(fileno=CONTROL)
    orders = json.loads(_first_line(channel))
    prctl("pdeathsig", PR_SET_PDEATHSIG, int(signal.SIGKILL))
    if os.getppid() != orders["worker"]:
        sys.exit(0)  # it died before it could be watched
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _be_first_to_go()
    host = Host(orders)
    step = "start"
    try:
        step = "filter"
        if seccomp.supported():
            host.filter = seccomp.Filter(seccomp.program(MACHINE, internet=host.mode != "none"))
        elif host.mode != "none":
            raise OSError(38, f"no system call filter is known for this machine ({MACHINE})")
        host.outer_proc = _outer_proc()
        step = "namespaces"
        if host.mode == "none":
            host.landlock = landlock.version() > 0
        else:
            host.mode = _enter()
    except OSError as error:
        _refuse(channel, step, error)
    prctl("pdeathsig", PR_SET_PDEATHSIG, int(signal.SIGKILL))  # a new user namespace cleared it
    first = os.fork()
    if first == 0:
        _be_first(host, channel, orders)
    channel.close()
    _, status = os.waitpid(first, 0)
    os._exit(os.WEXITSTATUS(status) if os.WIFEXITED(status) else 128 + os.WTERMSIG(status))


def _be_first_to_go():
    """When the whole machine is out of memory, an attempt is ended rather than the worker or a database. Inherited."""
    try:
        with open("/proc/self/oom_score_adj", "w") as file:
            file.write("500")
    except OSError:
        pass


def _first_line(channel):
    """Byte for byte, because what follows the line belongs to the zygote."""
    line = bytearray()
    while not line.endswith(b"\n"):
        peeked = channel.recv(1 << 16, socket.MSG_PEEK)
        if not peeked:
            sys.exit(0)
        end = peeked.find(b"\n")
        line += channel.recv(len(peeked) if end < 0 else end + 1)
    return line


def _outer_proc():
    """The machine's /proc, kept open: inside, it alone can tell a process the pid that the worker knows it by."""
    try:
        return os.open("/proc", os.O_RDONLY | os.O_DIRECTORY)
    except OSError:
        return None


def _enter():
    rest = CLONE_NEWPID
    if os.geteuid() == 0:
        # Root without the right to mount, as in most containers, is refused here and tried again as an ordinary user by
        # the worker: in a user namespace it would still own the kernel's settings under /proc/sys.
        unshare(rest, "pid namespace")
        return "root"
    uid, gid = os.geteuid(), os.getegid()
    unshare(CLONE_NEWUSER | rest, "user namespace")
    for name, text in (("setgroups", "deny"), ("uid_map", f"{USER} {uid} 1"), ("gid_map", f"{USER} {gid} 1")):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(text)
    return "user"


def _be_first(host, channel, orders):
    """Process 1 of the host's pid namespace. It only waits: the zygote must not be number 1, because its children are,
    and libraries tell parent from child by that number."""
    try:
        prctl("pdeathsig", PR_SET_PDEATHSIG, int(signal.SIGKILL))
        if host.mode != "none":
            unshare(CLONE_NEWNS, "mount namespace")
            unshare(CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNET, "ipc, uts and network namespaces")
            uids = range(*orders["uids"]) if host.mode == "root" else [USER]
            host.root = root.build(host.read_only, orders["links"], host.slots, host.door, uids)
    except OSError as error:
        _refuse(channel, "root", error)
    pid = os.fork()
    if pid == 0:
        try:
            prctl("pdeathsig", PR_SET_PDEATHSIG, int(signal.SIGKILL))
            zygote.serve(host, channel)
        except BaseException:
            sys.excepthook(*sys.exc_info())
        finally:
            sys.stderr.flush()
            os._exit(1)
    channel.close()
    while True:
        ended, status = os.waitpid(-1, 0)
        if ended == pid:
            os._exit(os.WEXITSTATUS(status) if os.WIFEXITED(status) else 128 + os.WTERMSIG(status))


def _refuse(channel, step, error):
    event = {"event": "refused", "step": step, "error": _said(error), "errno": error.errno}
    channel.sendall(json.dumps(event).encode() + b"\n")
    os._exit(3)


def _said(error):
    return str(error) if error.filename else str(error.args[-1])
