"""Journeys import their harness as `journeys.company`."""
