"""The pages of what comes in: sources, differences, flags, and where platforms push."""
