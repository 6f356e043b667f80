"""The server in front of the application: waitress, with limits so that nobody's requests crowd out the others'.

  limits.py       every bound, in one place
  clients.py      on whose behalf a connection or a request counts
  parser.py       reads a request: what it may hold, and nothing of it on disk
  channel.py      one connection: how long it may take, and what answers if it sent no readable request
  dispatcher.py   hands requests to threads, each client's in turn
  listener.py     accepts connections; if there are too many, ends the idlest of whoever has most

Waitress provides the loop, the sockets and WSGI; replaced here are the parts in which one client could take
everything (docs/adr/0032).
"""

from blockmrs.server.listener import create_server as create_server
