# Unit tests: wire.
