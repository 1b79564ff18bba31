"""``scripts/bench pages``: what each page of a company of many people costs the server."""
