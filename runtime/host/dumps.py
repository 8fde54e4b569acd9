"""What a process that holds keys leaves of its memory when it crashes: nothing."""

import resource

# Of a core file: less than a page, so none is written; not 0, for that does not keep a program that
# takes the kernel's dumps from getting one (core(5)).
DUMPED_BYTES = 1


def forbid_dumps() -> None:
    """Forbid core dumps of this process, and of those that it becomes or starts."""
    resource.setrlimit(resource.RLIMIT_CORE, (DUMPED_BYTES, DUMPED_BYTES))
