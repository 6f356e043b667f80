"""The server in front of the application: waitress, bounded so that nobody's requests cost the others theirs.

  limits.py       every bound, in one place
  clients.py      on whose behalf a connection or a request counts
  parser.py       reads a request: what it may hold, and nothing of it on disk
  channel.py      one connection: how long it may take, and what answers where there is no request to answer
  dispatcher.py   hands requests to threads, each client's in turn
  listener.py     accepts connections, and ends the idlest of who has most when there are too many

Waitress gives the loop, the sockets and WSGI; what is replaced here are the parts in which one client could take
everything (docs/adr/0032).
"""

from blockmrs.server.listener import create_server as create_server
