# Documentation.
EXTRA_DIST += docs/control.md docs/demo.md docs/bench.md
