"""What is left when a process, or the database, dies at any point: real processes, killed on purpose."""
