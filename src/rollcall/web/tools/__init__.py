"""The HR tool: the gallery, connecting, its card and its guide, files, and the calls it makes."""
