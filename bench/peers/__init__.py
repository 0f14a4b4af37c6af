"""Others doing the same job, with flows of our own: only by `make bench PEERS=1`."""
