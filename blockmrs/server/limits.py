"""How much of the server anybody may have. None of it is a setting: it limits harm, and normal use is far below."""

HEADER_BYTES = 32 * 1024
MOST_HEADERS = 100
LARGEST_READ_BYTES = 16 * 1024 * 1024
"""A body beyond the site's own limit is read up to here and discarded, so that its sender can be told; then cut off."""
OVERHEAD_BYTES = 4 * 1024
"""Of what comes between and after the pieces of a chunked body."""

CONNECTIONS = 512
CONNECTIONS_OF_ONE = 256
"""From one address. A whole school or tournament may share one; idle connections are closed first."""
BODIES_BYTES = 64 * 1024 * 1024
BODIES_OF_ONE_BYTES = 8 * 1024 * 1024
"""Of bodies that are being read or are waiting."""

HEADER_S = 20
"""From a request's first byte to the end of its headers."""
BODY_S = 60
SLOWEST_BYTES_PER_S = 1024
"""A body has BODY_S, plus a second for each of so many bytes received."""
IDLE_S = 60
"""Between requests, and while nothing of an answer is being taken."""
LINGER_S = 2
"""After a refusal, for its sender to stop sending and read it."""
EVERY_S = 1
"""How often connections are checked."""
