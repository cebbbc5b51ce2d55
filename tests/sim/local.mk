# A simulated network around the protocol cores.
sim_world = \
	tests/sim/world.c \
	tests/sim/world.h \
	tests/sim/world_gateway.c \
	tests/sim/world_map.c \
	tests/sim/world_private.h \
	tests/sim/world_wtru.c
