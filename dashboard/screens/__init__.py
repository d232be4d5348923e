"""The displays: pairing them, what each is told, and the page that looks after them."""
