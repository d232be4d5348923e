"""Rules over what is stored, and the settling of what they find: open, refresh, raise, close."""
