"""What the campaign is, in plain values. Imports nothing of ours."""
