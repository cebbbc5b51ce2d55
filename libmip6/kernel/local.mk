# Kernel interfaces.
libmip6d_kernel_sources =
libmip6d_kernel_built =
