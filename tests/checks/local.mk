# Checks of the tree itself, and what runs everything.
EXTRA_DIST += .ci/run tests/check.py \
	tests/checks/control.py \
	tests/checks/examples.py \
	tests/checks/man.py \
	tests/checks/mip6ctl.py \
	tests/checks/rfc6275.py \
	tests/checks/security.py \
	tests/checks/tree.py \
	tests/checks/units.py
