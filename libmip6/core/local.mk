# Protocol cores.
libmip6_core_sources =
