"""Scenes of the wall as pictures, drawn from the stored snapshot: no browser."""
