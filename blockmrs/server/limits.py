"""How much of the server anybody may have. None of it is a setting: it bounds harm, and nobody's work comes near."""

HEADER_BYTES = 32 * 1024
MOST_HEADERS = 100
LARGEST_READ_BYTES = 16 * 1024 * 1024
"""A body beyond the site's own limit is read so far, and thrown away, so that its sender can be told; then cut off."""
OVERHEAD_BYTES = 4 * 1024
"""Of what stands between the pieces of a body that comes in pieces, and after them."""

CONNECTIONS = 512
CONNECTIONS_OF_ONE = 256
"""From one address. A whole school or tournament may be behind one; idle ones are ended first."""
BODIES_BYTES = 64 * 1024 * 1024
BODIES_OF_ONE_BYTES = 8 * 1024 * 1024
"""Of bodies that are being read, or wait."""

HEADER_S = 20
"""From a request's first byte to the end of its headers."""
BODY_S = 60
SLOWEST_BYTES_PER_S = 1024
"""A body has BODY_S, and a second for each of so many bytes that came."""
IDLE_S = 60
"""Between requests, and while nothing is taken of an answer."""
LINGER_S = 2
"""After a refusal, in which its sender may stop sending and read it."""
EVERY_S = 1
"""How often connections are looked at."""
