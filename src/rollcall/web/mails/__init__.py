"""Which mails a person gets, and the mails of a demonstration."""
