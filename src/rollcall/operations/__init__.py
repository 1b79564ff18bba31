"""How this installation is doing, for whoever runs it: facts over all companies, judgements, metrics. No employees."""
