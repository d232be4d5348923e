"""Servers that speak what payment platforms speak: pulled, pushing, counting, dropping files."""
