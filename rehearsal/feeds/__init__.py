"""Public opinion as it reaches us: feeds and hot lists."""
