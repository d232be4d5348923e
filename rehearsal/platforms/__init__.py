"""Servers that speak what payment platforms speak: one pulled, one that drops files."""
