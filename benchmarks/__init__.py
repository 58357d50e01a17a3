"""Measurements, printed as tables of ratios; none of them is a test."""
