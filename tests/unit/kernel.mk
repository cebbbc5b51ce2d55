# Unit tests: kernel.
