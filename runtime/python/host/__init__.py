"""The sandbox host: forks parked, locked, single-use children from one preloaded interpreter."""
