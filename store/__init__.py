"""The only package that speaks SQL. `writes/` changes, `queries/` reads, both by noun."""
