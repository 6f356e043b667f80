"""The MAC of a file, computed in a process of its own: a script that imports nothing of ours, and no SQLite.

Closing any descriptor of a file drops every POSIX lock that a process holds on it, SQLite's own included: so a process
that has a database open must never open its file beside SQLite. Standard input holds the key (32 bytes), then what is
hashed before the file, so that neither stands in a list of processes; standard output gets the MAC (32 bytes) and the
file's size (8 bytes, big-endian). Exit status 2 means that there is no such file.
"""

import hmac
import sys

CHUNK_BYTES = 1 << 20
KEY_BYTES = 32
NO_FILE = 2


def main() -> int:
    """Read the question and answer it."""
    request = sys.stdin.buffer.read()
    mac, size_bytes = hmac.new(request[:KEY_BYTES], request[KEY_BYTES:], "sha256"), 0
    try:
        with open(sys.argv[1], "rb") as file:
            while chunk := file.read(CHUNK_BYTES):
                mac.update(chunk)
                size_bytes += len(chunk)
    except FileNotFoundError:
        return NO_FILE
    sys.stdout.buffer.write(mac.digest() + size_bytes.to_bytes(8, "big"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
