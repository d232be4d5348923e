"""What walls show and how it gets there: snapshots, the shelf, the stream of hints."""
