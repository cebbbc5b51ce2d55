# Unit tests, one program per subject. Each part has its own fragment.
unit_cflags = $(AM_CFLAGS) $(CHECK_CFLAGS)
unit_libs = libmip6.la $(CHECK_LIBS)
if HAVE_CHECK
include tests/unit/wire.mk
include tests/unit/wtru.mk
include tests/unit/ha.mk
include tests/unit/chain.mk
include tests/unit/io.mk
include tests/unit/kernel.mk
include tests/unit/dgw.mk
endif
TESTS += $(check_PROGRAMS)
