"""Deel: one list of everybody, contracts for cost centres, Global Payroll for bank details."""
