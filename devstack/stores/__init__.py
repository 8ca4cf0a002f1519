"""One file a store: how it is made, started, asked whether it is ready, and stopped."""
