"""Figures and posts in, over real protocols: fetched as bytes, kept as they came, parsed, admitted, saved."""
