"""Gives up, for good and in the right order, all that the process could still do to others. User code comes after."""
import ctypes
import os
import resource
import signal
import struct

from .syscalls import (
    PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, PR_CAPBSET_DROP, PR_SET_DUMPABLE, PR_SET_NO_NEW_PRIVS, PR_SET_PDEATHSIG,
    named, prctl,
)

OPEN_FILES = 8192


def limit_resources():
    """Bounds that hold for every attempt; those that depend on the attempt are set from outside at its dispatch."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    most = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def forget_capabilities():
    """No program started from here can gain a capability, whatever its file says. Inherited, so done once."""
    for capability in range(64):
        try:
            prctl("capbset drop", PR_CAPBSET_DROP, capability)
        except OSError:
            return  # past the last one this kernel knows, or not ours to drop


def become(uid):
    """Leaves root for an ordinary user. The kernel drops all effective capabilities on the way."""
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)


_CAPABILITIES = ctypes.create_string_buffer(struct.pack("Ii", 0x20080522, 0))
_NONE = ctypes.create_string_buffer(24)


def give_up_privileges(program):
    """After this the process has no capability, can gain none, and asks the kernel only for what the filter allows."""
    prctl("ambient clear", PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL)
    named("capset", _CAPABILITIES, _NONE)
    prctl("dumpable", PR_SET_DUMPABLE, 1)  # a change of user cleared it, and with it the right to read one's own /proc
    prctl("pdeathsig", PR_SET_PDEATHSIG, int(signal.SIGKILL))  # cleared by the change of user, too
    prctl("no_new_privs", PR_SET_NO_NEW_PRIVS, 1)
    if program is not None:
        program.load()
