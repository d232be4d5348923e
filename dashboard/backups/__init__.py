"""Backups: what is copied where and how often, and whether a copy would really bring the store back."""
