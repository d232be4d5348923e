"""The paper that leaders read: composed once, rendered in every format."""
