# Unit tests: ha.
