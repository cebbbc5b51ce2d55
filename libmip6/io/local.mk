# Daemon I/O.
libmip6d_io_sources = \
	libmip6/io/addr_text.c \
	libmip6/io/clock.c \
	libmip6/io/clock.h \
	libmip6/io/config.c \
	libmip6/io/config.h \
	libmip6/io/config_internal.h \
	libmip6/io/config_text.c \
	libmip6/io/config_value.c \
	libmip6/io/confine.c \
	libmip6/io/confine.h \
	libmip6/io/control.c \
	libmip6/io/control.h \
	libmip6/io/control_common.c \
	libmip6/io/control_common.h \
	libmip6/io/control_json.c \
	libmip6/io/control_peer.c \
	libmip6/io/control_peer.h \
	libmip6/io/json_reader.c \
	libmip6/io/json_reader.h \
	libmip6/io/keys.c \
	libmip6/io/keys.h \
	libmip6/io/keys_text.c \
	libmip6/io/keys_text.h \
	libmip6/io/keys_wtru.c \
	libmip6/io/log.c \
	libmip6/io/log.h \
	libmip6/io/process.c \
	libmip6/io/process.h \
	libmip6/io/state_file.c \
	libmip6/io/state_file.h \
	libmip6/io/store.c \
	libmip6/io/store.h \
	libmip6/io/store_db.c \
	libmip6/io/store_db.h \
	libmip6/io/utf8.c \
	libmip6/io/utf8.h
