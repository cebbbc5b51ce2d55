# mip6ctl.
