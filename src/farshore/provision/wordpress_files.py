"""Where the WordPress side is, and what belongs to it: in the repository beside `src`, inside the package in a wheel.

Who carries it to app servers asks here; no other place knows how it is shipped.
"""

from pathlib import Path

import farshore
from farshore.model.failure import Refused

ENTRY = "farshore.php"
SUFFIXES = (".php",)


def wordpress_folder() -> Path:
    """The folder with farshore.php, config.php and healthcheck.php. Raises Refused when this installation lacks it."""
    package = Path(farshore.__file__).parent
    for folder in (package / "wordpress", package.parent.parent / "wordpress"):
        if (folder / ENTRY).is_file():
            return folder
    raise Refused("The WordPress plugin is missing from this installation.", "Install farshore again.")


def wordpress_files() -> dict[str, bytes]:
    """Every file of the plugin by its path below /usr/share/farshore/wordpress, sorted."""
    folder = wordpress_folder()
    found = sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix in SUFFIXES)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}
