# Protocol cores.
libmip6_core_sources =
libmip6_core_sources += \
	libmip6/core/chain.c \
	libmip6/core/chain_anchor.c \
	libmip6/core/chain_leg.c \
	libmip6/core/chain_name.c \
	libmip6/core/chain_private.h
libmip6_core_sources += \
	libmip6/core/ha.c \
	libmip6/core/ha_aaa.c \
	libmip6/core/ha_auth.c \
	libmip6/core/ha_bu.c \
	libmip6/core/ha_cache.c \
	libmip6/core/ha_entry.c \
	libmip6/core/ha_name.c \
	libmip6/core/ha_private.h \
	libmip6/core/ha_send.c \
	libmip6/core/home_agents.c \
	libmip6/core/mobile_prefix.c \
	libmip6/core/tables.c \
	libmip6/core/tables.h
libmip6_core_sources += \
	libmip6/core/wtru.c \
	libmip6/core/wtru_ba.c \
	libmip6/core/wtru_binding.c \
	libmip6/core/wtru_discovery.c \
	libmip6/core/wtru_instance.c \
	libmip6/core/wtru_link.c \
	libmip6/core/wtru_link_local.c \
	libmip6/core/wtru_mh.c \
	libmip6/core/wtru_private.h \
	libmip6/core/wtru_home.c \
	libmip6/core/wtru_return.c \
	libmip6/core/wtru_use.c
