"""HR tools to run against: made-up companies behind the real tools' HTTP interfaces."""
