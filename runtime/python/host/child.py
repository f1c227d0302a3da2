"""Turns a fresh fork into one locked slot: its own namespaces, folders and sockets first, then no way back."""
import json
import os
import resource
import signal
import socket
import sys

from . import landlock, lock, park
from .root import SETTINGS, STAGE, SYSTEM, private_folders
from .syscalls import (
    CLONE_NEWCGROUP, CLONE_NEWIPC, CLONE_NEWNET, CLONE_NEWNS, CLONE_NEWUSER, CLONE_NEWUTS,
    MS_NODEV, MS_NOEXEC, MS_NOSUID, PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS, bind, mount, prctl, raise_loopback, unmount, unshare,
)

HOME = "/tmp"


def become_slot(order, host):
    """Never returns. `order` is the worker's request for a slot, `host` what all slots of this host share."""
    stage = "start"
    control = None
    try:
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGCHLD, signal.SIGINT, signal.SIGPIPE):
            signal.signal(number, signal.SIG_DFL)
        _leave_when_asked()
        os.setsid()  # or a signal to "my group" would reach the host and every other slot
        stage = "namespaces"
        isolated = host.mode != "none"
        if isolated:
            unshare(CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS, "mount, ipc and uts namespaces")
            try:
                unshare(CLONE_NEWCGROUP, "cgroup namespace")
            except OSError:
                pass  # kernels without it; no cgroup tree is shown inside anyway
            unshare(CLONE_NEWNET, "network namespace")
            try:
                raise_loopback()  # for the processes of this one attempt among themselves; nothing else is on it
            except OSError:
                pass  # a root that may not administer networks; the attempt then does without
        stage = "sockets"
        door = f"{STAGE}/door" if isolated else host.door
        control, out, err = (
            _connect(f"{door}/worker.sock", order["slot"], name) for name in ("control", "stdout", "stderr"))
        control.sendall(json.dumps({"type": "born", "pid": _pid_outside(host)}).encode() + b"\n")
        stage = "folders"
        folders = _folders(order["slot"], host) if isolated else _plain_folders(order["slot"], host)
        stage = "descriptors"
        _descriptors(control, out, err, keep=host.outer_proc)
        lock.limit_resources()
        stage = "privileges"
        if isolated:
            socket.sethostname("drawloom")
        if host.mode == "user":
            _own_user_namespace(host)
        if host.outer_proc is not None:
            os.close(host.outer_proc)
        if order.get("uid") is not None:
            lock.become(order["uid"])
        if not isolated:
            prctl("subreaper", PR_SET_CHILD_SUBREAPER, 1)
            if host.landlock:
                prctl("no_new_privs", PR_SET_NO_NEW_PRIVS, 1)
                seen = [*SYSTEM, *SETTINGS, *host.read_only]
                landlock.restrict(seen, [folders["in"]], [folders["job"], folders["tmp"]])
        lock.give_up_privileges(host.filter)
        stage = "environment"
        environment = {
            "PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": folders["tmp"], "TMPDIR": folders["tmp"], "LANG": "C.UTF-8",
            "USER": "drawloom", "LOGNAME": "drawloom", **host.environment, **(order.get("env") or {}),
        }
        os.environ.clear()
        os.environ.update(environment)
        os.chdir(folders["job"])
        stage = "program"
        if order["kind"] == "exec":
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            os.set_inheritable(3, True)
            os.execve(order["argv"][0], order["argv"], dict(os.environ))
        park.wait_for_work(host, folders, environment)
    except BaseException as error:  # whatever it is, the host must not run on as a second host
        _report(control, stage, error)
    finally:
        os._exit(70)


def _leave_when_asked():
    """Of this process alone: those it forks, the workers of a pool for one, end by SIGTERM at once as everywhere else. With our
    handler they would leave through whatever they were doing, which holds a lock now and then; and a signal that came between the
    fork and their first step would be forgotten. So it waits, blocked, until they are themselves."""
    signal.signal(signal.SIGTERM, _leave)
    term = {signal.SIGTERM}

    def be_oneself():
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, term)

    os.register_at_fork(
        before=lambda: signal.pthread_sigmask(signal.SIG_BLOCK, term),
        after_in_parent=lambda: signal.pthread_sigmask(signal.SIG_UNBLOCK, term),
        after_in_child=be_oneself,
    )


def _leave(_number, _frame):
    raise SystemExit(143)


def _pid_outside(host):
    return os.getpid() if host.outer_proc is None else int(os.readlink("self", dir_fd=host.outer_proc))


def _connect(path, slot, name):
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.connect(path)
    connection.sendall(f"{slot} {name}\n".encode())
    return connection


def _folders(slot, host):
    """/in shows what the worker links in later, read-only; /job is the one place whose contents outlive the attempt."""
    bind(f"{STAGE}/slots-ro/{slot}/in", "/in")
    bind(f"{STAGE}/slots/{slot}/job", "/job")
    private_folders(host.root, host.tmp_bytes, host.shm_bytes)
    if host.root.proc:
        mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC)
    unmount(STAGE)
    return {"in": "/in", "job": "/job", "tmp": "/tmp"}


def _plain_folders(slot, host):
    base = f"{host.slots}/{slot}"
    return {"in": f"{base}/in", "job": f"{base}/job", "tmp": f"{base}/tmp"}


def _descriptors(control, out, err, keep):
    """0 is empty, 1 and 2 are sockets, 3 is the control line; nothing else that the host had open stays open."""
    empty = os.open("/dev/null", os.O_RDONLY)
    for source, target in ((empty, 0), (out.fileno(), 1), (err.fileno(), 2), (control.fileno(), 3)):
        os.dup2(source, target, inheritable=target != 3)
    for name in (control, out, err):
        name.detach()
    last = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    last = 1 << 20 if last == resource.RLIM_INFINITY else last
    if keep is None:
        os.closerange(4, last)
    else:
        os.closerange(4, keep)
        os.closerange(keep + 1, last)


def _own_user_namespace(host):
    """
    A namespace of users per slot, although the host's would do: limits on processes are counted per namespace, so each
    slot has its own count, and the mounts above belong to the host's namespace, beyond the reach of this one.
    """
    uid, gid = os.getuid(), os.getgid()
    unshare(CLONE_NEWUSER, "user namespace of the slot")
    for name, text in (("setgroups", "deny"), ("uid_map", f"{uid} {uid} 1"), ("gid_map", f"{gid} {gid} 1")):
        descriptor = os.open(f"self/{name}", os.O_WRONLY, dir_fd=host.outer_proc)
        os.write(descriptor, text.encode())
        os.close(descriptor)
    try:
        with open("/proc/sys/user/max_user_namespaces", "w") as file:
            file.write("0")  # a second barrier behind the filter
    except OSError:
        pass


def _report(control, stage, error):
    text = json.dumps({"type": "unable", "stage": stage, "error": f"{type(error).__name__}: {error}"}) + "\n"
    try:
        descriptor = 2 if control is None else 3 if control.fileno() < 0 else control.fileno()
        os.write(descriptor, text.encode())
    except OSError:
        os.write(2, text.encode())
    sys.stderr.flush()
