"""``scripts/bench``: one company of many people, round by round, beside its floors and peers on the same bytes."""
