"""Workday, by its SOAP services: Get_Workers for people, Get_Payment_Election_Enrollments for bank details."""
