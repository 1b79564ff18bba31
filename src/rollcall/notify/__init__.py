"""Mail to members and admins, at most once each, made from events."""
