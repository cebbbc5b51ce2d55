# Documentation.
EXTRA_DIST += docs/packaging.md docs/control.md docs/architecture.md docs/protocol.md docs/demo.md docs/bench.md docs/rfc6275.md docs/security.md docs/vm.md docs/interop.md
dist_man_MANS += \
	docs/man/mip6-dgwd.8 \
	docs/man/mip6-dgwd.conf.5 \
	docs/man/mip6-mnd.8 \
	docs/man/mip6-mnd.conf.5 \
	docs/man/mip6ctl.1
examplesdir = $(docdir)/examples
dist_examples_DATA = \
	docs/examples/dgwd-ike.conf \
	docs/examples/dgwd-ipsec.conf \
	docs/examples/dgwd-ipsec.keys \
	docs/examples/dgwd-lab.conf \
	docs/examples/dgwd-pgw.conf \
	docs/examples/dgwd-pgw.keys \
	docs/examples/dgwd-shared.conf \
	docs/examples/dgwd.conf \
	docs/examples/dgwd.keys \
	docs/examples/freeradius-client \
	docs/examples/freeradius-dictionary \
	docs/examples/freeradius-site \
	docs/examples/freeradius-users \
	docs/examples/mnd-anchors.conf \
	docs/examples/mnd-home.conf \
	docs/examples/mnd-ike.conf \
	docs/examples/mnd-ipsec.conf \
	docs/examples/mnd-ipsec.key \
	docs/examples/mnd-least.conf \
	docs/examples/mnd.conf \
	docs/examples/mnd.key
