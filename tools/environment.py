"""Makes the virtual environment `.venv` from a lock file; does nothing when it is already made from that lock.

Called by `run` and `test` with any Python 3: the check of the version comes first, so everything above it must be
readable by an old one. What is installed is checked against the hashes in the lock. Kohomai itself is put on the path
by a .pth file, which needs neither a build nor the network.
"""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - this file is read by whatever Python there is
    sys.exit(
        f"Kohomai needs Python 3.11 or newer, this is {sys.version.split()[0]}. Name another: PYTHON=python3.12 ./run"
    )

import fcntl
import hashlib
import os
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"


def stamp_of(lock: Path) -> str:
    """What the environment depends on: the lock, the Python that made it, and where it stands."""
    digest = hashlib.sha256(lock.read_bytes())
    digest.update(f"{sys.version}\n{os.path.realpath(sys.executable)}\n{ROOT}".encode())
    return digest.hexdigest()


def stamp_file(lock: Path) -> Path:
    """Where the stamp of a lock is kept."""
    return VENV / f".{lock.name}.sha256"


def is_made(lock: Path) -> bool:
    """Whether `.venv` was made from this lock and still stands."""
    try:
        return PYTHON.exists() and stamp_file(lock).read_text() == stamp_of(lock)
    except OSError:
        return False


def run(*command: str) -> None:
    """Run a step, and stop with its message when it fails."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        sys.exit(f"{done.stdout}\nThis step failed: {' '.join(command)}")


def make(lock: Path) -> None:
    """Make `.venv` (anew when another Python made it) and install what the lock names."""
    print(f"Setting up .venv from {lock.name}; this takes a minute, the first time only.", file=sys.stderr)
    maker = f"{sys.version}\n{os.path.realpath(sys.executable)}\n{ROOT}"
    made_by = VENV / ".made-by"
    if not PYTHON.exists() or not made_by.exists() or made_by.read_text() != maker:
        shutil.rmtree(VENV, ignore_errors=True)
        make_bare(sys.executable)
        made_by.write_text(maker)
    for stamp in VENV.glob(".requirements*.sha256"):
        stamp.unlink()
    pip = [str(PYTHON), "-m", "pip"]
    if subprocess.run([*pip, "--version"], capture_output=True, check=False).returncode:
        pip = [sys.executable, "-m", "pip", "--python", str(PYTHON)]
    run(*pip, "install", "--quiet", "--disable-pip-version-check", "--no-input", "--no-deps", "--prefer-binary",
        "--require-hashes", "-r", str(lock))  # fmt: skip
    link_package()


def make_bare(python: str) -> None:
    """Make an empty environment; without pip where this Python cannot bring its own."""
    bare = [python, "-m", "venv", str(VENV)]
    if subprocess.run(bare, capture_output=True, check=False).returncode == 0:
        return
    shutil.rmtree(VENV, ignore_errors=True)
    has_pip = (
        subprocess.run([python, "-m", "pip", "--version"], capture_output=True, check=False).returncode == 0
    )
    if not has_pip:
        sys.exit(
            "This Python can make no virtual environment: install its venv module (on Debian: python3-venv)."
        )
    run(*bare, "--without-pip")


def link_package() -> None:
    """Put the checkout on the environment's path, and `kohomai` among its commands."""
    packages = next((VENV / "lib").glob("python3.*")) / "site-packages"
    (packages / "kohomai-checkout.pth").write_text(f"{ROOT}\n")
    command = VENV / "bin" / "kohomai"
    command.write_text(f'#!/bin/sh\nexec "{PYTHON}" -m kohomai.site "$@"\n')
    command.chmod(0o755)


def main() -> None:
    """Make `.venv` from the lock named on the command line, one process at a time."""
    lock = ROOT / sys.argv[1]
    if is_made(lock):
        return
    try:
        with (ROOT / ".venv.lock").open("w") as guard:
            fcntl.flock(guard, fcntl.LOCK_EX)
            if is_made(lock):
                return
            make(lock)
            # The test lock holds everything the other one does, in the same versions.
            for done in {lock, ROOT / "requirements.lock"}:
                stamp_file(done).write_text(stamp_of(done))
    except OSError as error:
        sys.exit(f"The virtual environment {VENV} could not be made: {error.strerror}: {error.filename}")


main()
