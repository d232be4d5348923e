"""What `quanqing` can do, by noun. A command takes its arguments and returns its exit status."""
