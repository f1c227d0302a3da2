"""The kernel calls that Python does not offer, each raising OSError with the name of what was tried."""
import ctypes
import fcntl
import os
import socket
import struct

libc = ctypes.CDLL(None, use_errno=True)
MACHINE = os.uname().machine

# Calls without a wrapper in every libc. From 424 on, all machines share their numbers.
NUMBERS = {
    "x86_64": {"pivot_root": 155, "capset": 126, "capget": 125},
    "aarch64": {"pivot_root": 41, "capset": 91, "capget": 90},
}
MOUNT_SETATTR = 442
LANDLOCK_CREATE_RULESET = 444
LANDLOCK_ADD_RULE = 445
LANDLOCK_RESTRICT_SELF = 446

MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REMOUNT = 1, 2, 4, 8, 32
MS_BIND, MS_REC, MS_PRIVATE = 4096, 16384, 1 << 18
MNT_DETACH = 2
SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 1
AT_FDCWD, AT_RECURSIVE = -100, 0x8000

CLONE_NEWNS, CLONE_NEWCGROUP, CLONE_NEWUTS = 0x00020000, 0x02000000, 0x04000000
CLONE_NEWIPC, CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = 0x08000000, 0x10000000, 0x20000000, 0x40000000

PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_GET_SECCOMP, PR_SET_SECCOMP, PR_CAPBSET_DROP = 1, 4, 21, 22, 24
PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS, PR_GET_NO_NEW_PRIVS, PR_CAP_AMBIENT = 36, 38, 39, 47
PR_CAP_AMBIENT_CLEAR_ALL = 4

ulong = ctypes.c_ulong


def _checked(result, what):
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def syscall(what, number, *args):
    return _checked(libc.syscall(ctypes.c_long(number), *args), what)


def named(name, *args):
    if MACHINE not in NUMBERS:
        raise OSError(38, f"{name}: the sandbox does not know this machine ({MACHINE})")
    return syscall(name, NUMBERS[MACHINE][name], *args)


def mount(source, target, kind=None, flags=0, data=None):
    encoded = [None if text is None else os.fsencode(text) for text in (source, target, kind)]
    _checked(
        libc.mount(encoded[0], encoded[1], encoded[2], ulong(flags), None if data is None else data.encode()),
        f"mount {kind or source} on {target}",
    )


def unmount(target, flags=MNT_DETACH):
    _checked(libc.umount2(os.fsencode(target), flags), f"unmount {target}")


def pivot_root(new, old):
    named("pivot_root", os.fsencode(new), os.fsencode(old))


def raise_loopback():
    """Of the network namespace of this process. Needs no more than the right over that namespace."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = bytearray(struct.pack("16sH22x", b"lo", 0))
        fcntl.ioctl(any_socket, SIOCGIFFLAGS, request)
        flags = struct.unpack_from("H", request, 16)[0]
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sH22x", b"lo", flags | IFF_UP))


def unshare(flags, what):
    _checked(libc.unshare(flags), f"unshare {what}")


def setns(fd, kind, what):
    _checked(libc.setns(fd, kind), f"setns {what}")


libc.prctl.argtypes = [ctypes.c_int, ulong, ulong, ulong, ulong]


def prctl(what, option, first=0, second=0):
    result = libc.prctl(option, first, second, 0, 0)
    return result if result >= 0 else _checked(result, f"prctl {what}")


libc.madvise.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
MADV_DONTNEED = 4


def let_go(address, length):
    """Of pages that can be read in again from their file. Where the kernel will not, they stay."""
    libc.madvise(address, length, MADV_DONTNEED)


def capabilities():
    """Effective, permitted and inheritable capabilities of this process, as bits."""
    header = ctypes.create_string_buffer(struct.pack("Ii", 0x20080522, 0))
    data = ctypes.create_string_buffer(24)
    named("capget", header, data)
    low, high = struct.unpack_from("III", data.raw, 0), struct.unpack_from("III", data.raw, 12)
    return tuple(low[index] | high[index] << 32 for index in range(3))


def bind(source, target):
    mount(source, target, None, MS_BIND | MS_REC)


def restrict_mount(target, flags, recursive):
    """
    Adds read-only, nosuid, nodev to a mount and, if asked, to all below it. One call since Linux 5.12; before that each
    mount is remounted with the flags it has, because a user namespace may add flags but take none away.
    """
    attributes = struct.pack("QQQQ", flags & (MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC), 0, 0, 0)
    try:
        syscall(
            f"mount_setattr {target}", MOUNT_SETATTR, AT_FDCWD, os.fsencode(target),
            AT_RECURSIVE if recursive else 0, attributes, ctypes.c_size_t(len(attributes)),
        )
        return
    except OSError as error:
        if error.errno != 38:
            raise
    for point in [target, *(_mounts_below(target) if recursive else [])]:
        kept = os.statvfs(point).f_flag & 0x140F  # ro, nosuid, nodev, noexec, noatime, relatime: equal bits below 16
        kept = (kept & 0xF) | (0x400 if kept & 0x400 else 0) | (0x200000 if kept & 0x1000 else 0)
        mount(None, point, None, MS_REMOUNT | MS_BIND | flags | kept)


def _mounts_below(target):
    table = next(path for path in ("/old/proc/self/mountinfo", "/proc/self/mountinfo") if os.path.exists(path))
    with open(table, encoding="utf-8", errors="surrogateescape") as file:
        points = [line.split(" ")[4] for line in file]
    for escape, character in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        points = [point.replace(escape, character) for point in points]
    return [point for point in points if point.startswith(target.rstrip("/") + "/")]
