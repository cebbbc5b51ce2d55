# mip6-mnd, the WTRU daemon.
