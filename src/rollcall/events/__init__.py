"""What happened: one append-only chain of events per company, and the outbox that hands them on."""
