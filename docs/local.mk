# Documentation.
EXTRA_DIST += docs/control.md
