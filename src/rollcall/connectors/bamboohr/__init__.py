"""BambooHR: dataset query, custom report as the second way, change feed."""
