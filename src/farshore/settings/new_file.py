"""Writing a file that must not exist yet, whole or not at all, with its mode from the first byte on."""

import os
from pathlib import Path

from farshore.settings.problem import BadSettings


def write_new(path: Path, text: str, mode: int) -> None:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    except FileExistsError:
        raise BadSettings(f"{path}: exists already and is left as it is; move it away first.") from None
    except OSError as error:
        raise BadSettings(f"{path}: cannot be written ({error.strerror}); choose another folder.") from None
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as opened:
            opened.write(text)
            opened.flush()
            os.fsync(opened.fileno())
    except OSError as error:
        path.unlink(missing_ok=True)
        raise BadSettings(f"{path}: could not be written whole ({error.strerror}); make room and repeat.") from None
