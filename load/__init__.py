"""Many people at once on a server of its own, for as long as one likes: `make load`, docs/load.md."""
