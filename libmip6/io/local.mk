# Daemon I/O.
libmip6d_io_sources =
