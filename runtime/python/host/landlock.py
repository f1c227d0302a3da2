"""
Confines file access where namespaces are forbidden (Linux 5.13 and later, no privilege needed). A weaker second-best:
other processes stay visible, and nothing is private but the folders named here.
"""
import ctypes
import os
import struct

from .syscalls import LANDLOCK_ADD_RULE, LANDLOCK_CREATE_RULESET, LANDLOCK_RESTRICT_SELF, syscall

EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1, 2, 4, 8
READ = EXECUTE | READ_FILE | READ_DIR
OF_A_FILE = EXECUTE | WRITE_FILE | READ_FILE | (1 << 14) | (1 << 15)  # truncate, ioctl on devices
SCOPES = 0b11  # abstract sockets and signals stay inside, since version 6
VERSION = 1


def version():
    """0 where the kernel has none."""
    try:
        return syscall("landlock", LANDLOCK_CREATE_RULESET, None, ctypes.c_size_t(0), VERSION)
    except OSError:
        return 0


def restrict(read_only, inputs, writable):
    known = version()
    everything = (1 << {1: 13, 2: 14, 3: 15, 4: 15}.get(known, 16)) - 1
    attributes = struct.pack("QQQ", everything, 0x3 if known >= 4 else 0, SCOPES if known >= 6 else 0)
    size = 24 if known >= 6 else 16 if known >= 4 else 8
    rules = syscall("landlock", LANDLOCK_CREATE_RULESET, attributes, ctypes.c_size_t(size), 0)
    for path in read_only:
        _allow(rules, path, READ & everything)
    for path in inputs:
        _allow(rules, path, (READ_FILE | READ_DIR) & everything)
    for path in writable:
        _allow(rules, path, everything)
    for path in ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"):
        _allow(rules, path, (READ_FILE | WRITE_FILE) & everything)
    syscall("landlock", LANDLOCK_RESTRICT_SELF, rules, 0)
    os.close(rules)


def _allow(rules, path, access):
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return  # not there: nothing to allow
    try:
        if not os.path.isdir(path):
            access &= OF_A_FILE
        syscall(f"landlock {path}", LANDLOCK_ADD_RULE, rules, 1, struct.pack("=Qi", access, descriptor), 0)
    finally:
        os.close(descriptor)
