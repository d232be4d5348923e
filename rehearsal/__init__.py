"""演练: plays a whole campaign day through the real protocols, at any speed, before the real one."""
