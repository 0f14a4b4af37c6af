"""The key that encrypts stored credentials, and what is encrypted with it."""

from __future__ import annotations

import hashlib
import json
import os
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

from cryptography.fernet import Fernet, InvalidToken

from storage.errors import SecretMalformed, SecretMissing, WrongSecret

VARIABLE = "FRONTDESK_SECRET"
_FORM = re.compile("[A-Za-z0-9_-]{43}=")


def fingerprint(key: str) -> str:
    """Tells whether a key is the right one, and nothing about it."""
    return hashlib.sha256(b"frontdesk key\0" + key.encode()).hexdigest()[:16]


def checked(key: str) -> str:
    # Checked here, since base64 ignores whatever stands after the first "=".
    if not _FORM.fullmatch(key):
        raise SecretMalformed(
            f"{VARIABLE} must be 32 bytes in urlsafe base64 (44 characters), as Fernet.generate_key() prints."
        )
    return key


def settle_key(secret: str | None, state: Path, known: str | None, *, file_allowed: bool) -> str:
    """The key to use: the given one, else that of the state folder, made there at the very first start.

    `known` is the fingerprint that the database keeps, None when it is new.
    """
    return checked(secret) if secret else _from_folder(state, known, file_allowed=file_allowed)


def refuse(state: Path) -> NoReturn:
    raise WrongSecret(
        f"This key is not the one that the database was made with. Set {VARIABLE} (or restore the file "
        f"{state / 'key'}) to the former key; without it the sources' credentials must be entered anew."
    )


def _from_folder(state: Path, known: str | None, *, file_allowed: bool) -> str:
    if not file_allowed:
        raise SecretMissing(
            f"On PostgreSQL {VARIABLE} is required: 32 bytes in urlsafe base64, the same for every process. "
            "Make one with: python -c "
            "'from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())'"
        )
    path = state / "key"
    if not path.exists():
        if known is not None:
            raise SecretMissing(f"The key file {path} is gone. Restore it, or set {VARIABLE} to its content.")
        _make(path)
    return checked(path.read_text().strip())


def _make(path: Path) -> None:
    """Write a new key whole or not at all; of two that start at once, the first one's stays."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".key")  # 0600 by its nature
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(Fernet.generate_key())
            file.flush()
            os.fsync(file.fileno())
        os.link(name, path)
    except FileExistsError:
        pass
    finally:
        Path(name).unlink()


class Box:
    """Encrypts and decrypts small JSON objects."""

    def __init__(self, key: str) -> None:
        self._fernet = Fernet(key)

    def close(self, value: Mapping[str, Any]) -> str:
        return self._fernet.encrypt(json.dumps(value).encode()).decode()

    def open_fresh(self, text: str, seconds: int) -> dict[str, Any] | None:
        """What was closed here at most so long ago by the real clock; None for anything else."""
        try:
            value = json.loads(self._fernet.decrypt(text.encode(), ttl=seconds))
        except (InvalidToken, ValueError):
            return None
        return value if isinstance(value, dict) else None

    def open(self, text: str) -> dict[str, Any]:
        try:
            value: dict[str, Any] = json.loads(self._fernet.decrypt(text.encode()))
        except InvalidToken as error:
            raise WrongSecret(f"Stored credentials cannot be read with this {VARIABLE}.") from error
        return value
