"""Who comes in: signing in, sessions, second factors, tokens, an office's own service."""
