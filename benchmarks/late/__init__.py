"""``scripts/bench late``: first reads of a tool that answers late, page after page and with one page ahead."""
