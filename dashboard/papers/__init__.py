"""The daily papers: composed on time, looked at, sent."""
