"""
Tries, from inside a real attempt, what a hostile node could try, and says for each whether the sandbox held. Every
probe is harmless where it succeeds: it looks, connects or writes an empty file, and undoes it.
"""
import ctypes
import mmap
import os
import resource
import signal
import socket
import stat

from .seccomp import CLONE3, MACHINES, REFUSED
from .syscalls import MACHINE, PR_GET_NO_NEW_PRIVS, PR_GET_SECCOMP, capabilities, libc, prctl

OURS = {"PATH", "HOME", "TMPDIR", "LANG", "LC_ALL", "LC_CTYPE", "USER", "LOGNAME", "GLIBC_TUNABLES", "PWD", "TZ"}
OUR_PREFIXES = ("PYTHON", "OPENBLAS_", "OMP_", "MKL_", "ARROW_", "MALLOC_", "NUMEXPR_", "VECLIB_", "MPL")


def attempt(message, control):
    facts = message["escapes"]
    if facts.get("role") == "decoy":
        _stand_still(facts, control)
        return
    results = []
    for name, probe in PROBES.items():
        try:
            reason = probe(facts)
        except Exception as error:  # a probe that cannot run proves nothing
            reason = f"the probe failed: {type(error).__name__}: {error}"
        results.append({"name": name, "held": reason is None, "detail": reason or ""})
    control.send({"type": "escapes", "results": results})


def _stand_still(facts, control):
    """A neighbour with something to find: files in its private places and an open socket."""
    for folder in (control.folders["job"], control.folders["tmp"]):
        with open(f"{folder}/{facts['marker']}", "w") as file:
            file.write("secret of another attempt")
    try:
        with open(f"/dev/shm/{facts['marker']}", "w") as file:
            file.write("secret of another attempt")
    except OSError:
        pass
    listener = socket.socket(socket.AF_UNIX)
    listener.bind("\0" + facts["marker"])
    listener.listen()
    control.send({"type": "standing"})
    control.receive()


def _refused(call, *expected):
    try:
        call()
    except OSError as error:
        return None if not expected or error.errno in expected else f"unexpected answer: {error}"
    return "it was allowed"


def _first(*reasons):
    return next((reason for reason in reasons if reason), None)


def _kernel(name, *args):
    number = REFUSED[name][MACHINES[MACHINE][0]]
    ctypes.set_errno(0)
    if libc.syscall(ctypes.c_long(number), *[ctypes.c_ulong(arg) for arg in args]) != -1:
        return f"{name} was allowed"
    return None if ctypes.get_errno() in (1, 38) else f"{name} failed only with: {os.strerror(ctypes.get_errno())}"


def _reads(path):
    def look():
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.read(descriptor, 1)
        finally:
            os.close(descriptor)
    return None if _refused(look) is None else f"{path} could be read"


def _writes(path):
    target = f"{path}/drawloom-escape"

    def write():
        os.close(os.open(target, os.O_CREAT | os.O_WRONLY))
        os.unlink(target)
    return None if _refused(write) is None else f"{path} could be written"


def environment(_facts):
    started_with = set()
    try:
        with open("/proc/self/environ", "rb") as file:
            started_with = {entry.split(b"=")[0].decode() for entry in file.read().split(b"\0") if entry}
    except OSError:
        pass  # no /proc to read it from
    seen = started_with | set(os.environ)
    strange = [name for name in seen if name not in OURS and not name.startswith(OUR_PREFIXES)]
    return f"variables of the worker are visible: {', '.join(sorted(strange))}" if strange else None


def worker_memory(facts):
    for pid in facts["pids"]:
        if pid == os.getpid():
            continue
        found = _first(_reads(f"/proc/{pid}/mem"), _reads(f"/proc/{pid}/environ"))
        if found:
            return found
    return _first(_kernel("process_vm_readv", facts["pids"][0], 0, 0, 0, 0, 0), _kernel("pidfd_getfd", 0, 0, 0))


def other_processes(facts):
    for pid in facts["pids"]:
        if pid != os.getpid() and _refused(lambda: os.kill(pid, 0)):
            return f"process {pid} outside could be signalled"
    try:
        seen = [name for name in os.listdir("/proc") if name.isdigit() and int(name) != os.getpid()]
    except OSError:
        return None
    return f"{len(seen)} processes outside are visible" if seen else None


def other_slots(facts):
    for path in facts["secrets"]:
        found = _reads(path)
        if found:
            return found
    for folder in ("/.stage", "/job/..", "/in/..", "/tmp", "/dev/shm", "/proc/1/root"):
        try:
            if facts["marker"] in os.listdir(folder):
                return f"files of another attempt lie in {folder}"
        except OSError:
            pass
    try:
        return "the worker's socket is visible" if os.listdir("/.stage") else None
    except OSError:
        return None


def network(_facts):
    def out():
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as connection:
            connection.settimeout(0.3)
            connection.connect(("192.0.2.1", 9))  # an address that belongs to nobody

    def datagram():
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as connection:
            connection.sendto(b"", ("192.0.2.1", 9))
    if _refused(out) is None and _refused(datagram, 101, 97, 1) is None:
        try:
            out()
        except TimeoutError:
            return "packets leave for the network"  # nobody answered, but somebody was asked
        except OSError:
            return None
    return "packets leave for the network"


def loopback(facts):
    def connect():
        with socket.socket(socket.AF_INET) as connection:
            connection.settimeout(0.3)
            connection.connect(("127.0.0.1", facts["port"]))
    return "the machine's own services can be reached" if _refused(connect) else None


def socket_families(_facts):
    for name, family in (("netlink", 16), ("packet", 17), ("vsock", 40), ("alg", 38)):
        if _refused(lambda: socket.socket(family, socket.SOCK_RAW if family < 30 else socket.SOCK_STREAM).close()):
            return f"a {name} socket could be opened"
    return None


def abstract_sockets(facts):
    for name in facts["abstract"]:
        def connect():
            with socket.socket(socket.AF_UNIX) as connection:
                connection.connect("\0" + name)
        if _refused(connect):
            return "an abstract socket outside accepted a connection"
    return None


def mounts(_facts):
    return _first(*[_kernel(name, 0, 0, 0, 0, 0) for name in (
        "mount", "umount2", "pivot_root", "chroot", "open_tree", "fsopen", "move_mount", "mount_setattr", "setns")])


def namespaces(_facts):
    number = CLONE3[MACHINES[MACHINE][0]]
    libc.syscall(ctypes.c_long(number), None, ctypes.c_ulong(0))
    if ctypes.get_errno() != 38:
        return "clone3 is not refused"
    return _first(*[_kernel("unshare", flag) for flag in (0x10000000, 0x00020000, 0x40000000)])


def tracing(facts):
    return _first(_kernel("ptrace", 16, facts["pids"][0], 0, 0), *[_kernel(name, 0, 0, 0, 0, 0) for name in (
        "bpf", "perf_event_open", "userfaultfd", "keyctl", "io_uring_setup", "kcmp", "name_to_handle_at")])


def foreign_calls(_facts):
    """Calls of the 32-bit interface carry other numbers; the filter must not let them pass as harmless ones."""
    if MACHINE != "x86_64":
        return None
    pid = os.fork()
    if pid == 0:
        with mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC) as page:
            page.write(b"\xb8\x14\x00\x00\x00\xcd\x80\xc3")  # mov eax, getpid; int 0x80; ret
            ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(page)))()
        os._exit(0)
    status = os.waitpid(pid, 0)[1]
    ended = os.WTERMSIG(status) if os.WIFSIGNALED(status) else None
    return None if ended in (signal.SIGSYS, signal.SIGSEGV) else "32-bit calls pass"


def privileges(_facts):
    if os.getuid() == 0:
        return "user code runs as root"
    if any(capabilities()):
        return f"capabilities are left: {capabilities()}"
    if prctl("no_new_privs", PR_GET_NO_NEW_PRIVS) != 1 or prctl("filter", PR_GET_SECCOMP) != 2:
        return "no_new_privs or the filter is not in force"
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]

    def raise_limit():
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard + 1))
        except ValueError as error:
            raise OSError(1, str(error)) from error
    return _first(*[None if _refused(call) is None else f"{what} was allowed" for what, call in (
        ("setuid(0)", lambda: os.setuid(0)), ("setgroups", lambda: os.setgroups([0])), ("raising a limit", raise_limit),
        ("making a device", lambda: os.mknod("/tmp/drawloom-device", 0o600 | stat.S_IFBLK, os.makedev(8, 0))))])


def setuid_programs(_facts):
    return None if os.statvfs("/usr").f_flag & 2 else "programs under /usr may change the user"


def kernel_files(_facts):
    def order():
        os.close(os.open("/proc/sys/kernel/core_pattern", os.O_WRONLY))
    return _first(*[_reads(path) for path in ("/proc/kcore", "/proc/kmsg", "/etc/shadow", "/dev/mem", "/dev/vda")],
                  "/sys is visible" if os.path.exists("/sys/kernel") else None,
                  "kernel settings can be written" if _refused(order) else None)


def writes(facts):
    def alter_input():
        os.chmod(facts["input"], 0o777)
        os.close(os.open(facts["input"], os.O_WRONLY))
    return _first(*[_writes(path) for path in ("/", "/usr", "/usr/bin", "/etc", "/dev", "/in", *facts["readOnly"])],
                  "an input can be changed" if _refused(alter_input) else None)


def descriptors(_facts):
    reader = 1  # Control's own copy of the line
    extra = [str(number) for number in range(4, resource.getrlimit(resource.RLIMIT_NOFILE)[0]) if _is_open(number)]
    return None if len(extra) <= reader else f"descriptors of the host are open: {', '.join(extra)}"


def _is_open(number):
    try:
        os.fstat(number)
        return True
    except OSError:
        return False


PROBES = {
    "environment": environment, "worker memory": worker_memory, "other processes": other_processes,
    "other attempts": other_slots, "network": network, "loopback": loopback, "socket families": socket_families,
    "abstract sockets": abstract_sockets, "mounts": mounts, "namespaces": namespaces, "tracing": tracing,
    "foreign system calls": foreign_calls, "privileges": privileges, "setuid programs": setuid_programs,
    "kernel files": kernel_files, "writes": writes, "descriptors": descriptors,
}
