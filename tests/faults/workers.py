"""Real workers that begin in a moment: `python -m tests.faults.workers`.

Everything is loaded once; each line that comes in begins a worker in a process of its own (forked while there is one
thread) and its process id goes out. So a test can kill a hundred of them without waiting a hundred times for Python.
"""

from __future__ import annotations

import os
import signal
import sys

import django

from kohomai.site.processes import die_with_parent


def main() -> None:
    """Begin a worker for each line, until there are no more."""
    django.setup()
    from kohomai.delivery import worker

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for them
    for _ in sys.stdin:
        pid = os.fork()
        if pid == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            die_with_parent()
            os.close(0)
            worker.run()
            os._exit(0)
        print(pid, flush=True)


if __name__ == "__main__":
    main()
