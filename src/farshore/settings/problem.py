"""What is wrong with a setting, as one sentence for the person who wrote it."""


class BadSettings(Exception):
    """Its text names the file, the line, the key and the remedy, and is shown as it is (exit code 2)."""
