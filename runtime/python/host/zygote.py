"""Holds the warm interpreter and, on the worker's order, forks slots from it, signals them and reports their end."""
import gc
import importlib
import json
import os
import re
import resource
import select
import signal
import sys
import time
import traceback
import types
import warnings

from . import lock, syscalls
from .child import become_slot
from .syscalls import CLONE_NEWPID, PR_SET_CHILD_SUBREAPER, prctl, setns, unshare

LIMITS = {"fileBytes": resource.RLIMIT_FSIZE, "processes": resource.RLIMIT_NPROC, "dataBytes": resource.RLIMIT_DATA}


def serve(host, channel):
    started = time.monotonic()
    # Programs that start copies of themselves look here for the file to run again; there is none inside.
    sys.modules["__main__"] = types.ModuleType("__main__")
    sys.argv = [""]
    missing = _preload(host)
    own = None if host.mode == "none" else os.open("self/ns/pid", os.O_RDONLY, dir_fd=host.outer_proc)
    if own is None:
        prctl("subreaper", PR_SET_CHILD_SUBREAPER, 1)  # what a slot leaves behind comes here to be ended
    lock.forget_capabilities()
    gc.collect()
    gc.freeze()  # so that no collection in a child touches, and thereby copies, the pages all share
    _let_go_of_libraries()
    _tell(channel, {
        "event": "ready", "mode": host.mode, "missing": missing, "python": sys.version.split()[0],
        "proc": host.root.proc if host.root else True, "filter": host.filter is not None, "landlock": host.landlock,
        "preloadMs": round((time.monotonic() - started) * 1000), "dataBytes": _own_bytes("VmData"),
        "residentBytes": _own_bytes("VmRSS"),
        "setsUser": _may_set_user(),
    })
    Zygote(host, channel, own).run()


def _preload(host):
    """Imports ahead what attempts will import. What fails is told and left to the attempt to fail on."""
    missing = {}
    if host.preload:
        host.finish_interpreter()
    for name in host.preload:
        try:
            importlib.import_module(name)
        except Exception as error:
            missing[name] = f"{type(error).__name__}: {error}"
            traceback.print_exc()
    return missing


def _let_go_of_libraries():
    """
    Pages of compiled libraries that were read in for the import, a hundred megabytes of them, and never written. A fork does not
    take them along, each attempt finds those it needs in the kernel's cache: here nobody needs them any more.
    """
    try:
        with open("/proc/self/smaps") as file:
            text = file.read()
    except OSError:
        return
    for head, body in re.findall(r"^([0-9a-f]+-[0-9a-f]+ r.*)\n((?:\w+:.*\n)+)", text, re.MULTILINE):
        span, rights, _, _, inode, *_ = head.split()
        # What was written to, the tables of addresses above all, exists here alone.
        if inode == "0" or "w" in rights or re.search(r"^Anonymous: +0 kB$", body, re.MULTILINE) is None:
            continue
        first, end = (int(address, 16) for address in span.split("-"))
        syscalls.let_go(first, end - first)


def _own_bytes(name):
    try:
        with open("/proc/self/status") as file:
            return next(int(line.split()[1]) * 1024 for line in file if line.startswith(name))
    except (OSError, StopIteration):
        return 0


def _may_set_user():
    """Root in a container may have lost the right to become someone else; then attempts keep the worker's user."""
    if os.geteuid() != 0:
        return False
    effective = syscalls.capabilities()[0]
    return effective & 0b11000000 == 0b11000000


def _tell(channel, event):
    channel.sendall(json.dumps(event, separators=(",", ":")).encode() + b"\n")


class Zygote:
    def __init__(self, host, channel, own_pid_namespace):
        self._host = host
        self._channel = channel
        self._own = own_pid_namespace
        self._slot_of = {}  # pid: slot
        self._pid_of = {}
        self._uid_of = {}
        self._heard = bytearray()

    def run(self):
        reader, writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
        poll = select.poll()
        poll.register(self._channel, select.POLLIN)
        poll.register(reader, select.POLLIN)
        while True:
            ready = dict(poll.poll())
            if reader in ready:
                os.read(reader, 4096)
            self._reap()
            if self._channel.fileno() in ready and not self._listen():
                return  # the worker is gone or has had enough; with this process everything below it ends

    def _listen(self):
        arrived = self._channel.recv(1 << 16)
        if not arrived:
            return False
        self._heard += arrived
        *lines, rest = self._heard.split(b"\n")
        self._heard = bytearray(rest)
        for line in lines:
            order = json.loads(line)
            if order["do"] == "stop":
                return False
            self._carry_out(order)
            self._reap()
        return True

    def _carry_out(self, order):
        slot = order["slot"]
        if order["do"] == "spawn":
            try:
                self._spawn(order)
            except OSError as error:
                _tell(self._channel, {"event": "unable", "slot": slot, "error": str(error.args[-1])})
            return
        pid = self._pid_of.get(slot)
        if pid is None:
            return  # it ended meanwhile; its exit is on the way
        # The pid is safe to use: nobody but this process reaps it, and it has not yet.
        if order["do"] == "signal":
            os.kill(pid, order["signal"])
            if order["signal"] == signal.SIGKILL and self._own is None:
                _end_group(pid)
        elif order["do"] == "limit":
            self._limit(pid, order["limits"])

    def _limit(self, pid, limits):
        """From outside and late, because a slot is parked before it is known for which attempt."""
        uid = self._uid_of.get(pid)
        try:
            if uid is not None:
                # The kernel asks for equal real users, or else for a right that root in a container seldom has.
                os.setresgid(uid, -1, -1)
                os.setresuid(uid, -1, -1)
            for name, value in limits.items():
                hard = resource.prlimit(pid, LIMITS[name])[1]
                bound = value if hard == resource.RLIM_INFINITY else min(value, hard)
                resource.prlimit(pid, LIMITS[name], (bound, bound))
        except (OSError, ValueError):
            traceback.print_exc()
        finally:
            if uid is not None:
                os.setresuid(0, -1, -1)
                os.setresgid(0, -1, -1)

    def _spawn(self, order):
        if self._own is not None:
            unshare(CLONE_NEWPID, "pid namespace of a slot")
        try:
            with warnings.catch_warnings():
                # Libraries keep threads of their own after import; the child has only this one and needs no other.
                warnings.simplefilter("ignore")
                pid = os.fork()
        finally:
            if self._own is not None and os.getpid() != 1:
                setns(self._own, CLONE_NEWPID, "own pid namespace")
        if pid == 0:
            become_slot(order, self._host)
        self._slot_of[pid] = order["slot"]
        if order.get("uid") is not None:
            self._uid_of[pid] = order["uid"]
        self._pid_of[order["slot"]] = pid

    def _reap(self):
        while True:
            try:
                found = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            except ChildProcessError:
                return
            if found is None:
                return
            pid = found.si_pid
            if self._own is None and pid in self._slot_of:
                _end_group(pid)
                _end_orphans(self._slot_of)
            _, status, used = os.wait4(pid, 0)
            self._uid_of.pop(pid, None)
            slot = self._slot_of.pop(pid, None)
            if slot is None:
                continue
            del self._pid_of[slot]
            _tell(self._channel, {
                "event": "exit", "slot": slot,
                "exitCode": os.WEXITSTATUS(status) if os.WIFEXITED(status) else None,
                "signal": signal.Signals(os.WTERMSIG(status)).name if os.WIFSIGNALED(status) else None,
                "peakBytes": used.ru_maxrss * 1024, "cpuMs": round((used.ru_utime + used.ru_stime) * 1000),
            })


def _end_group(pid):
    try:
        os.killpg(pid, signal.SIGKILL)
    except OSError:
        pass


def _end_orphans(known):
    """Without a pid namespace: a slot collects its orphans, so those that come here are of the one that just ended."""
    us = os.getpid()
    for _ in range(100):
        orphans = [pid for pid in _children_of(us) if pid not in known]
        if not orphans:
            return
        for pid in orphans:
            try:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
            except OSError:
                pass


def _children_of(parent):
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat") as file:
                    if int(file.read().rpartition(") ")[2].split()[1]) == parent:
                        found.append(int(name))
            except OSError:
                pass
    return found
