# Checks of the tree itself, and what runs everything.
EXTRA_DIST += .ci/run tests/check.py \
	tests/checks/tree.py
