"""What everything above shares: errors, values, records, seeds, paths."""
