"""The pages of the three who run the system."""
