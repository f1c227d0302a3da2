"""
Decides which kernel calls user code may make. The list names what is refused: ways out (namespaces, mounts, other
processes' memory) and wide, privileged corners of the kernel. Calls newer than this list are refused as unknown.
"""
import ctypes
import struct

from .syscalls import MACHINE, PR_SET_SECCOMP, prctl

# name: (x86_64, aarch64); None where the machine has no such call.
REFUSED = {
    # mounts and namespaces
    "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41), "chroot": (161, 51), "unshare": (272, 97),
    "setns": (308, 268), "open_tree": (428, 428), "move_mount": (429, 429), "fsopen": (430, 430),
    "fsconfig": (431, 431), "fsmount": (432, 432), "fspick": (433, 433), "mount_setattr": (442, 442),
    "statmount": (457, 457), "listmount": (458, 458), "name_to_handle_at": (303, 264), "open_by_handle_at": (304, 265),
    # other processes and the kernel's own memory
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "pidfd_getfd": (438, 438),
    "kcmp": (312, 272), "bpf": (321, 280), "perf_event_open": (298, 241), "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425), "io_uring_enter": (426, 426), "io_uring_register": (427, 427),
    "move_pages": (279, 239), "migrate_pages": (256, 238), "lookup_dcookie": (212, 18),
    "add_key": (248, 217), "request_key": (249, 218), "keyctl": (250, 219),
    # the machine itself
    "init_module": (175, 105), "finit_module": (313, 273), "delete_module": (176, 106), "create_module": (174, None),
    "get_kernel_syms": (177, None), "query_module": (178, None), "kexec_load": (246, 104),
    "kexec_file_load": (320, 294), "reboot": (169, 142), "swapon": (167, 224), "swapoff": (168, 225),
    "syslog": (103, 116), "acct": (163, 89), "quotactl": (179, 60), "quotactl_fd": (443, 443),
    "settimeofday": (164, 170), "clock_settime": (227, 112), "clock_adjtime": (305, 266), "adjtimex": (159, 171),
    "sethostname": (170, 161), "setdomainname": (171, 162), "vhangup": (153, 58), "nfsservctl": (180, 42),
    "fanotify_init": (300, 262), "fanotify_mark": (301, 263), "personality": (135, 92),
    "iopl": (172, None), "ioperm": (173, None), "modify_ldt": (154, None), "uselib": (134, None),
    "sysfs": (139, None), "_sysctl": (156, None), "ustat": (136, None),
}
CLONE, CLONE3, SOCKET, IOCTL = (56, 220), (435, 435), (41, 198), (16, 29)
FIRST_UNKNOWN = 463
MACHINES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}

ALLOW, KILL, ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
EPERM, ENOSYS, EAFNOSUPPORT = 1, 38, 97
NAMESPACE_FLAGS = 0x7E020000
AF_UNIX, AF_INET, AF_INET6 = 1, 2, 10
TIOCSTI, TIOCLINUX = 0x5412, 0x541C

LOAD, JUMP_EQUAL, JUMP_NOT_BELOW, JUMP_ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
NUMBER_AT, MACHINE_AT, FIRST_ARGUMENT_AT, SECOND_ARGUMENT_AT = 0, 4, 16, 24


def supported():
    return MACHINE in MACHINES


def program(machine=MACHINE, internet=True):
    """
    The filter as bytes: a search tree over the call's number. Not for the calls, whose answer the kernel remembers, but
    for the loading: the kernel then tries the filter with every number there is, in each new slot.
    """
    column, architecture = MACHINES[machine]
    families = (AF_UNIX, AF_INET, AF_INET6) if internet else (AF_UNIX,)
    known = [_step(JUMP_EQUAL, family, len(families) - index, 0) for index, family in enumerate(families)]
    refuse = [_step(RETURN, ERRNO | EPERM)]
    rules = {numbers[column]: refuse for numbers in REFUSED.values() if numbers[column] is not None}
    rules[CLONE3[column]] = [_step(RETURN, ERRNO | ENOSYS)]  # its flags lie in memory; libc falls back to clone
    rules[CLONE[column]] = [
        _step(LOAD, FIRST_ARGUMENT_AT), _step(JUMP_ANY_BIT, NAMESPACE_FLAGS, 0, 1), *refuse, _step(RETURN, ALLOW),
    ]
    rules[SOCKET[column]] = [
        _step(LOAD, FIRST_ARGUMENT_AT), *known, _step(RETURN, ERRNO | EAFNOSUPPORT), _step(RETURN, ALLOW),
    ]
    rules[IOCTL[column]] = [
        _step(LOAD, SECOND_ARGUMENT_AT), _step(JUMP_EQUAL, TIOCSTI, 1, 0), _step(JUMP_EQUAL, TIOCLINUX, 0, 1),
        *refuse, _step(RETURN, ALLOW),
    ]
    return b"".join([
        _step(LOAD, MACHINE_AT), _step(JUMP_EQUAL, architecture, 1, 0), _step(RETURN, KILL),
        _step(LOAD, NUMBER_AT), _step(JUMP_NOT_BELOW, FIRST_UNKNOWN, 0, 1), _step(RETURN, ERRNO | ENOSYS),
        *_search(sorted(rules.items())),
    ])


def _search(rules):
    if len(rules) <= 3:
        steps = [step for number, body in rules for step in (_step(JUMP_EQUAL, number, 0, len(body)), *body)]
        return [*steps, _step(RETURN, ALLOW)]
    middle = len(rules) // 2
    below, rest = _search(rules[:middle]), _search(rules[middle:])
    return [_step(JUMP_NOT_BELOW, rules[middle][0], len(below), 0), *below, *rest]


class Filter:
    """A program in the form the kernel takes, made once so that a slot has only to load it."""

    def __init__(self, filter_bytes):
        self._program = ctypes.create_string_buffer(filter_bytes, len(filter_bytes))
        self._header = ctypes.create_string_buffer(
            struct.pack("HxxxxxxP", len(filter_bytes) // 8, ctypes.addressof(self._program)))

    def load(self):
        """Puts the filter on this thread for good. Needs no_new_privs first; later threads and programs inherit it."""
        prctl("seccomp", PR_SET_SECCOMP, 2, ctypes.addressof(self._header))


def _step(code, value, when_true=0, when_false=0):
    return struct.pack("HBBI", code, when_true, when_false, value)
