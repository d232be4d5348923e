"""The opinion office's working place."""
