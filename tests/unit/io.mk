# Unit tests: io.
