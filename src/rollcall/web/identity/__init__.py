"""Who is who: records of which only a person can say whose they are."""
