"""One method per use case: who may, what happens, in which order."""
