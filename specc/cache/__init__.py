"""`.specc_cache/`: what earlier runs found out, on the disk. Deleting it loses only time."""
