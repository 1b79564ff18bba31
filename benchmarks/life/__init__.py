"""``scripts/bench life``: ordinary days of companies, and how often Rollcall asks somebody for nothing."""
