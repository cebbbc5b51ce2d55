# Unit tests: wtru.
