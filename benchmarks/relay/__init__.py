"""``scripts/bench relay``: events written into the outbox and handed on by the relay, beside copying the same rows."""
