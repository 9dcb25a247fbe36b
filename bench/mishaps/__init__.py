"""The parts of the campaign of faults: what goes wrong, and what must be there afterwards."""
