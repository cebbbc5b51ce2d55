# A simulated network around the protocol cores.
sim_world = \
	tests/sim/world.c \
	tests/sim/world.h \
	tests/sim/world_gateway.c \
	tests/sim/world_map.c \
	tests/sim/world_pgw.c \
	tests/sim/world_private.h \
	tests/sim/world_wtru.c

check_PROGRAMS += tests/sim/sim
tests_sim_sim_SOURCES = tests/sim/sim.c $(sim_world)
tests_sim_sim_LDADD = libmip6.la
