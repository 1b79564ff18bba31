"""Who belongs where, and why: choosing employees, people between entities, and "Why?"."""
