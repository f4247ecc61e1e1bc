"""Confines the helper process: resource limits, and a filter on system calls.

The kernel's limits bound time, memory and files: with room for no descriptor at all nothing can be
opened any more, neither a file nor a socket. And where the kernel can filter system calls (Linux on
the two common processors) only those are left that a computation with its memory needs; all others
fail, also for code that a spoiled picture may have slipped in: no network, no program, no file, no
signal to another process. `Confined` says what could be had.
"""

import ctypes
import os
import resource
import struct
import sys
from dataclasses import dataclass

from brandstudio.decoder.errors import MAX_RESULT_BYTES

CPU_S = 5
MEMORY_BYTES = 768_000_000
"""A WebP of 40 megapixels needs 649 MB, every other picture half of that."""

_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _MODE_FILTER = 38, 22, 2
_ALLOW, _REFUSE_EPERM = 0x7FFF0000, 0x00050000 | 1
_LOAD_WORD, _JUMP_IF_EQUAL, _RETURN = 0x20, 0x15, 0x06
_NUMBER_AT, _MACHINE_AT = 0, 4

# read, write, close, fstat, lseek, mmap, mprotect, munmap, brk, rt_sigaction, rt_sigprocmask,
# rt_sigreturn, mremap, madvise, exit, futex, sched_yield, restart_syscall, clock_gettime,
# clock_nanosleep, exit_group, getrandom
_NEEDED = {
    "x86_64": (
        0xC000003E,
        (0, 1, 3, 5, 8, 9, 10, 11, 12, 13, 14, 15, 25, 28, 60, 202, 24, 219, 228, 230, 231, 318),
    ),
    "aarch64": (
        0xC00000B7,
        (63, 64, 57, 80, 62, 222, 226, 215, 214, 134, 135, 139, 216, 233, 93, 98, 124, 128, 113,
         115, 94, 278),
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Confined:
    """What confinement was achieved."""

    filters_calls: bool


def confine(*, cpu_s: int = CPU_S, memory_bytes: int = MEMORY_BYTES) -> Confined:
    """Give up everything but computing; what is open stays open. There is no way back."""
    _limit(resource.RLIMIT_CPU, cpu_s)
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_FSIZE, MAX_RESULT_BYTES)
    _limit(resource.RLIMIT_NPROC, 0)
    # macOS lets nobody lower this one.
    if sys.platform == "linux":
        _limit(resource.RLIMIT_AS, memory_bytes)
    _limit(resource.RLIMIT_NOFILE, 0)
    return Confined(filters_calls=_filter_calls())


def _limit(what: int, to: int) -> None:
    _, hard = resource.getrlimit(what)
    kept = to if hard == resource.RLIM_INFINITY else min(to, hard)
    resource.setrlimit(what, (kept, kept))


def _filter_calls() -> bool:
    """Whether the kernel took the filter; from then on every other call fails with EPERM."""
    if sys.platform != "linux" or os.uname().machine not in _NEEDED:
        return False
    machine, calls = _NEEDED[os.uname().machine]
    program = _program(machine, calls)
    buffer = ctypes.create_string_buffer(program, len(program))
    steps = len(program) // 8
    filter_ = struct.pack("HxxxxxxP", steps, ctypes.addressof(buffer))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        return False
    return libc.prctl(_PR_SET_SECCOMP, _MODE_FILTER, ctypes.c_char_p(filter_), 0, 0) == 0


def _program(machine: int, calls: tuple[int, ...]) -> bytes:
    """The filter as a classic BPF program.

    Another machine's numbering (a 64-bit kernel also takes 32-bit calls) is refused as a whole;
    the third numbering of x86 has numbers that are in no list.
    """
    count = len(calls)
    steps = [
        (_LOAD_WORD, 0, 0, _MACHINE_AT),
        (_JUMP_IF_EQUAL, 0, count + 1, machine),
        (_LOAD_WORD, 0, 0, _NUMBER_AT),
        *((_JUMP_IF_EQUAL, count - at, 0, call) for at, call in enumerate(calls)),
        (_RETURN, 0, 0, _REFUSE_EPERM),
        (_RETURN, 0, 0, _ALLOW),
    ]
    return b"".join(struct.pack("HBBI", *step) for step in steps)
